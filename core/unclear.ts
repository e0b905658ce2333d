/**
 * Sends that got no clear answer, at providers that can be asked: they are looked up, and become sent, or go out again once it is sure
 * that they were not taken. Meanwhile what follows for the contact waits.
 */
import { LOOKS_UP, type ProviderName } from '../providers/provider.ts';
import { statement } from '../store/store.ts';
import type { Commands, LookUpJob } from './api.ts';
import type { AccountRow, MessageRow } from './build-views.ts';
import type { Ctx } from './context.ts';
import { putOff } from './sent.ts';
import { setStatus } from './statuses.ts';

/** ms after a look until the next one; the first is as long after the send. */
const WAITS = [2000, 5000, 10_000, 15_000, 30_000];
/** How often a message is sent in all. */
export const MAX_SENDS = 3;
/** ms a look may take; then another process may look. */
const LEASE = 60_000;

const setUnclear = statement<{ message: string; at: number; now: number }>()((db, p) =>
  db
    .updateTable('outgoing')
    .set((eb) => ({
      state: 'unclear',
      lease_until: null,
      due_at: p('at'),
      looks: 0,
      tried_at: eb.fn.coalesce('tried_at', eb.val(p('now'))),
    }))
    .where('message_id', '=', p('message')),
);
const due = statement<{ account: string; now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('outgoing')
    .innerJoin('message', 'message.id', 'outgoing.message_id')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .select([
      'outgoing.message_id',
      'outgoing.account_id',
      'outgoing.tried_at',
      'outgoing.sent_to',
      'message.type',
      'message.text',
      'interaction.address',
    ])
    .where('outgoing.account_id', '=', p('account'))
    .where('outgoing.state', '=', 'unclear')
    .where('outgoing.due_at', '<=', p('now'))
    .orderBy('outgoing.due_at')
    .limit(p('limit')),
);
const beginLook = statement<{ message: string; at: number }>()((db, p) =>
  db
    .updateTable('outgoing')
    .set((eb) => ({ due_at: p('at'), looks: eb('looks', '+', 1) }))
    .where('message_id', '=', p('message')),
);
const nextLook = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('outgoing')
    .select((eb) => eb.fn.min('due_at').as('at'))
    .where('account_id', '=', p('account'))
    .where('state', '=', 'unclear'),
);
const unclearAccounts = statement()((db) =>
  db
    .selectFrom('outgoing')
    .select((eb) => ['account_id', eb.fn.min('due_at').as('at')])
    .where('state', '=', 'unclear')
    .groupBy('account_id'),
);

/** Marks a send as unclear; it is looked up if the provider can be asked. @returns whether it is */
export async function markUnclear(ctx: Ctx, account: AccountRow, row: MessageRow, attempts: number): Promise<boolean> {
  const looked = LOOKS_UP.includes(account.provider as ProviderName) && attempts <= MAX_SENDS;
  if (looked) {
    const at = ctx.now + WAITS[0]!;
    await ctx.tx.run(setUnclear, { message: row.id, at, now: ctx.now });
    ctx.effects.push({ kind: 'look-up', account: account.id, at });
  }
  await setStatus(ctx, account.id, row, 'ambiguous', null);
  return looked;
}

/** What is to be looked up now; each for a minute by the caller alone. */
export async function claimLookUps(ctx: Ctx, input: Commands['claimLookUps'][0]): Promise<LookUpJob[]> {
  const jobs: LookUpJob[] = [];
  for (const row of await ctx.tx.all(due, { ...input, now: ctx.now })) {
    await ctx.tx.run(beginLook, { message: row.message_id, at: ctx.now + LEASE });
    jobs.push({
      message: row.message_id,
      account: row.account_id,
      to: { address: row.sent_to ?? row.address },
      type: row.type as LookUpJob['type'],
      text: row.text,
      since: Number(row.tried_at ?? ctx.now),
    });
  }
  await tellNext(ctx, input.account);
  return jobs;
}

/** Later once more. */
export async function lookAgain(ctx: Ctx, account: string, message: string, looks: number): Promise<void> {
  const wait = WAITS[Math.min(looks, WAITS.length - 1)]!;
  await putOff(ctx, message, ctx.now + wait);
  await tellNext(ctx, account);
}

async function tellNext(ctx: Ctx, account: string): Promise<void> {
  const at = (await ctx.tx.first(nextLook, { account }))?.at ?? null;
  if (at !== null) ctx.effects.push({ kind: 'look-up', account, at: Number(at) });
}

/** Goes on with what was looked up before a stop. */
export async function wakeLookUps(ctx: Ctx): Promise<void> {
  for (const { account_id: account, at } of await ctx.tx.all(unclearAccounts, {}))
    ctx.effects.push({ kind: 'look-up', account, at: Number(at) });
}
