import type { Selectable } from 'kysely';
import type { InteractionTable } from '../store/schema.ts';
import { statement } from '../store/store.ts';
import { recount } from './agents.ts';
import { CoreError } from './api.ts';
import type { Ctx } from './context.ts';

export type InteractionRow = Selectable<InteractionTable>;

const byId = statement<{ id: string }>()((db, p) => db.selectFrom('interaction').selectAll().where('id', '=', p('id')));

/** @throws CoreError `not_found` */
export async function getInteraction(ctx: Ctx, id: string): Promise<InteractionRow> {
  const row = await ctx.tx.first(byId, { id });
  if (!row) throw new CoreError('not_found', 404, `There is no interaction ${id}.`);
  return row;
}

const setPosition = statement<{
  id: string;
  position: 'none' | 'at' | 'between';
  node: string | null;
  kind: string | null;
  phase: string | null;
  queue: string | null;
  agent: string | null;
  since: number | null;
  deadline: number | null;
  accepting: number;
  wired: string;
  output: number | null;
  handovers: number;
  result: string | null;
  entries: string;
  message: string;
}>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      plan_position: p('position'),
      plan_seq: eb('plan_seq', '+', 1),
      version: eb('version', '+', 1),
      plan_entries: p('entries'),
      plan_message: p('message'),
      step_node: p('node'),
      step_kind: p('kind'),
      step_phase: p('phase'),
      step_queue: p('queue'),
      step_agent: p('agent'),
      step_since: p('since'),
      step_deadline: p('deadline'),
      step_accepting: p('accepting'),
      step_wired: p('wired'),
      step_output: p('output'),
      step_handovers: p('handovers'),
      step_result: p('result'),
    }))
    .where('id', '=', p('id')),
);

export interface Position {
  position: 'none' | 'at' | 'between';
  node?: string | null;
  kind?: string | null;
  phase?: string | null;
  queue?: string | null;
  agent?: string | null;
  since?: number | null;
  deadline?: number | null;
  accepting?: boolean;
  wired?: string;
  output?: number | null;
  handovers?: number;
  result?: unknown;
  entries?: string;
  /** `plan.id` of the message that takes the position. */
  message?: string;
}

/** Moves the one plan position; raises `seq`. The row given is brought up to date. */
export async function movePosition(ctx: Ctx, ix: InteractionRow, to: Position): Promise<void> {
  ix.plan_position = to.position;
  ix.plan_seq++;
  ix.version++;
  ix.plan_entries = to.entries ?? ix.plan_entries;
  ix.plan_message = to.message ?? ix.plan_message;
  ix.step_node = to.node ?? null;
  ix.step_kind = to.kind ?? null;
  ix.step_phase = to.phase ?? null;
  ix.step_queue = to.queue ?? null;
  ix.step_agent = to.agent ?? null;
  ix.step_since = to.since ?? null;
  ix.step_deadline = to.deadline ?? null;
  ix.step_accepting = to.accepting ? 1 : 0;
  ix.step_wired = to.wired ?? '';
  ix.step_output = to.output ?? null;
  ix.step_handovers = to.handovers ?? 0;
  ix.step_result = to.result === undefined ? null : JSON.stringify(to.result);
  await ctx.tx.run(setPosition, {
    id: ix.id,
    position: ix.plan_position,
    node: ix.step_node,
    kind: ix.step_kind,
    phase: ix.step_phase,
    queue: ix.step_queue,
    agent: ix.step_agent,
    since: ix.step_since,
    deadline: ix.step_deadline,
    accepting: ix.step_accepting,
    wired: ix.step_wired,
    output: ix.step_output,
    handovers: ix.step_handovers,
    result: ix.step_result,
    entries: ix.plan_entries,
    message: ix.plan_message,
  });
  ctx.changes.interactions.add(ix.id);
}

const setAssignee = statement<{
  id: string;
  agent: string | null;
  queue: string | null;
  tab: number;
  at: number | null;
  unread: number;
}>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      agent: p('agent'),
      queue_id: p('queue'),
      tab_open: p('tab'),
      assigned_at: p('at'),
      first_assigned_at: eb.fn.coalesce('first_assigned_at', eb.val(p('at'))),
      unread: p('unread'),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', p('id')),
);

/** The one place that says who answers. `tab`: whether the agent has it open from now on. */
export async function setAgent(
  ctx: Ctx,
  ix: InteractionRow,
  agent: string | null,
  tab: boolean,
  queue: string | null,
): Promise<void> {
  const before = ix.agent;
  ix.agent = agent;
  ix.queue_id = queue ?? ix.queue_id;
  ix.tab_open = tab ? 1 : 0;
  ix.assigned_at = agent ? ctx.now : null;
  // Nobody has it: it must show as unread, whoever looks next.
  if (!agent) ix.unread = Math.max(ix.unread, 1);
  ctx.changes.reassigned.add(ix.id);
  ix.version++;
  await ctx.tx.run(setAssignee, {
    id: ix.id,
    agent,
    queue: ix.queue_id,
    tab: ix.tab_open,
    at: ix.assigned_at,
    unread: ix.unread,
  });
  ctx.changes.interactions.add(ix.id);
  // Their tab may have been open, even if they are away.
  if (before !== null && before !== agent) await recount(ctx, before);
}

const setTabOpen = statement<{ id: string; tab: number }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ tab_open: p('tab'), version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

export async function setTabState(ctx: Ctx, ix: InteractionRow, open: boolean): Promise<void> {
  ix.tab_open = open ? 1 : 0;
  ix.version++;
  await ctx.tx.run(setTabOpen, { id: ix.id, tab: ix.tab_open });
  ctx.changes.interactions.add(ix.id);
}
