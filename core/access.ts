import { statement } from '../store/store.ts';
import { type AgentRow, getAgent } from './agents.ts';
import { CoreError } from './api.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { isSupervisor } from './roles.ts';
import { hasMember, isMember } from './routing/eligible.ts';

const ringsFor = statement<{ interaction: string; agent: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .select('id')
    .where('agent', '=', p('agent'))
    .where('state', '=', lit('ringing'))
    .where('interaction_id', '=', p('interaction')),
);
const contactWith = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('contact_id', '=', p('contact'))
    .where('status', '=', lit('open'))
    .where('agent', '=', p('agent'))
    .limit(lit(1)),
);
const contactOffered = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .innerJoin('interaction', 'interaction.id', 'offer.interaction_id')
    .select('offer.id')
    .where('offer.agent', '=', p('agent'))
    .where('offer.state', '=', lit('ringing'))
    .where('interaction.contact_id', '=', p('contact'))
    .limit(lit(1)),
);

const contactFree = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('interaction.id')
    .where('contact_id', '=', p('contact'))
    .where('status', '=', lit('open'))
    .where('agent', 'is', null)
    .where(hasMember('account', 'interaction.account_id', p('agent')))
    .limit(lit(1)),
);

/** Assigned or offered to them, unassigned in their accounts, or an earlier one of a contact they may see; supervisors see all. */
async function maySee(ctx: Ctx, agent: AgentRow, ix: InteractionRow): Promise<boolean> {
  if (isSupervisor(agent) || ix.agent === agent.username) return true;
  if (await ctx.tx.first(ringsFor, { interaction: ix.id, agent: agent.username })) return true;
  if (ix.status === 'open' && ix.agent === null && (await isMember(ctx, 'account', ix.account_id, agent.username)))
    return true;
  const of = { contact: ix.contact_id, agent: agent.username };
  for (const way of [contactWith, contactOffered, contactFree]) if (await ctx.tx.first(way, of)) return true;
  return false;
}

/** @throws CoreError 404 `not_found`, 403 `forbidden` */
export async function visible(
  ctx: Ctx,
  id: string,
  username: string,
): Promise<{ ix: InteractionRow; agent: AgentRow }> {
  const agent = await getAgent(ctx, username);
  const ix = await getInteraction(ctx, id);
  if (!(await maySee(ctx, agent, ix))) throw new CoreError('forbidden', 403, 'You may not see this interaction.');
  return { ix, agent };
}

/** Seeing is not acting. @throws CoreError 409 `not_assigned` */
export async function actionable(
  ctx: Ctx,
  id: string,
  username: string,
): Promise<{ ix: InteractionRow; agent: AgentRow }> {
  const found = await visible(ctx, id, username);
  if (found.ix.agent !== username && !isSupervisor(found.agent))
    throw new CoreError('not_assigned', 409, 'This interaction is not assigned to you.', { agent: found.ix.agent });
  return found;
}

/** @throws CoreError 409 `interaction_closed` */
export function mustBeOpen(ix: InteractionRow): void {
  if (ix.status === 'closed') throw new CoreError('interaction_closed', 409, 'The interaction was closed.');
}
