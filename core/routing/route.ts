import { statement } from '../../store/store.ts';
import { findAccount } from '../build-views.ts';
import type { Ctx } from '../context.ts';
import { type InteractionRow, movePosition, setAgent } from '../interactions.ts';
import { endStep } from '../plan/end.ts';
import { hasMember, isMember } from './eligible.ts';
import { matchStep } from './match.ts';
import { endOffers, makeOffer } from './offers.ts';

/** The first wait of `wa-route`: the agent who has the interaction is asked, available or not. */
export async function offerToAssigned(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.agent) await makeOffer(ctx, ix, ix.agent, null, ix.step_deadline);
}

const queuesOfAgent = statement<{ agent: string; account: string }>()((db, p) =>
  db
    .selectFrom('queue')
    .select('queue.id')
    .where('queue.removed_at', 'is', null)
    .where(hasMember('queue', 'queue.id', p('agent')))
    // A queue of the account has at least one member who is added to it.
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('member as q')
          .innerJoin('member as a', (j) => j.on('a.kind', '=', 'account').on('a.target', '=', p('account')))
          .select('q.username')
          .where('q.kind', '=', 'queue')
          .whereRef('q.target', '=', 'queue.id')
          .where((m) =>
            m.or([m('q.username', '=', m.ref('a.username')), m('q.username', '=', '*'), m('a.username', '=', '*')]),
          ),
      ),
    )
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

/** The agent did not take it: now their queue, and after that the action plan. */
export async function nextRoutePhase(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.step_phase === 'agent' && ix.agent !== null) {
    const queue = await queueFor(ctx, ix, ix.agent);
    if (queue !== null) return waitForQueue(ctx, ix, queue);
  }
  await setAgent(ctx, ix, null, false, null);
  await endStep(ctx, ix, 1, 'timeout', null);
}

async function waitForQueue(ctx: Ctx, ix: InteractionRow, queue: string): Promise<void> {
  const account = await findAccount(ctx, ix.account_id);
  const { waitForQueue: seconds = 10 } = JSON.parse(account?.config ?? '{}') as { waitForQueue?: number };
  const seq = ix.plan_seq;
  await movePosition(ctx, ix, {
    position: 'at',
    node: ix.step_node,
    kind: 'route',
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
  await matchStep(ctx, ix);
}
