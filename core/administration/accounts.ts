/** Accounts and queues as the administration sees them: they are made by nodes, their members and answers also here. */
import type { Selectable } from 'kysely';
import type { AccountTable, QueueTable } from '../../store/schema.ts';
import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import type { Ctx } from '../context.ts';
import { isoOrNull } from '../time.ts';
import type { AccountOverview, QueueOverview } from './api.ts';
import { answersOf, replaceAnswers } from './canned-answers.ts';
import { membersView, targetId } from './members.ts';
import { cut, limitOf, missing } from './page.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** What waits to be sent is counted to this many. */
const COUNTED = 10_000;

const accountPage = statement<{ after: string; limit: number }>()((db, p) =>
  db.selectFrom('account').selectAll().where('id', '>', p('after')).orderBy('id').limit(p('limit')),
);
const accountById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('account').selectAll().where('id', '=', p('id')),
);
const queuePage = statement<{ after: string; limit: number }>()((db, p) =>
  db.selectFrom('queue').selectAll().where('id', '>', p('after')).orderBy('id').limit(p('limit')),
);
const pending = statement<{ account: string; limit: number }>()((db, p) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('outgoing')
        .select('message_id')
        .where('account_id', '=', p('account'))
        .limit(p('limit'))
        .as('waiting'),
    )
    .select((eb) => eb.fn.countAll<number>().as('n')),
);

async function accountView(ctx: Ctx, row: Selectable<AccountTable>): Promise<AccountOverview> {
  return {
    id: row.id,
    key: row.key,
    name: row.name,
    phone: row.phone,
    provider: row.provider,
    deployed: row.removed_at === null,
    health: {
      lastInboundAt: isoOrNull(row.last_inbound_at),
      lastError: row.last_error,
      pendingSends: Number((await ctx.tx.first(pending, { account: row.id, limit: COUNTED }))?.n ?? 0),
    },
    agents: await membersView(ctx, 'account', row.id),
    cannedAnswers: await answersOf(ctx, row),
  };
}

export async function listAccounts(ctx: Ctx, input: In<'listAccounts'>): Out<'listAccounts'> {
  const limit = limitOf(input);
  const rows = await ctx.tx.all(accountPage, { after: input.cursor ?? '', limit: limit + 1 });
  const found = cut(rows, limit, (r) => r.id);
  const accounts: AccountOverview[] = [];
  for (const row of found.rows) accounts.push(await accountView(ctx, row));
  return { accounts, next: found.next };
}

async function getAccount(ctx: Ctx, id: string): Promise<Selectable<AccountTable>> {
  const row = await ctx.tx.first(accountById, { id: await targetId(ctx, 'account', id) });
  if (!row) throw missing(`account ${id}`);
  return row;
}

export async function accountOverview(ctx: Ctx, input: In<'accountOverview'>): Out<'accountOverview'> {
  return accountView(ctx, await getAccount(ctx, input.id));
}

export async function setCannedAnswers(ctx: Ctx, input: In<'setCannedAnswers'>): Out<'setCannedAnswers'> {
  const account = await getAccount(ctx, input.account);
  await replaceAnswers(ctx, account.id, input.cannedAnswers);
  return { cannedAnswers: await answersOf(ctx, account) };
}

async function queueView(ctx: Ctx, row: Selectable<QueueTable>): Promise<QueueOverview> {
  return {
    id: row.id,
    name: row.name,
    strategy: row.strategy,
    agentTimeout: row.agent_timeout,
    weight: row.weight,
    deployed: row.removed_at === null,
    agents: await membersView(ctx, 'queue', row.id),
  };
}

export async function listQueues(ctx: Ctx, input: In<'listQueues'>): Out<'listQueues'> {
  const limit = limitOf(input);
  const rows = await ctx.tx.all(queuePage, { after: input.cursor ?? '', limit: limit + 1 });
  const found = cut(rows, limit, (r) => r.id);
  const queues: QueueOverview[] = [];
  for (const row of found.rows) queues.push(await queueView(ctx, row));
  return { queues, next: found.next };
}
