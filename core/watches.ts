import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { mustBeOpen } from './access.ts';
import type { Commands, StepResult } from './api.ts';
import { stepContext } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';

/** How a message leaves its `wa-disposition`: kept until the flow has it, so that it leaves the same way again after a restart. */
interface WatchResult {
  /** The plan position that the close left. */
  seq: number;
  step: StepResult;
}

const dropWaiting = statement<{ interaction: string; node: string }>()((db, p) =>
  db
    .deleteFrom('watch')
    .where('interaction_id', '=', p('interaction'))
    .where('node', '=', p('node'))
    .where('result', 'is', lit(null)),
);
const insert = statement<{
  id: string;
  interaction: string;
  node: string;
  since: number;
  msg: string;
  dispositions: string;
  mandatory: 'inherit' | 'yes' | 'no';
  pause: string;
}>()((db, p) =>
  db.insertInto('watch').values({
    id: p('id'),
    interaction_id: p('interaction'),
    node: p('node'),
    since: p('since'),
    msg: p('msg'),
    dispositions: p('dispositions'),
    mandatory: p('mandatory'),
    pause: p('pause'),
  }),
);
const waiting = statement<{ interaction: string }>()((db, p) =>
  db
    .selectFrom('watch')
    .selectAll()
    .where('interaction_id', '=', p('interaction'))
    .where('result', 'is', lit(null))
    .orderBy('id'),
);
const setWatched = statement<{ id: string; watched: number }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ watched: p('watched'), version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

/** Says whether a watch counts for an interaction; desks learn which outcomes they may offer. */
async function mark(ctx: Ctx, ix: InteractionRow, watched: boolean): Promise<void> {
  ix.watched = watched ? 1 : 0;
  ix.version++;
  await ctx.tx.run(setWatched, { id: ix.id, watched: ix.watched });
  ctx.changes.interactions.add(ix.id);
}

/**
 * `wa-disposition`: the message waits, without deadline and beside the plan position, until its interaction is closed. It takes the
 * place of an earlier one of the same node.
 * @throws CoreError `not_found`, `interaction_closed`
 */
export async function watch(ctx: Ctx, input: Commands['watch'][0]): Promise<null> {
  const { node, msg, mandatory, pause } = input;
  const ix = await getInteraction(ctx, input.interaction);
  mustBeOpen(ix);
  await ctx.tx.run(dropWaiting, { interaction: ix.id, node });
  await ctx.tx.run(insert, {
    ...{ id: newId(ctx.now), interaction: ix.id, node, since: ctx.now, msg, mandatory, pause },
    dispositions: JSON.stringify(input.dispositions),
  });
  await mark(ctx, ix, true);
  ctx.effects.push({ kind: 'step-changed', node });
  return null;
}

const setLeaving = statement<{ id: string; result: string }>()((db, p) =>
  db
    .updateTable('watch')
    .set({ result: p('result') })
    .where('id', '=', p('id')),
);

/**
 * The interaction was closed with this outcome: each message that waited for it leaves. By which output says its node, whose list may
 * have been deployed anew. `ix` is the row after the close.
 */
export async function releaseWatches(ctx: Ctx, ix: InteractionRow, path: string[]): Promise<void> {
  if (!ix.watched) return;
  const { agent } = ix;
  for (const row of await ctx.tx.all(waiting, { interaction: ix.id })) {
    const waitedSeconds = Math.max(0, Math.round((ctx.now - row.since) / 1000));
    const step: StepResult = {
      ...{ outcome: path.length > 0 ? 'disposed' : 'closed', agent, waitedSeconds },
      disposition: path,
    };
    const result: WatchResult = { seq: ix.plan_seq, step };
    await ctx.tx.run(setLeaving, { id: row.id, result: JSON.stringify(result) });
    await release(ctx, ix, row, result);
    ctx.effects.push({ kind: 'step-changed', node: row.node });
  }
  await mark(ctx, ix, false);
}

async function release(
  ctx: Ctx,
  ix: InteractionRow,
  row: { id: string; node: string; msg: string },
  { seq, step }: WatchResult,
): Promise<void> {
  const { id: watch, node, msg } = row;
  const { interaction } = await stepContext(ctx, ix);
  // The position of the close, however often it is handed over: what follows acts once.
  ctx.effects.push({
    kind: 'released',
    watch,
    node,
    msg,
    context: { interaction, plan: { id: '', seq } },
    step,
  });
}

