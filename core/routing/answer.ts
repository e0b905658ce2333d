import { statement } from '../../store/store.ts';
import { findAgent, getAgent, recount } from '../agents.ts';
import { type Commands, CoreError } from '../api.ts';
import { interactionView } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { getInteraction, type InteractionRow, setAgent } from '../interactions.ts';
import { endInteraction, endStep } from '../plan/end.ts';
import { checkCapacity } from './capacity.ts';
import { MEMORY } from './match.ts';
import { endOffer, endOffers, findOffer, type OfferRow, offersOf, setStepAccepting } from './offers.ts';
import { nextRoutePhase } from './route.ts';
import { endUnanswered } from './unanswered.ts';

const noteAccepted = statement<{ queue: string; agent: string }>({ part: MEMORY })((db, p) =>
  db
    .updateTable('queue')
    .set({ last_accepted: p('agent') })
    .where('id', '=', p('queue')),
);

/** @throws CoreError 404 `not_found` for an offer of somebody else too */
async function offerFor(ctx: Ctx, id: string, username: string): Promise<OfferRow> {
  const offer = await findOffer(ctx, id);
  if (!offer || offer.agent !== username) throw new CoreError('not_found', 404, `There is no offer ${id} for you.`);
  return offer;
}

/** The first accept wins; everybody else's ends. One conditional write on the offer decides, in one FIFO with all other ends. */
export async function acceptOffer(ctx: Ctx, input: Commands['acceptOffer'][0]): Promise<Commands['acceptOffer'][1]> {
  const offer = await offerFor(ctx, input.offer, input.username);
  const ix = await getInteraction(ctx, offer.interaction_id);
  // A repeated accept of the one who has it is no error: the first answer may have been lost.
  if (offer.state === 'accepted' && ix.agent === input.username) return { interaction: await interactionView(ctx, ix) };
  if (offer.state === 'rescinded' && ix.agent !== null && ix.agent !== input.username) {
    const name = (await findAgent(ctx, ix.agent))?.name ?? ix.agent;
    throw new CoreError('offer_taken', 409, `${name} took it.`, { agent: ix.agent, name });
  }
  if (offer.state !== 'ringing') throw new CoreError('offer_ended', 410, 'This offer has ended.');
  await checkCapacity(ctx, await getAgent(ctx, input.username));
  await assign(ctx, ix, input.username, offer.queue_id);
  return { interaction: await interactionView(ctx, ix) };
}

/**
 * Gives an interaction to an agent, with its tab open, and ends the step it waits in. Whoever else was asked sees it withdrawn.
 * @param queue the queue that delivered it, null = none
 */
export async function assign(ctx: Ctx, ix: InteractionRow, username: string, queue: string | null): Promise<void> {
  const before = ix.agent;
  const { step_kind: kind, step_node: node, plan_position: position } = ix;
  const own =
    position === 'at'
      ? (await offersOf(ctx, ix)).find((o) => o.agent === username && o.state === 'ringing')
      : undefined;
  if (own) {
    await endOffer(ctx, own, 'accepted', 'accepted');
    await audit(ctx, 'offer-accepted', username, { account: ix.account_id, interaction: ix.id });
  }
  await setAgent(ctx, ix, username, true, queue);
  if (queue) await ctx.tx.run(noteAccepted, { queue, agent: username });
  await audit(ctx, 'interaction-assigned', username, {
    account: ix.account_id,
    interaction: ix.id,
    data: { agent: username, from: before, queue },
  });
  if (position === 'at' && node !== null) {
    // `wa-route` says who of its two waits found the agent.
    const outcome = kind === 'route' ? (queue ? 'queue' : 'agent') : 'accepted';
    const seq = ix.plan_seq;
    await endOffers(ctx, ix, seq, 'rescinded', username);
    await endStep(ctx, ix, 0, outcome, username);
  } else {
    // No message waits for it; one that is on its way would find its conversation assigned: the plan is done with it.
    await endInteraction(ctx, ix, 'rescinded', username);
  }
  await recount(ctx, username);
}

export async function rejectOffer(ctx: Ctx, input: Commands['rejectOffer'][0]): Promise<null> {
  const offer = await offerFor(ctx, input.offer, input.username);
  if (offer.state === 'rejected') return null;
  if (offer.state !== 'ringing') throw new CoreError('offer_ended', 410, 'This offer has ended.');
  const ix = await getInteraction(ctx, offer.interaction_id);
  await endOffer(ctx, offer, 'rejected', 'rejected');
  await audit(ctx, 'offer-rejected', input.username, { account: ix.account_id, interaction: ix.id });
  await afterRefusal(ctx, ix, offer, 'rejected');
  return null;
}

/** An offer that rang to its end, or whose agent may not have it any more. */
export async function expireOffer(ctx: Ctx, offer: OfferRow, reason: 'expired' | 'rescinded'): Promise<void> {
  if (!(await endOffer(ctx, offer, reason, reason))) return;
  const ix = await getInteraction(ctx, offer.interaction_id);
  if (reason === 'expired')
    await audit(ctx, 'offer-expired', offer.agent, { account: ix.account_id, interaction: ix.id });
  await afterRefusal(ctx, ix, offer, reason);
}

/** Who is asked next, or how the step ends, after one agent did not take it. */
async function afterRefusal(ctx: Ctx, ix: InteractionRow, offer: OfferRow, outcome: string): Promise<void> {
  if (ix.plan_position !== 'at' || ix.plan_seq !== offer.seq) return;
  if (ix.step_phase === 'agent') return nextRoutePhase(ctx, ix);
  // The offer of a named agent lasts as long as the step; an end of time is the step's, in its own turn.
  if (ix.step_queue === null) {
    if (outcome === 'rejected') return endUnanswered(ctx, ix, 'rejected');
    // Withdrawn: asked again once the agent may have it.
    if (outcome === 'rescinded') await setStepAccepting(ctx, ix, true);
    return;
  }
  await setStepAccepting(ctx, ix, true);
  ctx.waiting.add(ix.id);
}
