import { idBound } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import type { Ctx } from '../context.ts';
import { lit } from '../context.ts';
import { handOverFree } from '../handover.ts';
import { forgetFetchingOf, wakeFetching } from '../media/fetch.ts';
import { wakeSenders } from '../outgoing.ts';
import { disconnect } from '../presence.ts';
import { forwardAgain } from '../timers.ts';
import { releaseAgain } from '../watches.ts';
import { dropAbsent } from './nodes.ts';

/** ms between two signs of life of a runtime, and without one after which it is gone and others take over what it had. */
export const BEAT = 1000;
export const LEASE = 5000;
/** ms for which changes are kept for runtimes that lost their connection. */
export const KEEP_CHANGES = 600_000;
/** Of what nobody has a runtime takes this much in one transaction. */
const BATCH = 200;

const register = statement<{ id: string; now: number }>({ part: 'nodes' })((db, p) =>
  db
    .insertInto('runtime')
    .values({ id: p('id'), started_at: p('now'), seen_at: p('now'), nodes: null })
    .onConflict((c) => c.column('id').doUpdateSet({ seen_at: p('now') })),
);
const seen = statement<{ id: string; now: number }>({ part: 'seen' })((db, p) =>
  db
    .updateTable('runtime')
    .set({ seen_at: p('now') })
    .where('id', '=', p('id')),
);
const silent = statement<{ before: number; id: string }>()((db, p) =>
  db.selectFrom('runtime').select('id').where('seen_at', '<', p('before')).where('id', '<>', p('id')),
);
const dropRuntime = statement<{ id: string }>({ part: 'nodes' })((db, p) =>
  db.deleteFrom('runtime').where('id', '=', p('id')),
);
const connectionsOf = statement<{ id: string }>()((db, p) =>
  db.selectFrom('connection').select('id').where('runtime', '=', p('id')),
);
const freeHandovers = statement<{ id: string }>()((db, p) =>
  db.updateTable('handover').set({ runtime: null }).where('runtime', '=', p('id')),
);
const freeSteps = statement<{ id: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_runtime: null })
    .where('plan_position', '=', lit('between'))
    .where('step_runtime', '=', p('id')),
);
const freeWatches = statement<{ id: string }>()((db, p) =>
  db.updateTable('watch').set({ runtime: null }).where('result', 'is not', lit(null)).where('runtime', '=', p('id')),
);
const freeBetween = statement()((db) =>
  db
    .selectFrom('interaction')
    .select(['id', 'step_node'])
    .where('plan_position', '=', lit('between'))
    .where('step_runtime', 'is', null)
    .limit(lit(BATCH)),
);
const takeStep = statement<{ id: string; runtime: string }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_runtime: p('runtime') })
    .where('id', '=', p('id')),
);
const freeWatch = statement()((db) =>
  db.selectFrom('watch').select('id').where('result', 'is not', lit(null)).where('runtime', 'is', null).limit(lit(1)),
);
const dropChanges = statement<{ before: string }>()((db, p) => db.deleteFrom('change').where('id', '<', p('before')));

/** This runtime lives from now on. */
export async function join(ctx: Ctx, runtime: string): Promise<void> {
  await ctx.tx.run(register, { id: runtime, now: ctx.now });
}

/**
 * A sign of life, once a second: takes over what runtimes had that are gone, and gives out what nobody has.
 * @param active flows run here, and nodes that this runtime has may be given messages
 * @returns whether others had taken this runtime for gone
 */
export async function beat(ctx: Ctx, runtime: string, active: ReadonlySet<string> | null): Promise<boolean> {
  const wasGone = (await ctx.tx.run(seen, { id: runtime, now: ctx.now })) === 0;
  if (wasGone) await join(ctx, runtime);
  for (const { id } of await ctx.tx.all(silent, { before: ctx.now - LEASE, id: runtime })) await bury(ctx, id);
  if (active) {
    await handOverFree(ctx, runtime);
    await forwardFree(ctx, runtime, active);
    if (await ctx.tx.first(freeWatch, {})) await releaseAgain(ctx);
    await wakeSenders(ctx);
    await wakeFetching(ctx);
  }
  return wasGone;
}

/** Once a minute: what needs no hurry. */
export async function tidy(ctx: Ctx): Promise<void> {
  await dropAbsent(ctx);
  await ctx.tx.run(dropChanges, { before: idBound(ctx.now - KEEP_CHANGES) });
}

/** A runtime is gone: what it had is nobody's. */
export async function bury(ctx: Ctx, id: string): Promise<void> {
  for (const connection of await ctx.tx.all(connectionsOf, { id }))
    await disconnect(ctx, { connection: connection.id });
  await ctx.tx.run(freeHandovers, { id });
  await ctx.tx.run(freeSteps, { id });
  await ctx.tx.run(freeWatches, { id });
  await forgetFetchingOf(ctx, id);
  await ctx.tx.run(dropRuntime, { id });
}

async function forwardFree(ctx: Ctx, runtime: string, nodes: ReadonlySet<string>): Promise<void> {
  const ids: string[] = [];
  for (const { id, step_node: node } of await ctx.tx.all(freeBetween, {})) {
    if (node !== null && !nodes.has(node)) continue;
    await ctx.tx.run(takeStep, { id, runtime });
    ids.push(id);
  }
  await forwardAgain(ctx, true, ids);
}