const dropById = statement<{ id: string }>()((db, p) => db.deleteFrom('watch').where('id', '=', p('id')));
const interactionById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('interaction').selectAll().where('id', '=', p('id')),
);
const leaving = statement()((db) =>
  db.selectFrom('watch').selectAll().where('result', 'is not', lit(null)).orderBy('id'),
);

/** Gives out again what left and what the flow does not have yet. */
export async function releaseAgain(ctx: Ctx): Promise<void> {
  const { runtime } = ctx.settings;
  for (const { result, ...row } of await ctx.tx.all(leaving, {})) {
    if (runtime !== undefined && row.runtime !== null && row.runtime !== runtime) continue;
    const ix = await ctx.tx.first(interactionById, { id: row.interaction_id });
    // Deleted meanwhile: there is nothing to refresh the message with.
    if (ix) await release(ctx, ix, row, JSON.parse(result!) as WatchResult);
    else await ctx.tx.run(dropById, { id: row.id });
  }
}

const dropLeft = statement<{ id: string }>()((db, p) =>
  db.deleteFrom('watch').where('id', '=', p('id')).where('result', 'is not', lit(null)),
);

/** The flow has these messages. */
export async function released(ctx: Ctx, input: Commands['released'][0]): Promise<null> {
  for (const id of input.watches) await ctx.tx.run(dropLeft, { id });
  return null;
}

const nodeAfter = statement<{ node: string }>()((db, p) =>
  db.selectFrom('watch').select('node').where('node', '>', p('node')).orderBy('node').limit(1),
);
const ofNode = statement<{ node: string }>()((db, p) =>
  db.selectFrom('watch').select(['id', 'interaction_id', 'result']).where('node', '=', p('node')),
);

/** The watches of nodes that are not in the deployed configuration any more end; their messages are dropped. */
export async function dropOrphanedWatches(ctx: Ctx, nodes: Set<string>): Promise<void> {
  for (let node = ''; ; ) {
    const next = await ctx.tx.first(nodeAfter, { node });
    if (!next) return;
    node = next.node;
    if (nodes.has(node)) continue;
    for (const row of await ctx.tx.all(ofNode, { node })) {
      await ctx.tx.run(dropById, { id: row.id });
      if (row.result === null) await unmark(ctx, row.interaction_id);
    }
  }
}

/** One watch less: another may still count, with another list. */
async function unmark(ctx: Ctx, interaction: string): Promise<void> {
  const others = await ctx.tx.all(waiting, { interaction });
  await mark(ctx, await getInteraction(ctx, interaction), others.length > 0);
}

const moveWaiting = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('watch')
    .set({ interaction_id: p('to') })
    .where('interaction_id', '=', p('from'))
    .where('result', 'is', lit(null))
    .where(
      'node',
      'not in',
      db.selectFrom('watch').select('node').where('interaction_id', '=', p('to')).where('result', 'is', lit(null)),
    ),
);
const moveLeaving = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('watch')
    .set({ interaction_id: p('to') })
    .where('interaction_id', '=', p('from'))
    .where('result', 'is not', lit(null)),
);
const dropOf = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('watch').where('interaction_id', '=', p('interaction')).where('result', 'is', lit(null)),
);

/** After two interactions became one: what waited for the end of the one that goes waits for the end of the one that stays. */
export async function takeOverWatches(ctx: Ctx, from: InteractionRow, to: string): Promise<void> {
  await ctx.tx.run(moveLeaving, { from: from.id, to });
  if (!from.watched) return;
  await ctx.tx.run(moveWaiting, { from: from.id, to });
  await ctx.tx.run(dropOf, { interaction: from.id });
  await mark(ctx, await getInteraction(ctx, to), true);
}

const count = statement<{ node: string }>()((db, p) =>
  db
    .selectFrom('watch')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('node', '=', p('node'))
    .where('result', 'is', lit(null)),
);

/** How many messages wait in a `wa-disposition`. */
export async function watchesOf(ctx: Ctx, node: string): Promise<number> {
  return Number((await ctx.tx.first(count, { node }))?.n ?? 0);
}
