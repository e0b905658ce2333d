import { statement } from '../../store/store.ts';
import { configOf, findAccount } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { type InteractionRow, movePosition, setAgent } from '../interactions.ts';
import { endInteraction, endStep } from '../plan/end.ts';
import { hasMember, isMember, servesAccount } from './eligible.ts';
import { endOffers, makeOffer } from './offers.ts';

/** The first wait of `wa-route`, and of what comes back: the agent who has the interaction is asked, available or not. */
export async function offerToAssigned(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.agent) await makeOffer(ctx, ix, ix.agent, null, ix.step_deadline);
}

const queuesOfAgent = statement<{ agent: string; account: string }>()((db, p) =>
  db
    .selectFrom('queue')
    .select('queue.id')
    .where('queue.removed_at', 'is', null)
    .where(hasMember('queue', 'queue.id', p('agent')))
    .where(servesAccount(p('account')))
    .orderBy('queue.weight', 'desc')
    .orderBy('queue.name'),
);

/** The queue that stands in for an agent: the one that delivered last if the agent is in it, else the first of theirs. */
async function queueFor(ctx: Ctx, ix: InteractionRow, agent: string): Promise<string | null> {
  const queues = (await ctx.tx.all(queuesOfAgent, { agent, account: ix.account_id })).map((q) => q.id);
  if (ix.queue_id !== null && queues.includes(ix.queue_id) && (await isMember(ctx, 'queue', ix.queue_id, agent)))
    return ix.queue_id;
  return queues[0] ?? null;
}

/** The agent did not take it: now their queue, and after that the action plan, or nobody if no flow waits for it. */
export async function nextRoutePhase(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.step_phase === 'agent' && ix.agent !== null) {
    const queue = await queueFor(ctx, ix, ix.agent);
    if (queue !== null) return waitForQueue(ctx, ix, queue);
  }
  const { agent } = ix;
  await setAgent(ctx, ix, null, false, null);
  if (ix.step_node !== null) return endStep(ctx, ix, 1, 'timeout', null);
  await endInteraction(ctx, ix, 'expired');
  if (agent !== null)
    await audit(ctx, 'interaction-released', 'system', {
      account: ix.account_id,
      interaction: ix.id,
      data: { agent },
    });
}

async function waitForQueue(ctx: Ctx, ix: InteractionRow, queue: string): Promise<void> {
  const account = await findAccount(ctx, ix.account_id);
  const seconds = account ? configOf(account).waitForQueue : 10;
  const seq = ix.plan_seq;
  await movePosition(ctx, ix, {
    position: 'at',
    node: ix.step_node,
    kind: ix.step_kind,
    phase: 'queue',
    queue,
    agent: null,
    // What the customer has waited already counts.
    since: ix.step_since,
    deadline: ctx.now + seconds * 1000,
    accepting: true,
    wired: ix.step_wired,
  });
  await endOffers(ctx, ix, seq, 'expired');
  ctx.changes.queues = true;
  ctx.waiting.add(ix.id);
}
