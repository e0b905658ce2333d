/** The way out of a message, as its sending, looks for it and delivery statuses change it. */
import { statement } from '../store/store.ts';
import type { MessageRow } from './build-views.ts';
import type { Ctx } from './context.ts';
import type { MessageView } from './views.ts';

const drop = statement<{ message: string }>()((db, p) =>
  db.deleteFrom('outgoing').where('message_id', '=', p('message')),
);
const setProviderId = statement<{ id: string; provider: string }>()((db, p) =>
  db
    .updateTable('message')
    .set({ provider_id: p('provider') })
    .where('id', '=', p('id')),
);
const takeProviderId = statement<{ account: string; provider: string; message: string; now: number }>()((db, p) =>
  db
    .insertInto('provider_id')
    .values({ account_id: p('account'), provider_id: p('provider'), message_id: p('message'), at: p('now') })
    .onConflict((c) => c.doNothing()),
);

/** The provider has the message, under that id. */
export async function noteProviderId(ctx: Ctx, account: string, row: MessageRow, provider: string): Promise<void> {
  await ctx.tx.run(setProviderId, { id: row.id, provider });
  row.provider_id = provider;
  await ctx.tx.run(takeProviderId, { account, provider, message: row.id, now: ctx.now });
}

const setDue = statement<{ message: string; at: number }>()((db, p) =>
  db
    .updateTable('outgoing')
    .set({ due_at: p('at') })
    .where('message_id', '=', p('message')),
);

/** Its next attempt, or the next look for it, is at `at`. */
export async function putOff(ctx: Ctx, message: string, at: number): Promise<void> {
  await ctx.tx.run(setDue, { message, at });
}

/** It is neither queued nor on its way any more. */
export async function leaveQueue(ctx: Ctx, message: string): Promise<boolean> {
  return (await ctx.tx.run(drop, { message })) > 0;
}

/** Tells who waits for the end of its sending, and that the contact's next message may go. */
export function tellEnd(ctx: Ctx, account: string, row: MessageRow): void {
  const error =
    row.error_code === null
      ? null
      : { code: row.error_code, reason: row.error_reason as NonNullable<MessageView['error']>['reason'] };
  const status = row.status as 'sent' | 'failed' | 'ambiguous';
  ctx.effects.push({ kind: 'outgoing-done', message: row.id, status, error });
  ctx.effects.push({ kind: 'outgoing', account, at: ctx.now });
}
