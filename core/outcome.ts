/** What became of a message that was given to its provider: by its answer, by a look, or because nobody answers any more. */
import type { SendResult } from '../providers/provider.ts';
import { statement } from '../store/store.ts';
import type { Commands } from './api.ts';
import { type AccountRow, findAccount, type MessageRow, messageView } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction } from './interactions.ts';
import { setOptOut } from './opt-outs.ts';
import { getMessage } from './outgoing.ts';
import { holdUntil } from './pace.ts';
import { leaveQueue, noteProviderId, tellEnd } from './sent.ts';
import { applyEarly, follows, setStatus } from './statuses.ts';
import { lookAgain, MAX_SENDS, markUnclear } from './unclear.ts';

/** How often what the provider did not process is tried. */
const MAX_ATTEMPTS = 8;
/** The same for a rate limit: it passes, in an hour at most with every provider's `Retry-After`. */
const MAX_RATE_ATTEMPTS = 100;
/** How long (ms) an account waits at least that has sent too fast. */
const RATE_WAIT = 1000;
/** ms after the send from when on what the provider does not list was not taken. */
const SURE = 60_000;
/** ms after the send until it stays unclear for good. */
const GIVE_UP = 180_000;

const outgoingById = statement<{ message: string }>()((db, p) =>
  db.selectFrom('outgoing').selectAll().where('message_id', '=', p('message')),
);
const requeue = statement<{ message: string; at: number }>()((db, p) =>
  db
    .updateTable('outgoing')
    .set({ state: 'queued', lease_until: null, due_at: p('at') })
    .where('message_id', '=', p('message')),
);
/** Takes the outcome of a send. Only what the provider is known not to have processed goes back into the queue. */
export async function finishOutgoing(
  ctx: Ctx,
  input: Commands['finishOutgoing'][0],
): Promise<Commands['finishOutgoing'][1]> {
  const row = await getMessage(ctx, input.message);
  const out = await ctx.tx.first(outgoingById, { message: input.message });
  const result: SendResult = input.result;
  if (result.outcome === 'rejected' && result.retry && out) {
    const isRate = result.reason === 'rate_limited';
    const wait = (result.retryAfter ?? 0) * 1000;
    const free = ctx.now + Math.max(wait, RATE_WAIT);
    // What the provider has said to one message holds for all: they need not ask as well.
    if (isRate) await holdUntil(ctx, out.account_id, result.contactOnly ? out.contact_id : '', free);
    if (out.attempts < (isRate ? MAX_RATE_ATTEMPTS : MAX_ATTEMPTS)) {
      const at = ctx.now + Math.max(wait, Math.min(60_000, 500 * 2 ** Math.min(out.attempts, 10)));
      await ctx.tx.run(requeue, { message: row.id, at });
      const hold = isRate && !result.contactOnly ? ({ hold: true } as const) : {};
      ctx.effects.push({ kind: 'outgoing', account: out.account_id, at: isRate ? free : at, ...hold });
      return { status: 'queued', retryAt: at };
    }
  }
  const account = await accountOf(ctx, row);
  // A delivery status may have come before the answer got lost: it knows better.
  const isOpen = row.status === 'queued' || row.status === 'ambiguous';
  if (result.outcome === 'ambiguous' && out && isOpen) {
    if (await markUnclear(ctx, account, row, out.attempts)) return { status: 'ambiguous', retryAt: null };
  }
  if (out) await leaveQueue(ctx, row.id);
  if (result.outcome === 'sent') {
    await noteProviderId(ctx, account.id, row, result.providerId);
    const status = result.status === 'queued' ? 'sent' : result.status;
    if (row.status === 'ambiguous' || follows(status, row.status)) await setStatus(ctx, account.id, row, status, null);
    await applyEarly(ctx, account, result.providerId);
  } else if (result.outcome === 'rejected' && isOpen) {
    if (result.reason === 'opted_out') await noteOptOut(ctx, account.id, row);
    await setStatus(ctx, account.id, row, 'failed', { code: result.code, reason: result.reason });
  }
  const now = await getMessage(ctx, row.id);
  tellEnd(ctx, account.id, now);
  return { status: now.status as 'sent' | 'failed' | 'ambiguous', retryAt: null };
}

async function noteOptOut(ctx: Ctx, account: string, row: MessageRow): Promise<void> {
  await setOptOut(ctx, (await getInteraction(ctx, row.interaction_id)).contact_id, account, true, 'provider');
}

async function accountOf(ctx: Ctx, row: MessageRow): Promise<AccountRow> {
  return (await findAccount(ctx, (await getInteraction(ctx, row.interaction_id)).account_id)) as AccountRow;
}

const unclearOne = statement<{ message: string }>()((db, p) =>
  db.selectFrom('outgoing').selectAll().where('message_id', '=', p('message')).where('state', '=', 'unclear'),
);
const queuedOne = statement<{ message: string }>()((db, p) =>
  db.selectFrom('outgoing').select('state').where('message_id', '=', p('message')),
);
/** Takes what a look has found; `null`: the provider could not be asked. */
export async function finishLookUp(ctx: Ctx, input: Commands['finishLookUp'][0]): Promise<null> {
  const out = await ctx.tx.first(unclearOne, { message: input.message });
  // A delivery status has answered meanwhile.
  if (!out) return null;
  const { found } = input;
  if (found && found.outcome !== 'absent' && found.outcome !== 'ambiguous') {
    await finishOutgoing(ctx, { message: out.message_id, result: found });
    return null;
  }
  const row = await getMessage(ctx, out.message_id);
  const age = ctx.now - Number(out.tried_at);
  if (found?.outcome === 'absent' && age >= SURE && out.attempts < MAX_SENDS) {
    await setStatus(ctx, out.account_id, row, 'queued', null);
    await ctx.tx.run(requeue, { message: row.id, at: ctx.now });
    ctx.effects.push({ kind: 'outgoing', account: out.account_id, at: ctx.now });
    return null;
  }
  if (age >= GIVE_UP) {
    await leaveQueue(ctx, row.id);
    tellEnd(ctx, out.account_id, row);
    return null;
  }
  await lookAgain(ctx, out.account_id, row.id, out.looks);
  return null;
}

const lapsed = statement<{ now: number }>()((db, p) =>
  db
    .selectFrom('outgoing')
    .select('message_id')
    .where('lease_until', 'is not', lit(null))
    .where('lease_until', '<=', p('now')),
);
/** Sends whose process is gone may have reached the provider: they are marked, and looked up where that can be. */
export async function expireLeases(ctx: Ctx, all: boolean): Promise<void> {
  for (const { message_id } of await ctx.tx.all(lapsed, { now: all ? Number.MAX_SAFE_INTEGER : ctx.now }))
    await finishOutgoing(ctx, {
      message: message_id,
      result: { outcome: 'ambiguous', code: 'interrupted', message: 'The process ended while it was being sent.' },
    });
}

/** How a message fares. `pending`: its sending has not come to an end yet. */
export async function sending(ctx: Ctx, input: Commands['sending'][0]): Promise<Commands['sending'][1]> {
  const row = await getMessage(ctx, input.message);
  const { status, error = null } = messageView(row);
  return { status, error, pending: (await ctx.tx.first(queuedOne, { message: row.id })) !== undefined };
}
