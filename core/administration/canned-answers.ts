import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import type { AccountOverview } from './api.ts';
import { cleanName, cut, keyOf, limitOf, missing, taken } from './page.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const page = statement<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('canned_answer')
    .select(['id', 'shortcut', 'text'])
    .where('account_id', 'is', null)
    .where('id', '>', p('after'))
    .orderBy('id')
    .limit(p('limit')),
);
const globals = statement()((db) =>
  db.selectFrom('canned_answer').select(['id', 'shortcut', 'text']).where('account_id', 'is', null),
);
const insert = statement<{ id: string; account: string | null; shortcut: string; text: string }>()((db, p) =>
  db
    .insertInto('canned_answer')
    .values({ id: p('id'), account_id: p('account'), shortcut: p('shortcut'), text: p('text') }),
);
const update = statement<{ id: string; shortcut: string; text: string }>()((db, p) =>
  db
    .updateTable('canned_answer')
    .set({ shortcut: p('shortcut'), text: p('text') })
    .where('id', '=', p('id')),
);
const drop = statement<{ id: string }>()((db, p) =>
  db.deleteFrom('canned_answer').where('id', '=', p('id')).where('account_id', 'is', null),
);
const ofAccount = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('canned_answer')
    .select(['id', 'shortcut', 'text'])
    .where('account_id', '=', p('account'))
    .orderBy('shortcut'),
);
const dropOfAccount = statement<{ account: string }>()((db, p) =>
  db.deleteFrom('canned_answer').where('account_id', '=', p('account')),
);

export async function listCannedAnswers(ctx: Ctx, input: In<'listCannedAnswers'>): Out<'listCannedAnswers'> {
  const limit = limitOf(input);
  const found = cut(await ctx.tx.all(page, { after: input.cursor ?? '', limit: limit + 1 }), limit, (r) => r.id);
  return { cannedAnswers: found.rows, next: found.next };
}

/** @throws CoreError 409 `shortcut_taken` */
async function mustBeFree(ctx: Ctx, shortcut: string, own: string | null): Promise<void> {
  for (const row of await ctx.tx.all(globals, {}))
    if (row.id !== own && keyOf(row.shortcut) === keyOf(shortcut))
      throw taken('shortcut_taken', `a canned answer ${row.shortcut}`, 'shortcut');
}

export async function createCannedAnswer(ctx: Ctx, input: In<'createCannedAnswer'>): Out<'createCannedAnswer'> {
  const shortcut = cleanName(input.shortcut, 'shortcut');
  await mustBeFree(ctx, shortcut, null);
  const answer = { id: newId(ctx.now), shortcut, text: input.text };
  await ctx.tx.run(insert, { ...answer, account: null });
  return answer;
}

export async function updateCannedAnswer(ctx: Ctx, input: In<'updateCannedAnswer'>): Out<'updateCannedAnswer'> {
  const row = (await ctx.tx.all(globals, {})).find((r) => r.id === input.id);
  if (!row) throw missing(`canned answer ${input.id}`);
  const shortcut = input.shortcut === undefined ? row.shortcut : cleanName(input.shortcut, 'shortcut');
  await mustBeFree(ctx, shortcut, row.id);
  const answer = { id: row.id, shortcut, text: input.text ?? row.text };
  await ctx.tx.run(update, answer);
  return answer;
}

export async function deleteCannedAnswer(ctx: Ctx, input: In<'deleteCannedAnswer'>): Out<'deleteCannedAnswer'> {
  if ((await ctx.tx.run(drop, input)) === 0) throw missing(`canned answer ${input.id}`);
  return null;
}

/** What agents of an account choose from: the flow's, and in their place those that the administration gives the same shortcut. */
export async function answersOf(
  ctx: Ctx,
  account: { id: string; config: string },
): Promise<AccountOverview['cannedAnswers']> {
  const { cannedAnswers = [] } = JSON.parse(account.config) as {
    cannedAnswers?: { shortcut: string; text: string }[];
  };
  const own = await ctx.tx.all(ofAccount, { account: account.id });
  const replaced = new Set(own.map((a) => keyOf(a.shortcut)));
  const flow = cannedAnswers.filter((a) => !replaced.has(keyOf(a.shortcut)));
  return [...flow.map(({ shortcut, text }) => ({ id: null, shortcut, text })), ...own];
}

/** @throws CoreError 409 `shortcut_taken` if two of them have one */
export async function replaceAnswers(
  ctx: Ctx,
  account: string,
  answers: { shortcut: string; text: string }[],
): Promise<void> {
  const seen = new Set<string>();
  const kept = answers.map(({ shortcut, text }, i) => ({
    shortcut: cleanName(shortcut, `cannedAnswers.${i}.shortcut`),
    text,
  }));
  for (const { shortcut } of kept) {
    if (seen.has(keyOf(shortcut)))
      throw new CoreError('shortcut_taken', 409, `The shortcut ${shortcut} is given twice.`);
    seen.add(keyOf(shortcut));
  }
  await ctx.tx.run(dropOfAccount, { account });
  for (const answer of kept) await ctx.tx.run(insert, { id: newId(ctx.now), account, ...answer });
}
