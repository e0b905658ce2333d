/** Tags that desks suggest, and the lists of contacts. */
import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import { normaliseTags } from '../tags.ts';
import { cleanName, cut, keyOf, limitOf, missing, taken } from './page.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const tagPage = statement<{ after: string; limit: number }>()((db, p) =>
  db.selectFrom('tag').selectAll().where('key', '>', p('after')).orderBy('key').limit(p('limit')),
);
const tagByKey = statement<{ key: string }>()((db, p) => db.selectFrom('tag').selectAll().where('key', '=', p('key')));
const insertTag = statement<{ id: string; name: string; key: string }>()((db, p) =>
  db.insertInto('tag').values({ id: p('id'), name: p('name'), key: p('key') }),
);
const updateTagRow = statement<{ id: string; name: string; key: string }>()((db, p) =>
  db
    .updateTable('tag')
    .set({ name: p('name'), key: p('key') })
    .where('id', '=', p('id')),
);
const dropTag = statement<{ id: string }>()((db, p) => db.deleteFrom('tag').where('id', '=', p('id')));

export async function listTags(ctx: Ctx, input: In<'listTags'>): Out<'listTags'> {
  const limit = limitOf(input);
  const found = cut(await ctx.tx.all(tagPage, { after: input.cursor ?? '', limit: limit + 1 }), limit, (r) => r.key);
  return { tags: found.rows.map(({ id, name }) => ({ id, name })), next: found.next };
}

/** @throws CoreError 400 `invalid_tag`, 409 `name_taken` */
async function tagNamed(ctx: Ctx, given: string, own: string | null): Promise<{ name: string; key: string }> {
  const name = normaliseTags([given])[0]!;
  const key = keyOf(name);
  const other = await ctx.tx.first(tagByKey, { key });
  if (other && other.id !== own) throw taken('name_taken', `a tag ${other.name}`, 'name');
  return { name, key };
}

export async function createTag(ctx: Ctx, input: In<'createTag'>): Out<'createTag'> {
  const { name, key } = await tagNamed(ctx, input.name, null);
  const id = newId(ctx.now);
  await ctx.tx.run(insertTag, { id, name, key });
  return { id, name };
}

/** Conversations keep the tags they have. */
export async function updateTag(ctx: Ctx, input: In<'updateTag'>): Out<'updateTag'> {
  const { name, key } = await tagNamed(ctx, input.name ?? '', input.id);
  if ((await ctx.tx.run(updateTagRow, { id: input.id, name, key })) === 0) throw missing(`tag ${input.id}`);
  return { id: input.id, name };
}

export async function deleteTag(ctx: Ctx, input: In<'deleteTag'>): Out<'deleteTag'> {
  if ((await ctx.tx.run(dropTag, input)) === 0) throw missing(`tag ${input.id}`);
  return null;
}

const listPage = statement<{ after: string; limit: number }>()((db, p) =>
  db.selectFrom('list').select(['id', 'name']).where('name', '>', p('after')).orderBy('name').limit(p('limit')),
);
const lists = statement()((db) => db.selectFrom('list').select(['id', 'name']));
const insertList = statement<{ id: string; name: string }>()((db, p) =>
  db.insertInto('list').values({ id: p('id'), name: p('name') }),
);
const updateListRow = statement<{ id: string; name: string }>()((db, p) =>
  db
    .updateTable('list')
    .set({ name: p('name') })
    .where('id', '=', p('id')),
);
const dropList = statement<{ id: string }>()((db, p) => db.deleteFrom('list').where('id', '=', p('id')));
const accountWith = statement<{ list: string }>()((db, p) =>
  db.selectFrom('account').select('name').where('list_id', '=', p('list')).limit(1),
);

export async function listLists(ctx: Ctx, input: In<'listLists'>): Out<'listLists'> {
  const limit = limitOf(input);
  const found = cut(await ctx.tx.all(listPage, { after: input.cursor ?? '', limit: limit + 1 }), limit, (r) => r.name);
  return { lists: found.rows, next: found.next };
}

/** @throws CoreError 409 `name_taken` */
async function listMustBeFree(ctx: Ctx, name: string, own: string | null): Promise<void> {
  for (const row of await ctx.tx.all(lists, {}))
    if (row.id !== own && keyOf(row.name) === keyOf(name)) throw taken('name_taken', `a list ${row.name}`, 'name');
}

export async function createList(ctx: Ctx, input: In<'createList'>): Out<'createList'> {
  const name = cleanName(input.name);
  await listMustBeFree(ctx, name, null);
  const id = newId(ctx.now);
  await ctx.tx.run(insertList, { id, name });
  return { id, name };
}

/** @throws CoreError 409 `name_taken`, `list_in_use`: the next deploy would make a list of the old name again */
export async function updateList(ctx: Ctx, input: In<'updateList'>): Out<'updateList'> {
  const name = cleanName(input.name ?? '');
  await listMustBeFree(ctx, name, input.id);
  const account = await ctx.tx.first(accountWith, { list: input.id });
  if (account)
    throw new CoreError(
      'list_in_use',
      409,
      `The node of the account ${account.name} names this list: rename it there.`,
    );
  if ((await ctx.tx.run(updateListRow, { id: input.id, name })) === 0) throw missing(`list ${input.id}`);
  return { id: input.id, name };
}

/**
 * Only a list that nothing is in can go. Its contacts are looked for without an index: this is asked for once in a while, and an index
 * would cost every contact that writes for the first time.
 * @throws CoreError 409 `list_in_use`
 */
export async function deleteList(ctx: Ctx, input: In<'deleteList'>): Out<'deleteList'> {
  const account = await ctx.tx.first(accountWith, { list: input.id });
  if (account) throw new CoreError('list_in_use', 409, `The account ${account.name} puts its contacts into this list.`);
  const inIt = ctx.tx.db.selectFrom('contact').select('id').where('list_id', '=', input.id).limit(1);
  if ((await ctx.tx.query(inIt)).length > 0)
    throw new CoreError('list_in_use', 409, 'There are contacts in this list; move or merge them first.');
  if ((await ctx.tx.run(dropList, input)) === 0) throw missing(`list ${input.id}`);
  return null;
}
