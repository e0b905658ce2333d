import { statement } from '../../store/store.ts';
import { findAgent, isThere } from '../agents.ts';
import { type Commands, CoreError, type EnterStep, type StepAnswer, type StepKind } from '../api.ts';
import { findAccount, stepContext } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { getInteraction, type InteractionRow, movePosition } from '../interactions.ts';
import { eligibleOf, isMember } from '../routing/eligible.ts';
import { matchStep } from '../routing/match.ts';
import { nextRoutePhase, offerToAssigned } from '../routing/route.ts';
import { BETWEEN, planEnded, storeMessage } from './end.ts';

/** More entries of one step than this within a minute are a loop. */
const MAX_ENTRIES = 20;

const wiredOf = (input: EnterStep): string => input.wired.map((w) => (w ? '1' : '0')).join('');

/** Counts entries within the minute. Null, and an audit entry, if the plan loops. */
async function countEntry(ctx: Ctx, ix: InteractionRow, { node, plan }: EnterStep): Promise<string | null> {
  // Another message is another run of the plan: a customer who writes a lot is no loop.
  let entries =
    ix.plan_entries && plan.id === ix.plan_message
      ? (JSON.parse(ix.plan_entries) as { since: number; counts: Record<string, number> })
      : null;
  if (!entries || ctx.now - entries.since >= 60_000) entries = { since: ctx.now, counts: {} };
  const n = (entries.counts[node] ?? 0) + 1;
  if (n > MAX_ENTRIES) {
    await audit(ctx, 'plan-loop', node, { account: ix.account_id, interaction: ix.id });
    return null;
  }
  entries.counts[node] = n;
  return JSON.stringify(entries);
}

/** The conditional entry of contract 5.12: null if the message is stale or a parallel copy. */
async function admit(ctx: Ctx, input: EnterStep): Promise<InteractionRow | null> {
  const ix = await getInteraction(ctx, input.interaction);
  if (ix.status === 'closed') throw new CoreError('interaction_closed', 409, 'The interaction was closed.');
  if (ix.plan_seq !== input.plan.seq || ix.plan_position === 'at') return null;
  return ix;
}

/** Leaves at once by an output: the position is `between` until the next step takes it; an output that is not wired ends the plan. */
async function pass(
  ctx: Ctx,
  ix: InteractionRow,
  input: EnterStep,
  output: number,
  outcome: string,
): Promise<StepAnswer> {
  const step = { outcome, agent: ix.agent, waitedSeconds: 0 };
  const entries = await countEntry(ctx, ix, input);
  if (entries === null) return { result: 'loop' };
  if (!input.wired[output]) {
    await movePosition(ctx, ix, { position: 'none', entries, message: input.plan.id });
    await planEnded(ctx, ix, input.node, 'unwired', output);
    return { result: 'ended', outcome };
  }
  await storeMessage(ctx, ix.id, input.msg);
  const deadline = ctx.now + BETWEEN;
  await movePosition(ctx, ix, {
    position: 'between',
    node: input.node,
    output,
    deadline,
    wired: wiredOf(input),
    result: step,
    entries,
    message: input.plan.id,
  });
  return { result: 'out', output, outcome, context: await stepContext(ctx, ix), step };
}

interface Wait {
  kind: StepKind;
  phase?: string;
  queue?: string | null;
  agent?: string | null;
  /** Seconds, 0 = without end. */
  timeout: number;
  accepting: boolean;
}

/** Waits in the step, durably. False if the plan loops. */
async function wait(ctx: Ctx, ix: InteractionRow, input: EnterStep, w: Wait): Promise<boolean> {
  const entries = await countEntry(ctx, ix, input);
  if (entries === null) return false;
  await storeMessage(ctx, ix.id, input.msg);
  await movePosition(ctx, ix, {
    position: 'at',
    node: input.node,
    kind: w.kind,
    phase: w.phase ?? null,
    queue: w.queue ?? null,
    agent: w.agent ?? null,
    since: ctx.now,
    deadline: w.timeout > 0 ? ctx.now + w.timeout * 1000 : null,
    accepting: w.accepting,
    wired: wiredOf(input),
    entries,
    message: input.plan.id,
  });
  ctx.effects.push({ kind: 'step-changed', node: input.node });
  ctx.changes.queues = true;
  return true;
}

