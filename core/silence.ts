import { statement } from '../store/store.ts';
import { type AccountRow, configOf, findAccount } from './build-views.ts';
import { closeNow } from './closing.ts';
import { type Ctx, lit } from './context.ts';

/** Interactions that are looked at in one transaction. */
const BATCH = 200;
const HOUR = 3_600_000;

/**
 * When to look whether an interaction that begins now is silent; null = never. Messages do not move it: when it comes, the newest
 * message tells how long there is to wait still, so that a message costs nothing.
 */
export function firstLook(ctx: Ctx, account: AccountRow): number | null {
  const { autoCloseHours: hours } = configOf(account);
  return hours > 0 ? ctx.now + hours * HOUR : null;
}

const disarm = statement<{ account: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ auto_close_at: null })
    .where('auto_close_at', 'is not', lit(null))
    .where('account_id', '=', p('account')),
);
const arm = statement<{ account: string; silence: number }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ auto_close_at: eb(eb.fn.coalesce('last_message_at', 'started_at'), '+', p('silence')) }))
    .where('status', '=', lit('open'))
    .where('account_id', '=', p('account'))
    .where((eb) =>
      eb.or([
        eb('auto_close_at', 'is', null),
        eb('auto_close_at', '>', eb(eb.fn.coalesce('last_message_at', 'started_at'), '+', p('silence'))),
      ]),
    ),
);

/** Brings the open interactions of an account to its `autoCloseHours`, after a deploy. */
export async function armSilence(ctx: Ctx, account: string, hours: number): Promise<void> {
  if (hours > 0) await ctx.tx.run(arm, { account, silence: hours * HOUR });
  else await ctx.tx.run(disarm, { account });
}

const due = statement<{ now: number }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('auto_close_at', 'is not', lit(null))
    .where('auto_close_at', '<=', p('now'))
    .orderBy('auto_close_at')
    .limit(BATCH),
);
const lookAgain = statement<{ id: string; at: number | null }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ auto_close_at: p('at') })
    .where('id', '=', p('id')),
);

/** Closes what was without messages for its account's `autoCloseHours`, even if a disposition is mandatory. */
export async function closeSilent(ctx: Ctx): Promise<void> {
  for (const ix of await ctx.tx.all(due, { now: ctx.now })) {
    const account = await findAccount(ctx, ix.account_id);
    const hours = account && account.removed_at === null ? configOf(account).autoCloseHours : 0;
    const at = (ix.last_message_at ?? ix.started_at) + hours * HOUR;
    if (hours > 0 && at <= ctx.now) await closeNow(ctx, ix, { by: 'system', disposition: ['Timeout'], note: ix.note });
    else await ctx.tx.run(lookAgain, { id: ix.id, at: hours > 0 ? at : null });
  }
}
