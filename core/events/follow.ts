import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import type { Ctx } from '../context.ts';
import { type Known, withDetails } from './describe.ts';
import type { EventName } from './names.ts';
import { eventsAfter } from './stream.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const startHere = statement<{ node: string; position: string }>()((db, p) =>
  db
    .insertInto('event_cursor')
    .values({ node_id: p('node'), position: p('position') })
    .onConflict((c) => c.column('node_id').doNothing()),
);
const cursorOf = statement<{ node: string }>()((db, p) =>
  db.selectFrom('event_cursor').select('position').where('node_id', '=', p('node')),
);
const advance = statement<{ node: string; position: string }>()((db, p) =>
  db
    .updateTable('event_cursor')
    .set({ position: p('position') })
    .where('node_id', '=', p('node'))
    .where('position', '<', p('position')),
);
const cursors = statement()((db) => db.selectFrom('event_cursor').select('node_id'));
const dropCursor = statement<{ node: string }>()((db, p) =>
  db.deleteFrom('event_cursor').where('node_id', '=', p('node')),
);

/** These nodes listen from now on. One that is new hears what comes; the others go on where they were. */
export async function listenEvents(ctx: Ctx, input: In<'listenEvents'>): Out<'listenEvents'> {
  for (const node of input.nodes) await ctx.tx.run(startHere, { node, position: newId(ctx.now) });
  ctx.listening = input.nodes.length > 0;
  return null;
}

/** Reads on for a node. A bounded number of rows is looked at, also if none of them is wanted. */
export async function nextEvents(ctx: Ctx, input: In<'nextEvents'>): Out<'nextEvents'> {
  const stored = (await ctx.tx.first(cursorOf, { node: input.node }))?.position;
  if (stored === undefined) return { events: [], position: null, read: 0, more: false };
  const from = input.after !== null && input.after > stored ? input.after : stored;
  const rows = await eventsAfter(ctx, from, input.limit, input.events);
  const wanted = input.events && new Set<EventName | string>(input.events);
  const known: Known = new Map();
  const events: Commands['nextEvents'][1]['events'] = [];
  for (const row of rows) {
    if (wanted && !wanted.has(row.event)) continue;
    if (input.account !== null && row.account_id !== input.account) continue;
    events.push(await withDetails(ctx, row, known));
  }
  return { events, position: rows.at(-1)?.id ?? from, read: rows.length, more: rows.length === input.limit };
}

export async function eventsTaken(ctx: Ctx, input: In<'eventsTaken'>): Out<'eventsTaken'> {
  await ctx.tx.run(advance, input);
  return null;
}

/** A node that is not deployed any more loses its place; put back later it is a new one. */
export async function dropCursors(ctx: Ctx, nodes: Set<string>): Promise<void> {
  for (const { node_id: node } of await ctx.tx.all(cursors, {}))
    if (!nodes.has(node)) await ctx.tx.run(dropCursor, { node });
}
