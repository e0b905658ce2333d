import { idTime } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { type Commands, CoreError } from './api.ts';
import type { Ctx } from './context.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const read = statement<{ account: string }>()((db, p) =>
  db.selectFrom('account').select('listed_until').where('id', '=', p('account')),
);
const write = statement<{ account: string; until: number }>()((db, p) =>
  db
    .updateTable('account')
    .set({ listed_until: p('until') })
    .where('id', '=', p('account')),
);
const taken = statement<{ account: string; provider: string }>()((db, p) =>
  db
    .selectFrom('provider_id')
    .select('provider_id')
    .where('provider_id', '=', p('provider'))
    .where('account_id', '=', p('account')),
);

/** Of an account that was never listed nothing old is fetched: what came before it was deployed is none of its business. */
export async function listedUntil(ctx: Ctx, input: In<'listedUntil'>): Out<'listedUntil'> {
  const row = await ctx.tx.first(read, input);
  if (!row) throw new CoreError('unknown_account', 404, 'There is no such account.');
  if (row.listed_until !== null) return { until: Number(row.listed_until), since: idTime(input.account) };
  await noteListed(ctx, { account: input.account, until: ctx.now });
  return null;
}

export async function noteListed(ctx: Ctx, input: In<'noteListed'>): Out<'noteListed'> {
  await ctx.tx.run(write, input);
  ctx.accounts.delete(input.account);
  return null;
}

export async function missing(ctx: Ctx, input: In<'missing'>): Out<'missing'> {
  const found: string[] = [];
  for (const id of input.ids)
    if (!(await ctx.tx.first(taken, { account: input.account, provider: id }))) found.push(id);
  return found;
}
