import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { recount } from './agents.ts';
import { type AccountConfig, type Commands, CoreError } from './api.ts';
import { configOf, findAccount, interactionView } from './build-views.ts';
import { audit, type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { endInteraction } from './plan/end.ts';

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

interface Disposition {
  name: string;
  children?: Disposition[];
}

/** Whether a path of names leads through the tree. */
function isInTree(tree: Disposition[], path: string[]): boolean {
  let level: Disposition[] | undefined = tree;
  for (const name of path) {
    const found: Disposition | undefined = level?.find((d) => d.name === name);
    if (!found) return false;
    level = found.children;
  }
  return true;
}

/** What closing this interaction asks for. */
export async function closingRules(
  ctx: Ctx,
  ix: InteractionRow,
): Promise<{ dispositions: Disposition[]; mandatory: boolean; pause: string }> {
  const account = await findAccount(ctx, ix.account_id);
  const config: Partial<AccountConfig> = account ? configOf(account) : {};
  const dispositions = (config.dispositions ?? []) as Disposition[];
  return {
    dispositions,
    mandatory: dispositions.length > 0 && config.mandatoryDisposition === true,
    pause: config.dispositionPause || 'Disposition',
  };
}

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
  const path = input.disposition ?? [];
  const { dispositions, mandatory } = await closingRules(ctx, ix);
  if (path.length > 0 && !isInTree(dispositions, path))
    throw new CoreError('unknown_disposition', 422, `There is no disposition ${path.join(' › ')} for this account.`);
  if (path.length === 0 && mandatory)
    throw new CoreError('disposition_required', 422, 'This account asks for a disposition at closing.', {
      dispositions,
    });
  await closeNow(ctx, ix, { by: input.username, disposition: path, note: input.note ?? ix.note });
  return { interaction: await interactionView(ctx, await getInteraction(ctx, ix.id)) };
}

/** Closes an open interaction, whatever goes on with it. `by`: a username or `system`. */
export async function closeNow(
  ctx: Ctx,
  ix: InteractionRow,
  { by, disposition, note }: { by: string; disposition: string[]; note: string | null },
): Promise<void> {
  const { agent } = ix;
  await ctx.tx.run(setClosed, { id: ix.id, now: ctx.now, by, disposition: JSON.stringify(disposition), note });
  if (ix.disposing !== null) ctx.disposed.add(ix.disposing);
  await endInteraction(ctx, ix, 'closed');
  const about = { account: ix.account_id, interaction: ix.id };
  await audit(ctx, 'interaction-closed', by, about);
  if (disposition.length > 0) await audit(ctx, 'disposed', by, { ...about, data: { disposition } });
  if (agent) await recount(ctx, agent);
  else ctx.changes.reassigned.add(ix.id);
  ctx.changes.interactions.add(ix.id);
}
