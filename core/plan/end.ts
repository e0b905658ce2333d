import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import type { StepResult } from '../api.ts';
import { stepContext } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { type InteractionRow, movePosition } from '../interactions.ts';
import { endOffers } from '../routing/offers.ts';

/** How long a message may be on its way between two steps, ms. */
export const BETWEEN = 60_000;

const readMessage = statement<{ id: string }>()((db, p) =>
  db.selectFrom('step_message').select('msg').where('interaction_id', '=', p('id')),
);
const writeMessage = statement<{ id: string; msg: string }>()((db, p) =>
  db
    .insertInto('step_message')
    .values({ interaction_id: p('id'), msg: p('msg') })
    .onConflict((c) => c.column('interaction_id').doUpdateSet({ msg: p('msg') })),
);
const dropMessage = statement<{ id: string }>()((db, p) =>
  db.deleteFrom('step_message').where('interaction_id', '=', p('id')),
);

export const storeMessage = (ctx: Ctx, id: string, msg: string) => ctx.tx.run(writeMessage, { id, msg });

/**
 * Ends the step that an interaction waits in: its offers go, and its message leaves by that output. An output that is not wired
 * ends the plan. The caller knows that the position is `at`.
 */
export async function endStep(
  ctx: Ctx,
  ix: InteractionRow,
  output: number,
  outcome: string,
  agent: string | null,
): Promise<void> {
  const node = ix.step_node!;
  const seq = ix.plan_seq;
  const result: StepResult = {
    outcome,
    agent,
    waitedSeconds: Math.round((ctx.now - (ix.step_since ?? ctx.now)) / 1000),
  };
  const wired = ix.step_wired;
  if (outcome === 'timeout') await noteStepEnd(ctx, ix, 'timeout');
  ctx.effects.push({ kind: 'step-changed', node });
  ctx.changes.queues = true;
  if (wired[output] !== '1') {
    await movePosition(ctx, ix, { position: 'none' });
    await endOffers(ctx, ix, seq, outcome === 'accepted' ? 'rescinded' : 'expired');
    await ctx.tx.run(dropMessage, { id: ix.id });
    await planEnded(ctx, ix, node, 'unwired', output);
    return;
  }
  const deadline = ctx.now + BETWEEN;
  await movePosition(ctx, ix, { position: 'between', node, output, deadline, wired, result });
  await endOffers(ctx, ix, seq, outcome === 'accepted' ? 'rescinded' : 'expired');
  await forward(ctx, ix);
}

const insertEnd = statement<{
  id: string;
  at: number;
  interaction: string;
  account: string;
  node: string;
  kind: string;
  queue: string | null;
  outcome: 'timeout' | 'closed';
}>()((db, p) =>
  db.insertInto('step_end').values({
    id: p('id'),
    at: p('at'),
    interaction_id: p('interaction'),
    account_id: p('account'),
    node: p('node'),
    kind: p('kind'),
    queue_id: p('queue'),
    outcome: p('outcome'),
  }),
);

/** For the reports: a wait that ends without an agent. */
export async function noteStepEnd(ctx: Ctx, ix: InteractionRow, outcome: 'timeout' | 'closed'): Promise<void> {
  await ctx.tx.run(insertEnd, {
    id: newId(ctx.now),
    at: ctx.now,
    interaction: ix.id,
    account: ix.account_id,
    node: ix.step_node ?? '',
    kind: ix.step_kind ?? '',
    queue: ix.step_queue,
    outcome,
  });
}

/** Gives the message that is `between` to its node again, to be sent on the output it left by. */
export async function forward(ctx: Ctx, ix: InteractionRow): Promise<void> {
  const row = await ctx.tx.first(readMessage, { id: ix.id });
  if (!row || ix.step_node === null || ix.step_output === null) return;
  const step = JSON.parse(ix.step_result ?? 'null') as StepResult | null;
  ctx.effects.push({
    kind: 'forward',
    node: ix.step_node,
    output: ix.step_output,
    msg: row.msg,
    context: await stepContext(ctx, ix),
    step: step ?? { outcome: '', agent: null, waitedSeconds: 0 },
  });
}

export async function planEnded(
  ctx: Ctx,
  ix: InteractionRow,
  node: string | null,
  reason: string,
  output?: number,
): Promise<void> {
  await audit(ctx, 'plan-ended', node ?? 'system', {
    account: ix.account_id,
    interaction: ix.id,
    data: { reason, output },
  });
}

/**
 * The plan waits no longer for the message between two steps: position `none`, the stored copy is dropped. A message that is late, behind
 * a delay node for instance, still has the current `seq` and goes on (contract 5.12).
 */
export async function endPlan(ctx: Ctx, ix: InteractionRow, reason: string): Promise<void> {
  const node = ix.step_node;
  await movePosition(ctx, ix, { position: 'none', keepsSeq: true });
  await ctx.tx.run(dropMessage, { id: ix.id });
  await planEnded(ctx, ix, node, reason);
}

/** The agent who accepted has closed the tab: what the contact writes now has to ring, not to join the message on its way. */
export async function endBetween(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.plan_position === 'between') await endPlan(ctx, ix, 'tab closed');
}

/**
 * Takes an interaction out of its plan whatever its position, without an output: it is closed or gone.
 * @param by the username of who took it
 */
export async function endInteraction(ctx: Ctx, ix: InteractionRow, offerReason: string, by?: string): Promise<void> {
  const { step_node: node, plan_seq: seq, plan_position: position } = ix;
  await movePosition(ctx, ix, { position: 'none' });
  if (position === 'none') return;
  await ctx.tx.run(dropMessage, { id: ix.id });
  await endOffers(ctx, ix, seq, offerReason, by);
  if (node) ctx.effects.push({ kind: 'step-changed', node });
  ctx.changes.queues = true;
}
