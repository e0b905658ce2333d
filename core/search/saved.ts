/** Searches that supervisors keep under a name, for themselves or for all supervisors. */
import type { Selectable } from 'kysely';

import { newId } from '../../store/ids.ts';
import type { SavedSearchTable } from '../../store/schema.ts';
import { statement } from '../../store/store.ts';
import { cleanName, cut, keyOf, limitOf, missing, taken } from '../administration/page.ts';
import { getAgent } from '../agents.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import { isSupervisor } from '../roles.ts';
import { iso } from '../time.ts';
import type { SavedSearch, WrittenSearch } from './language/saved.ts';
import { readSearch } from './search.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** Searches that one person may keep. */
const MOST = 200;

const page = statement<{ owner: string; after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('saved_search')
    .selectAll()
    .where('id', '>', p('after'))
    .where((eb) => eb.or([eb('owner', '=', p('owner')), eb('shared', '=', 1)]))
    .orderBy('id')
    .limit(p('limit')),
);
const byId = statement<{ id: string }>()((db, p) =>
  db.selectFrom('saved_search').selectAll().where('id', '=', p('id')),
);
const byKey = statement<{ owner: string; key: string }>()((db, p) =>
  db.selectFrom('saved_search').select(['id', 'name']).where('owner', '=', p('owner')).where('key', '=', p('key')),
);
const countOf = statement<{ owner: string }>()((db, p) =>
  db
    .selectFrom('saved_search')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('owner', '=', p('owner')),
);
type Row = Selectable<SavedSearchTable>;
const insert = statement<Row>()((db, p) =>
  db.insertInto('saved_search').values({
    ...{ id: p('id'), owner: p('owner'), name: p('name'), key: p('key') },
    ...{ shared: p('shared'), search: p('search'), updated_at: p('updated_at') },
  }),
);
const update = statement<Omit<Row, 'owner'>>()((db, p) =>
  db
    .updateTable('saved_search')
    .set({
      ...{ name: p('name'), key: p('key'), shared: p('shared'), search: p('search'), updated_at: p('updated_at') },
    })
    .where('id', '=', p('id')),
);
const drop = statement<{ id: string }>()((db, p) => db.deleteFrom('saved_search').where('id', '=', p('id')));
const dropPrivate = statement<{ owner: string }>()((db, p) =>
  db.deleteFrom('saved_search').where('owner', '=', p('owner')).where('shared', '=', 0),
);

const view = (row: Row): SavedSearch => ({
  ...{ id: row.id, name: row.name, owner: row.owner, shared: row.shared === 1 },
  ...{ search: JSON.parse(row.search) as WrittenSearch, updatedAt: iso(Number(row.updated_at)) },
});

/** @throws CoreError 403 `forbidden`: agents keep none */
async function supervisor(ctx: Ctx, username: string): Promise<{ username: string; role: string }> {
  const caller = await getAgent(ctx, username);
  if (!isSupervisor(caller)) throw new CoreError('forbidden', 403, 'Saved searches are for supervisors.');
  return caller;
}

/**
 * What may be changed by the caller.
 * @throws CoreError 404 `not_found`, also for what others keep for themselves; 403 `not_owner`
 */
async function own(ctx: Ctx, username: string, id: string): Promise<Row> {
  const caller = await supervisor(ctx, username);
  const row = await ctx.tx.first(byId, { id });
  const mine = row?.owner === caller.username || caller.role === 'admin';
  if (!row || !(mine || row.shared === 1)) throw missing(`saved search ${id}`);
  if (!mine)
    throw new CoreError(
      'not_owner',
      403,
      `This search is ${row.owner}'s: only they or an administrator can change it.`,
    );
  return row;
}

/** @throws CoreError 400 for a wrong search, `invalid_name`; 409 `name_taken` */
async function written(
  ctx: Ctx,
  owner: string,
  { name: given, shared, search }: Pick<SavedSearch, 'name' | 'shared' | 'search'>,
  id: string | null,
): Promise<Omit<Row, 'id' | 'owner'>> {
  readSearch(search);
  const name = cleanName(given);
  const key = keyOf(name);
  const other = await ctx.tx.first(byKey, { owner, key });
  if (other && other.id !== id) throw taken('name_taken', `a search ${other.name}`, 'name');
  return { name, key, shared: shared ? 1 : 0, search: JSON.stringify(search), updated_at: ctx.now };
}

export async function listSearches(ctx: Ctx, input: In<'listSearches'>): Out<'listSearches'> {
  const { username: owner } = await supervisor(ctx, input.username);
  const limit = limitOf(input);
  const rows = await ctx.tx.all(page, { owner, after: input.cursor ?? '', limit: limit + 1 });
  const found = cut(rows, limit, (row) => row.id);
  return { searches: found.rows.map(view), next: found.next };
}

/** @throws CoreError 409 `too_many_searches` */
export async function createSearch(ctx: Ctx, input: In<'createSearch'>): Out<'createSearch'> {
  const { username: owner } = await supervisor(ctx, input.username);
  const row = { id: newId(ctx.now), owner, ...(await written(ctx, owner, input, null)) };
  if (Number((await ctx.tx.first(countOf, { owner }))?.n ?? 0) >= MOST)
    throw new CoreError(
      'too_many_searches',
      409,
      `Nobody keeps more than ${MOST} searches: delete one of yours first.`,
    );
  await ctx.tx.run(insert, row);
  return view(row);
}

export async function updateSearch(ctx: Ctx, input: In<'updateSearch'>): Out<'updateSearch'> {
  const { id, owner } = await own(ctx, input.username, input.id);
  const row = { id, ...(await written(ctx, owner, input, id)) };
  await ctx.tx.run(update, row);
  return view({ ...row, owner });
}

export async function deleteSearch(ctx: Ctx, input: In<'deleteSearch'>): Out<'deleteSearch'> {
  await ctx.tx.run(drop, await own(ctx, input.username, input.id));
  return null;
}

/** Of an agent who is deleted: what is shared stays, administrators may change it. */
export const dropPrivateSearches = (ctx: Ctx, owner: string) => ctx.tx.run(dropPrivate, { owner });
