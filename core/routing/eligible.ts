import { type Expression, type ExpressionBuilder, expressionBuilder, type SqlBool } from 'kysely';
import type { Schema } from '../../store/schema.ts';
import { statement } from '../../store/store.ts';
import { LOAD } from '../agents.ts';
import { type Ctx, lit } from '../context.ts';

const member = statement<{ kind: 'account' | 'queue'; target: string; username: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('member')
    .select('username')
    .where('kind', '=', p('kind'))
    .where('target', '=', p('target'))
    .where((eb) => eb.or([eb('username', '=', p('username')), eb('username', '=', '*')]))
    .limit(1),
);

export async function isMember(
  ctx: Ctx,
  kind: 'account' | 'queue',
  target: string,
  username: string,
): Promise<boolean> {
  return (await ctx.tx.first(member, { kind, target, username })) !== undefined;
}

/** The row in scope (a queue, an account or an interaction's account) has this agent as a member, by name or by `*`. */
export function hasMember(
  kind: 'account' | 'queue',
  target: 'queue.id' | 'account.id' | 'interaction.account_id',
  username: string,
): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, 'queue' | 'account' | 'interaction'>();
  return eb.exists(
    eb
      .selectFrom('member')
      .select('member.username')
      .where('member.kind', '=', kind)
      .whereRef('member.target', '=', target)
      .where((m) => m.or([m('member.username', '=', username), m('member.username', '=', '*')])),
  );
}

/** The queue in scope is one of this account: at least one member of it is added to the account. */
export function servesAccount(account: string): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, 'queue'>();
  return eb.exists(
    eb
      .selectFrom('member as q')
      .innerJoin('member as a', (j) => j.on('a.kind', '=', 'account').on('a.target', '=', account))
      .select('q.username')
      .where('q.kind', '=', 'queue')
      .whereRef('q.target', '=', 'queue.id')
      .where((m) =>
        m.or([m('q.username', '=', m.ref('a.username')), m('q.username', '=', '*'), m('a.username', '=', '*')]),
      ),
  );
}

/** `agent` (the row in scope) is a member of the target, by name or by `*`. */
export function isMemberOf(
  eb: ExpressionBuilder<Schema, 'agent'>,
  kind: 'account' | 'queue',
  target: string,
): Expression<SqlBool> {
  return eb.or([
    eb.exists(
      eb
        .selectFrom('member')
        .select('member.username')
        .where('member.kind', '=', kind)
        .where('member.target', '=', target)
        .whereRef('member.username', '=', 'agent.username'),
    ),
    eb.exists(
      eb
        .selectFrom('member')
        .select('member.username')
        .where('member.kind', '=', kind)
        .where('member.target', '=', target)
        .where('member.username', '=', '*'),
    ),
  ]);
}

const anybodyReady = statement({ kept: true, part: LOAD })((db) =>
  db.selectFrom('agent').select('username').where('ready', '=', lit(1)).limit(1),
);
const readyMembers = statement<{ queue: string; account: string }>({ kept: true, part: LOAD })((db, p) =>
  db
    .selectFrom('agent')
    .select('agent.username')
    .where('agent.ready', '=', lit(1))
    .where((eb) => isMemberOf(eb, 'queue', p('queue')))
    .where((eb) => isMemberOf(eb, 'account', p('account')))
    .orderBy('agent.username'),
);

/** Agents to whom this queue may offer an interaction of this account now (contract 5.4), by username. */
export async function eligibleOf(ctx: Ctx, queue: string, account: string): Promise<string[]> {
  if ((await ctx.tx.all(anybodyReady, {})).length === 0) return [];
  return (await ctx.tx.all(readyMembers, { queue, account })).map((r) => r.username);
}

const isReady = statement<{ username: string }>()((db, p) =>
  db.selectFrom('agent').select('username').where('username', '=', p('username')).where('ready', '=', lit(1)),
);

/** Whether one agent may be offered an interaction of this account now. */
export async function isEligible(ctx: Ctx, username: string, account: string): Promise<boolean> {
  return (await ctx.tx.first(isReady, { username })) !== undefined && isMember(ctx, 'account', account, username);
}

const queueMembers = statement<{ queue: string; account: string }>()((db, p) =>
  db
    .selectFrom('agent')
    .select(['agent.presence', 'agent.connections', 'agent.load', 'agent.capacity', 'agent.disabled'])
    .select((eb) =>
      eb
        .case()
        .when(isMemberOf(eb, 'account', p('account')))
        .then(1)
        .else(0)
        .end()
        .as('in_account'),
    )
    .where('agent.deleted_at', 'is', null)
    .where((eb) => isMemberOf(eb, 'queue', p('queue'))),
);
const oneAgent = statement<{ username: string; account: string }>()((db, p) =>
  db
    .selectFrom('agent')
    .select(['agent.presence', 'agent.connections', 'agent.load', 'agent.capacity', 'agent.disabled'])
    .select((eb) =>
      eb
        .case()
        .when(isMemberOf(eb, 'account', p('account')))
        .then(1)
        .else(0)
        .end()
        .as('in_account'),
    )
    .where('agent.deleted_at', 'is', null)
    .where('agent.username', '=', p('username')),
);

/** Why nobody is asked, in few words for a status: `2 offline, 1 paused`. Null if somebody could be. */
export async function nobodyReason(
  ctx: Ctx,
  of: { queue?: string; agent?: string; account: string },
): Promise<string | null> {
  const rows = of.queue
    ? await ctx.tx.all(queueMembers, { queue: of.queue, account: of.account })
    : await ctx.tx.all(oneAgent, { username: of.agent ?? '', account: of.account });
  if (rows.length === 0) return 'no members';
  const counts = { 'not in account': 0, offline: 0, paused: 0, 'at capacity': 0 };
  for (const r of rows) {
    if (!r.in_account) counts['not in account']++;
    else if (r.disabled || r.presence === 'offline' || r.connections === 0) counts.offline++;
    else if (r.presence === 'paused') counts.paused++;
    else if (r.load >= r.capacity) counts['at capacity']++;
    else return null;
  }
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => `${n} ${reason}`)
    .join(', ');
}