/** `wa-queue`. Outputs: accepted, timeout, nobody. */
export async function enterQueue(ctx: Ctx, input: Commands['enterQueue'][0]): Promise<StepAnswer> {
  const ix = await admit(ctx, input);
  if (!ix) return { result: 'stale' };
  if (ix.agent !== null) return pass(ctx, ix, input, 0, 'already_assigned');
  const queue = await findQueue(ctx, input.queue, input.byName);
  if (!queue) return pass(ctx, ix, input, 1, 'queue_missing');
  if (input.skipIfNobody && (await eligibleOf(ctx, queue.id, ix.account_id)).length === 0)
    return pass(ctx, ix, input, 2, 'nobody');
  if (!(await wait(ctx, ix, input, { kind: 'queue', queue: queue.id, timeout: input.timeout, accepting: true })))
    return { result: 'loop' };
  await matchStep(ctx, ix);
  return { result: 'waiting' };
}

const queueById = statement<{ id: string }>({ kept: true })((db, p) =>
  db.selectFrom('queue').select('id').where('id', '=', p('id')).where('removed_at', 'is', null),
);
const queueByName = statement<{ name: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('queue')
    .select('id')
    .where('name', '=', p('name'))
    .where('removed_at', 'is', null)
    .orderBy('id')
    .limit(1),
);
function findQueue(ctx: Ctx, queue: string, byName: boolean) {
  return byName ? ctx.tx.first(queueByName, { name: queue }) : ctx.tx.first(queueById, { id: queue });
}

/** `wa-agent`. Outputs: accepted, not accepted. */
export async function enterAgent(ctx: Ctx, input: Commands['enterAgent'][0]): Promise<StepAnswer> {
  const ix = await admit(ctx, input);
  if (!ix) return { result: 'stale' };
  if (ix.agent !== null) return pass(ctx, ix, input, 0, 'already_assigned');
  const agent = await findAgent(ctx, input.agent);
  if (!agent || agent.disabled) return pass(ctx, ix, input, 1, 'unknown_agent');
  if (!(await wait(ctx, ix, input, { kind: 'agent', agent: agent.username, timeout: input.timeout, accepting: true })))
    return { result: 'loop' };
  await matchStep(ctx, ix);
  return { result: 'waiting' };
}

/** `wa-route`: the sticky rule (contract 5.3). Outputs: handled, action plan. */
export async function enterRoute(ctx: Ctx, input: Commands['enterRoute'][0]): Promise<StepAnswer> {
  const ix = await getInteraction(ctx, input.interaction);
  if (ix.status === 'closed') throw new CoreError('interaction_closed', 409, 'The interaction was closed.');
  // A message that was not in the plan before joins what is going on; a copy of the one that is has to be the current one.
  const isCopy = input.plan.id <= ix.plan_message;
  if (isCopy && (ix.plan_seq !== input.plan.seq || ix.plan_position === 'at')) return { result: 'stale' };
  if (!isCopy && ix.plan_position !== 'none') return join(ctx, ix, 'waiting');
  if (ix.agent === null) return pass(ctx, ix, input, 1, 'nobody');
  const agent = await findAgent(ctx, ix.agent);
  if (ix.tab_open && agent && isThere(ctx, agent)) return join(ctx, ix, 'tab');
  const account = await findAccount(ctx, ix.account_id);
  const waits = JSON.parse(account?.config ?? '{}') as { waitForAgent?: number };
  if (!agent || agent.disabled || !(await isMember(ctx, 'account', ix.account_id, agent.username))) {
    // Who cannot answer any more is not waited for.
    if (!(await wait(ctx, ix, input, { kind: 'route', phase: 'agent', agent: ix.agent, timeout: 1, accepting: false })))
      return { result: 'loop' };
    await nextRoutePhase(ctx, ix);
    return { result: 'waiting' };
  }
  if (
    !(await wait(ctx, ix, input, {
      kind: 'route',
      phase: 'agent',
      agent: ix.agent,
      timeout: waits.waitForAgent ?? 10,
      accepting: false,
    }))
  )
    return { result: 'loop' };
  await offerToAssigned(ctx, ix);
  return { result: 'waiting' };
}

/** The message goes to where its conversation is; the plan position stays. */
async function join(ctx: Ctx, ix: InteractionRow, outcome: string): Promise<StepAnswer> {
  return {
    result: 'out',
    output: 0,
    outcome,
    context: await stepContext(ctx, ix),
    step: { outcome, agent: ix.agent, waitedSeconds: 0 },
  };
}
