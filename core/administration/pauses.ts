import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import type { Ctx } from '../context.ts';
import type { PauseView } from './api.ts';
import { cleanName, cut, keyOf, limitOf, missing, taken } from './page.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const page = statement<{ after: string; limit: number }>()((db, p) =>
  db.selectFrom('pause').selectAll().where('name', '>', p('after')).orderBy('name').limit(p('limit')),
);
const all = statement()((db) => db.selectFrom('pause').selectAll());
const insert = statement<{ name: string; minutes: number }>()((db, p) =>
  db.insertInto('pause').values({ name: p('name'), release_after: p('minutes') }),
);
const drop = statement<{ name: string }>()((db, p) => db.deleteFrom('pause').where('name', '=', p('name')));
const inPause = statement<{ pause: string }>()((db, p) =>
  db
    .selectFrom('agent')
    .select('username')
    .where('deleted_at', 'is', null)
    .where('presence', '=', 'paused')
    .where('pause', '=', p('pause')),
);
/** Who is in a pause now is in it under its new name, and until its new end. */
const carryOver = statement<{ from: string; to: string; ms: number }>()((db, p) =>
  db
    .updateTable('agent')
    .set((eb) => ({
      pause: p('to'),
      release_at: eb
        .case()
        .when(eb.val(p('ms')), '>', 0)
        .then(eb('presence_since', '+', p('ms')))
        .else(null)
        .end(),
    }))
    .where('presence', '=', 'paused')
    .where('pause', '=', p('from')),
);
const carryOverLater = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('agent')
    .set({ resume_pause: p('to') })
    .where('resume_pause', '=', p('from')),
);

const view = (name: string, releaseAfter: number): PauseView => ({ id: name, name, releaseAfter });

export async function listPauses(ctx: Ctx, input: In<'listPauses'>): Out<'listPauses'> {
  const limit = limitOf(input);
  const rows = await ctx.tx.all(page, { after: input.cursor ?? '', limit: limit + 1 });
  const found = cut(rows, limit, (r) => r.name);
  return { pauses: found.rows.map((r) => view(r.name, r.release_after)), next: found.next };
}

/** @throws CoreError 409 `name_taken` */
async function mustBeFree(ctx: Ctx, name: string, own: string | null): Promise<void> {
  for (const row of await ctx.tx.all(all, {}))
    if (row.name !== own && keyOf(row.name) === keyOf(name))
      throw taken('name_taken', `a pause reason ${row.name}`, 'name');
}

export async function createPause(ctx: Ctx, input: In<'createPause'>): Out<'createPause'> {
  const name = cleanName(input.name);
  await mustBeFree(ctx, name, null);
  await ctx.tx.run(insert, { name, minutes: input.releaseAfter });
  await apply(ctx, name, name, input.releaseAfter);
  return view(name, input.releaseAfter);
}

export async function updatePause(ctx: Ctx, input: In<'updatePause'>): Out<'updatePause'> {
  const row = (await ctx.tx.all(all, {})).find((r) => r.name === input.id);
  if (!row) throw missing(`pause reason ${input.id}`);
  const name = input.name === undefined ? row.name : cleanName(input.name);
  const minutes = input.releaseAfter ?? row.release_after;
  await mustBeFree(ctx, name, row.name);
  await ctx.tx.run(drop, { name: row.name });
  await ctx.tx.run(insert, { name, minutes });
  await apply(ctx, row.name, name, minutes);
  return view(name, minutes);
}

/** Who is in it stays in it, under its name, and their tabs stay theirs. */
export async function deletePause(ctx: Ctx, input: In<'deletePause'>): Out<'deletePause'> {
  if ((await ctx.tx.run(drop, { name: input.id })) === 0) throw missing(`pause reason ${input.id}`);
  await apply(ctx, input.id, input.id, 0);
  return null;
}

async function apply(ctx: Ctx, from: string, to: string, minutes: number): Promise<void> {
  const paused = await ctx.tx.all(inPause, { pause: from });
  await ctx.tx.run(carryOver, { from, to, ms: minutes * 60_000 });
  if (from === to) return;
  await ctx.tx.run(carryOverLater, { from, to });
  for (const { username } of paused) ctx.changes.presence.add(username);
}
