import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { recount } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { findAccount, interactionView } from './build-views.ts';
import { audit, type Ctx, lit } from './context.ts';
import { closingRules, isInTree } from './dispositions.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { forgetActs } from './once.ts';
import { endInteraction, noteStepEnd } from './plan/end.ts';
import { releaseWatches } from './watches.ts';

const setClosed = statement<{ id: string; now: number; by: string; disposition: string; note: string | null }>({
  row: 'id',
})((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      status: 'closed',
      closed_at: p('now'),
      closed_by: p('by'),
      disposition: p('disposition'),
      note: p('note'),
      tab_open: 0,
      unread: 0,
      unanswered_since: null,
      disposing: null,
      snoozed_until: null,
      auto_close_at: null,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', p('id'))
    .where('status', '=', lit('open')),
);

export async function closeInteraction(
  ctx: Ctx,
  input: Commands['closeInteraction'][0],
): Promise<Commands['closeInteraction'][1]> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  if (input.lastMessageId !== undefined && ix.last_inbound_id !== null && input.lastMessageId < ix.last_inbound_id)
    throw new CoreError('new_message', 409, 'The customer has written meanwhile.', {
      lastMessageId: ix.last_inbound_id,
    });
  const rules = await closingRules(ctx, ix, await findAccount(ctx, ix.account_id));
  const path = input.disposition ?? [];
  if (path.length > 0 && !isInTree(rules.dispositions, path))
    throw new CoreError(
      'unknown_disposition',
      422,
      `There is no disposition ${path.join(' › ')} for this interaction.`,
    );
  if (path.length === 0 && rules.mandatory)
    throw new CoreError('disposition_required', 422, 'This interaction asks for a disposition at closing.', {
      dispositions: rules.dispositions,
    });
  await closeNow(ctx, ix, { by: input.username, disposition: path, note: input.note ?? ix.note });
  return { interaction: await interactionView(ctx, await getInteraction(ctx, ix.id)) };
}

/**
 * Closes an open interaction, whatever its rules: its plan ends, and what waited for the close leaves. `by`: a username, `system` or
 * a node id. `disposition`: `[]` = none.
 */
export async function closeNow(
  ctx: Ctx,
  ix: InteractionRow,
  { by, disposition, note }: { by: string; disposition: string[]; note: string | null },
): Promise<void> {
  const { agent } = ix;
  await ctx.tx.run(setClosed, { id: ix.id, now: ctx.now, by, disposition: JSON.stringify(disposition), note });
  if (ix.disposing !== null) ctx.disposed.add(ix.disposing);
  if (agent === null && ix.plan_position === 'at') await noteStepEnd(ctx, ix, 'closed');
  await endInteraction(ctx, ix, 'closed');
  const about = { account: ix.account_id, interaction: ix.id };
  await audit(ctx, 'interaction-closed', by, about);
  if (disposition.length > 0) await audit(ctx, 'disposed', by, { ...about, data: { disposition } });
  if (agent) await recount(ctx, agent);
  else ctx.changes.reassigned.add(ix.id);
  ctx.changes.interactions.add(ix.id);
  const closed = await getInteraction(ctx, ix.id);
  await releaseWatches(ctx, closed, disposition);
  await forgetActs(ctx, ix.id, closed.plan_seq);
}
