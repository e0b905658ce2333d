import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { recount } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { findAccount, interactionView } from './build-views.ts';
import { audit, type Ctx } from './context.ts';
import { getInteraction } from './interactions.ts';
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
      version: eb('version', '+', 1),
    }))
    .where('id', '=', p('id'))
    .where('status', '=', 'open'),
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
  const account = await findAccount(ctx, ix.account_id);
  const config = JSON.parse(account?.config ?? '{}') as {
    dispositions?: Disposition[];
    mandatoryDisposition?: boolean;
  };
  const path = input.disposition ?? [];
  const tree = config.dispositions ?? [];
  if (path.length > 0 && !isInTree(tree, path))
    throw new CoreError('unknown_disposition', 422, `There is no disposition ${path.join(' › ')} for this account.`);
  if (path.length === 0 && tree.length > 0 && config.mandatoryDisposition)
    throw new CoreError('disposition_required', 422, 'This account asks for a disposition at closing.', {
      dispositions: tree,
    });
  const agent = ix.agent;
  await ctx.tx.run(setClosed, {
    id: ix.id,
    now: ctx.now,
    by: input.username,
    disposition: JSON.stringify(path),
    note: input.note ?? null,
  });
  await endInteraction(ctx, ix, 'closed');
  await audit(ctx, 'interaction-closed', input.username, { account: ix.account_id, interaction: ix.id });
  if (path.length > 0)
    await audit(ctx, 'disposed', input.username, {
      account: ix.account_id,
      interaction: ix.id,
      data: { disposition: path },
    });
  if (agent) await recount(ctx, agent);
  else ctx.changes.reassigned.add(ix.id);
  ctx.changes.interactions.add(ix.id);
  return { interaction: await interactionView(ctx, await getInteraction(ctx, ix.id)) };
}
