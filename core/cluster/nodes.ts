import { statement } from '../../store/store.ts';
import type { Ctx } from '../context.ts';
import { dropCursors } from '../events/follow.ts';
import { dropOrphanedSteps } from '../plan/orphans.ts';
import { dropOrphanedWatches } from '../watches.ts';

/** ms for which a node must be in no living runtime before what waits in it is orphaned (contract 5.5). */
const ABSENT_FOR = 60_000;

/** Read with every transaction that gives something out, and written when a runtime comes, deploys or goes. */
const runtimes = statement({ kept: true, part: 'nodes' })((db) =>
  db.selectFrom('runtime').select(['id', 'nodes', 'started_at']).orderBy('started_at').orderBy('id'),
);
const setNodes = statement<{ id: string; nodes: string }>({ part: 'nodes' })((db, p) =>
  db
    .updateTable('runtime')
    .set({ nodes: p('nodes') })
    .where('id', '=', p('id')),
);

export interface Runtime {
  id: string;
  nodes: ReadonlySet<string>;
}

const parsed = new WeakMap<object, Runtime[]>();

/** The runtimes that live, the oldest first. */
export async function livingRuntimes(ctx: Ctx): Promise<Runtime[]> {
  const rows = await ctx.tx.all(runtimes, {});
  let list = parsed.get(rows);
  if (!list) {
    list = rows.map(({ id, nodes }) => ({ id, nodes: new Set(nodes === null ? [] : (JSON.parse(nodes) as string[])) }));
    parsed.set(rows, list);
  }
  return list;
}

/** Nodes that are deployed in another runtime. */
export async function deployedElsewhere(ctx: Ctx): Promise<ReadonlySet<string>> {
  const { runtime } = ctx.settings;
  if (runtime === undefined) return new Set();
  const others = (await livingRuntimes(ctx)).filter(({ id }) => id !== runtime);
  return new Set(others.flatMap(({ nodes }) => [...nodes]));
}

/** This runtime has these nodes from now on. */
export async function noteNodes(ctx: Ctx, runtime: string, nodes: string[]): Promise<void> {
  await ctx.tx.run(setNodes, { id: runtime, nodes: JSON.stringify(nodes) });
  await dropAbsent(ctx);
}

const waitedFor = statement()((db) =>
  db
    .selectFrom('interaction')
    .select('step_node as node')
    .where('plan_position', '<>', 'none')
    .where('step_node', 'is not', null)
    .union(db.selectFrom('watch').select('node'))
    .union(db.selectFrom('event_cursor').select('node_id as node')),
);
const absent = statement()((db) => db.selectFrom('absent_node').selectAll());
const noteAbsent = statement<{ id: string; since: number }>()((db, p) =>
  db.insertInto('absent_node').values({ id: p('id'), since: p('since') }),
);
const forget = statement<{ id: string }>()((db, p) => db.deleteFrom('absent_node').where('id', '=', p('id')));

/**
 * Ends what waits in nodes that no living runtime has had for a while. Not before every runtime has said which nodes it has: one that
 * is starting may have them.
 */
export async function dropAbsent(ctx: Ctx): Promise<void> {
  const present = new Set((await livingRuntimes(ctx)).flatMap(({ nodes }) => [...nodes]));
  if (present.size === 0) return;
  const known = new Map((await ctx.tx.all(absent, {})).map(({ id, since }) => [id, since]));
  const wanted = (await ctx.tx.all(waitedFor, {})).flatMap(({ node }) => (node === null ? [] : [node]));
  const gone = new Set<string>();
  for (const node of wanted) {
    if (present.has(node)) continue;
    const since = known.get(node);
    if (since === undefined) await ctx.tx.run(noteAbsent, { id: node, since: ctx.now });
    else if (ctx.now - since >= ABSENT_FOR) gone.add(node);
  }
  const still = new Set(wanted);
  for (const id of known.keys())
    if (present.has(id) || gone.has(id) || !still.has(id)) await ctx.tx.run(forget, { id });
  if (gone.size === 0) return;
  const left = new Set(wanted.filter((node) => !gone.has(node)));
  await dropOrphanedSteps(ctx, left);
  await dropOrphanedWatches(ctx, left);
  await dropCursors(ctx, left);
}
