import type { Selectable } from 'kysely';
import type { InteractionTable } from '../store/schema.ts';
import { type Statement, statement } from '../store/store.ts';
import { recount } from './agents.ts';
import { CoreError } from './api.ts';
import type { Ctx } from './context.ts';

export type InteractionRow = Selectable<InteractionTable>;

const byId = statement<{ id: string }>()((db, p) => db.selectFrom('interaction').selectAll().where('id', '=', p('id')));

/** The row as stored. Others who ask for it may get the same object: see `RowCache`. */
export async function findInteraction(ctx: Ctx, id: string): Promise<InteractionRow | undefined> {
  const known = ctx.tx.interactions.get(id) as InteractionRow | undefined;
  if (known) return known;
  const row = await ctx.tx.first(byId, { id });
  if (row) ctx.tx.interactions.set(id, row);
  return row;
}

/** @throws CoreError `not_found` */
export async function getInteraction(ctx: Ctx, id: string): Promise<InteractionRow> {
  const row = await findInteraction(ctx, id);
  if (!row) throw new CoreError('not_found', 404, `There is no interaction ${id}.`);
  return row;
}

/**
 * Runs a write (with the hint `row`) whose whole outcome the caller has written into `ix` already: where this object stands for the
 * row, it goes on doing so.
 */
export async function runSynced<P extends { id: string }>(
  ctx: Ctx,
  ix: InteractionRow,
  write: Statement<P, unknown>,
  params: P,
): Promise<void> {
  const shared = ctx.tx.interactions.get(ix.id) === ix;
  await ctx.tx.run(write, params);
  if (shared) ctx.tx.interactions.set(ix.id, ix);
}

const setPosition = statement<{
  id: string;
  position: 'none' | 'at' | 'between';
  seq: number;
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
  runtime: string | null;
}>({ row: 'id', blind: true })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      plan_position: p('position'),
      plan_seq: p('seq'),
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
      step_runtime: p('runtime'),
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
  /** The plan gives up waiting for the message on its way; should that come after all, it still goes on. */
  keepsSeq?: true;
}

/** Moves the one plan position; raises `seq` (but for `keepsSeq`). The row given is brought up to date. */
export async function movePosition(ctx: Ctx, ix: InteractionRow, to: Position): Promise<void> {
  ix.plan_position = to.position;
  if (!to.keepsSeq) ix.plan_seq++;
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
  ix.step_runtime = to.position === 'between' ? (ctx.settings.runtime ?? null) : null;
  await runSynced(ctx, ix, setPosition, {
    id: ix.id,
    position: ix.plan_position,
    seq: ix.plan_seq,
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
    runtime: ix.step_runtime,
  });
  ctx.changes.interactions.add(ix.id);
}

const setAssignee = statement<{
  id: string;
  agent: string | null;
  queue: string | null;
  tab: number;
  at: number | null;
  first: number | null;
  unread: number;
  disposing: string | null;
}>({ row: 'id', blind: true })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      agent: p('agent'),
      queue_id: p('queue'),
      tab_open: p('tab'),
      assigned_at: p('at'),
      first_assigned_at: p('first'),
      unread: p('unread'),
      disposing: p('disposing'),
      snoozed_until: null,
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
  ix.first_assigned_at ??= ix.assigned_at;
  // Nobody has it: it must show as unread, whoever looks next.
  if (!agent) ix.unread = Math.max(ix.unread, 1);
  ix.snoozed_until = null;
  // Whoever was about to close it is not any more: it is somebody else's now.
  if (before !== agent && ix.disposing !== null) {
    ctx.disposed.add(ix.disposing);
    ix.disposing = null;
  }
  ctx.changes.reassigned.add(ix.id);
  ix.version++;
  await runSynced(ctx, ix, setAssignee, {
    id: ix.id,
    agent,
    queue: ix.queue_id,
    tab: ix.tab_open,
    at: ix.assigned_at,
    first: ix.first_assigned_at,
    unread: ix.unread,
    disposing: ix.disposing,
  });
  ctx.changes.interactions.add(ix.id);
  // Their tab may have been open, even if they are away.
  if (before !== null && before !== agent) await recount(ctx, before);
}

const setTabOpen = statement<{ id: string; tab: number; unread: number; snoozed: number | null }>({ row: 'id' })(
  (db, p) =>
    db
      .updateTable('interaction')
      .set((eb) => ({
        tab_open: p('tab'),
        unread: p('unread'),
        snoozed_until: p('snoozed'),
        version: eb('version', '+', 1),
      }))
      .where('id', '=', p('id')),
);

/**
 * Opens or closes the tab of whoever has the interaction.
 * @param more `snoozed`: epoch ms until which it is put away, null = it is not (the default); `unread`: what it shows from now on
 */
export async function setTabState(
  ctx: Ctx,
  ix: InteractionRow,
  open: boolean,
  more: { snoozed?: number | null; unread?: number } = {},
): Promise<void> {
  ix.tab_open = open ? 1 : 0;
  ix.snoozed_until = more.snoozed ?? null;
  ix.unread = more.unread ?? ix.unread;
  ix.version++;
  await runSynced(ctx, ix, setTabOpen, { id: ix.id, tab: ix.tab_open, unread: ix.unread, snoozed: ix.snoozed_until });
  ctx.changes.interactions.add(ix.id);
}
