import type { StatusUpdate } from '../providers/provider.ts';
import { statement } from '../store/store.ts';
import { type AccountRow, fullContext, type MessageRow, messageView } from './build-views.ts';
import { audit, type Ctx } from './context.ts';
import { getInteraction } from './interactions.ts';
import { setOptOut } from './opt-outs.ts';
import { leaveQueue, noteProviderId, tellEnd } from './sent.ts';

const RANK: Record<string, number> = { ambiguous: 0, queued: 0, sent: 1, failed: 1.5, delivered: 2, read: 3 };

/**
 * Whether a delivery status may follow another. Providers send them twice and out of order: only a higher rank counts; `failed` is
 * final, and cannot follow a delivery.
 */
export function follows(next: string, current: string): boolean {
  if (current === 'failed') return false;
  return (RANK[next] ?? 0) > (RANK[current] ?? 0);
}

const messageById = statement<{ id: string; account: string }>()((db, p) =>
  db
    .selectFrom('message')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .selectAll('message')
    .where('message.id', '=', p('id'))
    .where('interaction.account_id', '=', p('account')),
);
const messageOfProvider = statement<{ account: string; provider: string }>()((db, p) =>
  db
    .selectFrom('provider_id')
    .innerJoin('message', 'message.id', 'provider_id.message_id')
    .selectAll('message')
    .where('provider_id.provider_id', '=', p('provider'))
    .where('provider_id.account_id', '=', p('account')),
);
const setStatusStatement = statement<{ id: string; status: string; code: string | null; reason: string | null }>()(
  (db, p) =>
    db
      .updateTable('message')
      .set((eb) => ({
        status: p('status'),
        error_code: p('code'),
        error_reason: p('reason'),
        version: eb('version', '+', 1),
      }))
      .where('id', '=', p('id')),
);
const keepEarly = statement<{
  account: string;
  provider: string;
  status: string;
  code: string | null;
  reason: string | null;
  now: number;
}>()((db, p) =>
  db
    .insertInto('early_status')
    .values({
      account_id: p('account'),
      provider_id: p('provider'),
      status: p('status'),
      error_code: p('code'),
      error_reason: p('reason'),
      at: p('now'),
    })
    .onConflict((c) => c.doNothing()),
);
const forgetEarly = statement<{ before: number }>()((db, p) =>
  db.deleteFrom('early_status').where('at', '<', p('before')),
);
const early = statement<{ account: string; provider: string }>()((db, p) =>
  db
    .selectFrom('early_status')
    .selectAll()
    .where('provider_id', '=', p('provider'))
    .where('account_id', '=', p('account')),
);
const dropEarly = statement<{ account: string; provider: string }>()((db, p) =>
  db.deleteFrom('early_status').where('provider_id', '=', p('provider')).where('account_id', '=', p('account')),
);

/** Statuses of messages that nobody knows yet are kept this long, ms: the send's answer may be on its way. */
const EARLY_KEPT = 3_600_000;

/** Forgets statuses whose message never became known. */
export async function expireEarly(ctx: Ctx): Promise<void> {
  await ctx.tx.run(forgetEarly, { before: ctx.now - EARLY_KEPT });
}

/** Sets a message's status whatever it was; tells desks and the audit log. The row given is brought up to date. */
export async function setStatus(
  ctx: Ctx,
  account: string,
  row: MessageRow,
  status: string,
  error: { code: string; reason: string } | null,
): Promise<void> {
  row.status = status;
  row.version++;
  row.error_code = error?.code ?? null;
  row.error_reason = error?.reason ?? null;
  await ctx.tx.run(setStatusStatement, { id: row.id, status, code: row.error_code, reason: row.error_reason });
  if (!ctx.changes.messages.has(row.id)) ctx.changes.messages.set(row.id, { event: 'message-status' });
  await audit(ctx, 'message-status', 'system', {
    account,
    interaction: row.interaction_id,
    data: error ? { message: row.id, status, error } : { message: row.id, status },
  });
}

/** Takes a delivery status, whatever its order, and hands it to the flow. */
export async function applyStatus(ctx: Ctx, account: AccountRow, event: StatusUpdate): Promise<void> {
  const row =
    (await ctx.tx.first(messageOfProvider, { account: account.id, provider: event.id })) ??
    (event.ourId ? await ctx.tx.first(messageById, { id: event.ourId, account: account.id }) : undefined);
  if (!row) {
    await expireEarly(ctx);
    await ctx.tx.run(keepEarly, {
      account: account.id,
      provider: event.id,
      status: event.status,
      code: event.error?.code ?? null,
      reason: event.error?.reason ?? null,
      now: ctx.now,
    });
    return;
  }
  if (row.direction !== 'out' || !follows(event.status, row.status)) return;
  const wasUnclear = row.status === 'ambiguous';
  await setStatus(
    ctx,
    account.id,
    row,
    event.status,
    event.status === 'failed' ? (event.error ?? { code: '', reason: 'unknown' }) : null,
  );
  if (wasUnclear) await clearUp(ctx, account.id, row, event.id);
  const ix = await getInteraction(ctx, row.interaction_id);
  if (event.error?.reason === 'opted_out') await setOptOut(ctx, ix.contact_id, account.id, true, 'provider');
  const context = await fullContext(ctx, ix, account, row.id, { contact: false, interaction: false });
  ctx.effects.push({ kind: 'status', account: account.id, handover: { message: messageView(row), context } });
}

/** The answer of its send was lost; the status says that the provider has it. */
async function clearUp(ctx: Ctx, account: string, row: MessageRow, provider: string): Promise<void> {
  await noteProviderId(ctx, account, row, provider);
  if (await leaveQueue(ctx, row.id)) tellEnd(ctx, account, row);
}

/** Statuses that came before the answer of the send are applied now that the message is known. */
export async function applyEarly(ctx: Ctx, account: AccountRow, provider: string): Promise<void> {
  const rows = await ctx.tx.all(early, { account: account.id, provider });
  if (rows.length === 0) return;
  await ctx.tx.run(dropEarly, { account: account.id, provider });
  for (const r of rows) {
    const event: StatusUpdate = { kind: 'status', id: provider, status: r.status as StatusUpdate['status'] };
    if (r.error_code !== null)
      event.error = { code: r.error_code, reason: r.error_reason as NonNullable<StatusUpdate['error']>['reason'] };
    await applyStatus(ctx, account, event);
  }
}
