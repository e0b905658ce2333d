import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { findAgent, isThere, recount } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { interactionView } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { type InteractionRow, setTabState } from './interactions.ts';
import { endBetween } from './plan/end.ts';
import { giveBack } from './routing/return.ts';

/** Nothing is put away for longer than this, ms. */
const LONGEST = 366 * 24 * 3_600_000;
/** Tabs that come back in one transaction. */
const BATCH = 200;

/** Puts the agent's tab away until a time, or until the contact writes. It then comes back, unread. */
export async function snooze(ctx: Ctx, input: Commands['snooze'][0]): Promise<Commands['snooze'][1]> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  const { until } = input;
  if (ix.agent === null) throw new CoreError('not_assigned', 409, 'Nobody has this interaction: it has no tab.');
  if (until === null) {
    if (ix.snoozed_until !== null) await wake(ctx, ix);
    return { interaction: await interactionView(ctx, ix) };
  }
  if (!(until > ctx.now && until <= ctx.now + LONGEST))
    throw new CoreError('invalid_time', 422, 'A tab is put away until a time to come, at most a year ahead.', [
      { field: 'until', message: 'must be in the future, at most a year ahead' },
    ]);
  await endBetween(ctx, ix);
  await setTabState(ctx, ix, false, { snoozed: until });
  await recount(ctx, ix.agent);
  return { interaction: await interactionView(ctx, ix) };
}

/** The tab comes back, unread, if its agent is there and has room; else it is among those that are assigned and not open. */
export async function wake(ctx: Ctx, ix: InteractionRow): Promise<void> {
  const agent = ix.agent === null ? undefined : await findAgent(ctx, ix.agent);
  if (agent) await giveBack(ctx, ix, agent, isThere(ctx, agent));
  else await setTabState(ctx, ix, false);
}

const due = statement<{ now: number }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('snoozed_until', 'is not', lit(null))
    .where('snoozed_until', '<=', p('now'))
    .orderBy('snoozed_until')
    .limit(BATCH),
);

/** Brings back what was put away until now. */
export async function wakeDue(ctx: Ctx): Promise<void> {
  for (const ix of await ctx.tx.all(due, { now: ctx.now })) await wake(ctx, ix);
}
