import { statement } from '../../store/store.ts';
import { type AgentRow, findAgent, recount } from '../agents.ts';
import { configOf, findAccount } from '../build-views.ts';
import { audit, type Ctx, lit } from '../context.ts';
import { type InteractionRow, movePosition, setAgent, setTabState } from '../interactions.ts';
import { endInteraction } from '../plan/end.ts';
import { hasRoom } from './capacity.ts';
import { isMember } from './eligible.ts';
import { endOffers } from './offers.ts';
import { nextRoutePhase, offerToAssigned } from './route.ts';

/** Shows an interaction to its agent again, unread. `tab`: its tab opens if there is room for it. */
export async function giveBack(ctx: Ctx, ix: InteractionRow, agent: AgentRow, tab: boolean): Promise<void> {
  const open = ix.tab_open === 1 || (tab && (await hasRoom(ctx, agent)));
  await setTabState(ctx, ix, open, { unread: Math.max(ix.unread, 1) });
  await recount(ctx, agent.username);
}

/**
 * Contract 5.3 for what comes back to an agent who is not there: they are asked, then their queue, then nobody has it. No message of
 * the flow waits in these steps.
 * @param reason why the offers of the step that was until now end
 */
export async function comeBack(ctx: Ctx, ix: InteractionRow, reason: string): Promise<void> {
  const seq = ix.plan_seq;
  const agent = ix.agent === null ? undefined : await findAgent(ctx, ix.agent);
  const account = await findAccount(ctx, ix.account_id);
  await movePosition(ctx, ix, {
    position: 'at',
    kind: 'return',
    phase: 'agent',
    agent: ix.agent,
    since: ctx.now,
    deadline: ctx.now + (account ? configOf(account).waitForAgent : 10) * 1000,
  });
  await endOffers(ctx, ix, seq, reason);
  ctx.changes.queues = true;
  // Who cannot answer any more is not waited for.
  if (!agent || agent.disabled || !(await isMember(ctx, 'account', ix.account_id, agent.username)))
    return nextRoutePhase(ctx, ix);
  await offerToAssigned(ctx, ix);
}

const liveQueue = statement<{ id: string }>()((db, p) =>
  db.selectFrom('queue').select('id').where('id', '=', p('id')).where('removed_at', 'is', null),
);

/**
 * Offers an interaction that nobody has to a queue, until somebody accepts. Without one, or if it was removed, nothing rings.
 * @param by who gave it away and is not rung
 */
export async function handBack(
  ctx: Ctx,
  ix: InteractionRow,
  queueId: string | null,
  by: string | null,
  reason = 'withdrawn',
): Promise<void> {
  const queue = queueId === null ? undefined : await ctx.tx.first(liveQueue, { id: queueId });
  await endInteraction(ctx, ix, reason);
  if (!queue) return;
  await movePosition(ctx, ix, {
    position: 'at',
    kind: 'return',
    phase: 'queue',
    queue: queue.id,
    agent: by,
    // What the customer has waited already counts.
    since: ix.unanswered_since ?? ctx.now,
    accepting: true,
  });
  ctx.changes.queues = true;
  ctx.waiting.add(ix.id);
}

/**
 * Takes an interaction from its agent: unassigned, unread, offered to its last queue (contract 5.13). Where it waits in the flow for
 * just this agent, the flow goes on.
 * @param actor who does it: a username or `system`
 */
export async function releaseInteraction(ctx: Ctx, ix: InteractionRow, actor: string): Promise<void> {
  const { agent } = ix;
  if (agent === null) return;
  const inFlow = ix.plan_position === 'at' && ix.step_node !== null;
  if (inFlow && ix.step_phase === 'agent') await nextRoutePhase(ctx, ix);
  if (ix.agent !== null) await setAgent(ctx, ix, null, false, null);
  await audit(ctx, 'interaction-released', actor, {
    account: ix.account_id,
    interaction: ix.id,
    data: { agent },
  });
  if (!inFlow) await handBack(ctx, ix, ix.queue_id, agent);
}

const assignedTo = statement<{ agent: string }>()((db, p) =>
  db.selectFrom('interaction').selectAll().where('agent', '=', p('agent')).where('status', '=', lit('open')),
);

/** The same with all that an agent has. @returns how many those were */
export async function releaseAllOf(ctx: Ctx, username: string, actor: string): Promise<number> {
  const rows = await ctx.tx.all(assignedTo, { agent: username });
  for (const ix of rows) await releaseInteraction(ctx, ix, actor);
  return rows.length;
}
