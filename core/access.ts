import { type Expression, expressionBuilder, type Kysely, type SqlBool } from 'kysely';
import type { Schema } from '../store/schema.ts';
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
/**
 * The ways in which an agent sees all conversations of a contact: an open one is theirs, one rings for them, or one is free in an
 * account of theirs. Each is a query of contacts.
 */
function contactsOf(db: Kysely<Schema>, agent: string) {
  return [
    db
      .selectFrom('interaction')
      .select('interaction.contact_id')
      .where('interaction.status', '=', lit('open'))
      .where('interaction.agent', '=', agent),
    db
      .selectFrom('interaction')
      .select('interaction.contact_id')
      .where('interaction.id', 'in', (eb) =>
        eb
          .selectFrom('offer')
          .select('offer.interaction_id')
          .where('offer.agent', '=', agent)
          .where('offer.state', '=', lit('ringing')),
      ),
    db
      .selectFrom('interaction')
      .select('interaction.contact_id')
      .where('interaction.status', '=', lit('open'))
      .where('interaction.agent', 'is', lit(null))
      .where(hasMember('account', 'interaction.account_id', agent)),
  ] as const;
}

const ofContact = (way: 0 | 1 | 2) =>
  statement<{ contact: string; agent: string }>()((db, p) =>
    contactsOf(db, p('agent'))[way].where('interaction.contact_id', '=', p('contact')).limit(1),
  );
const WAYS = [ofContact(0), ofContact(1), ofContact(2)];

/** Assigned to one of these agents. Open and closed ones stand in an index each. */
export function assignedTo(agents: string[]): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, 'interaction'>();
  const among = (status: 'open' | 'closed') =>
    eb.and([eb('interaction.status', '=', lit(status)), eb('interaction.agent', 'in', agents)]);
  return eb.or([among('open'), among('closed')]);
}

/** Of all interactions those an agent sees: assigned to them, or of a contact whose conversations they see. */
export function seenBy(db: Kysely<Schema>, agent: string): Expression<SqlBool> {
  const eb = expressionBuilder<Schema, 'interaction'>();
  const [mine, offered, free] = contactsOf(db, agent);
  return eb.or([assignedTo([agent]), eb('interaction.contact_id', 'in', mine.union(offered).union(free))]);
}

/** Whether an agent sees all conversations of a contact; supervisors see those of every one. */
export async function seesContact(ctx: Ctx, agent: AgentRow, contact: string): Promise<boolean> {
  if (isSupervisor(agent)) return true;
  for (const way of WAYS) if (await ctx.tx.first(way, { contact, agent: agent.username })) return true;
  return false;
}

/** Assigned or offered to them, unassigned in their accounts, or an earlier one of a contact they may see; supervisors see all. */
export async function maySee(ctx: Ctx, agent: AgentRow, ix: InteractionRow): Promise<boolean> {
  if (isSupervisor(agent) || ix.agent === agent.username) return true;
  if (await ctx.tx.first(ringsFor, { interaction: ix.id, agent: agent.username })) return true;
  if (ix.status === 'open' && ix.agent === null && (await isMember(ctx, 'account', ix.account_id, agent.username)))
    return true;
  return seesContact(ctx, agent, ix.contact_id);
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
