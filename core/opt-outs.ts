/** Who does not want to be written to by an account: said by the contact (STOP) or by the provider. Respected before anything is sent. */
import { statement } from '../store/store.ts';
import { CoreError } from './api.ts';
import type { Ctx } from './context.ts';

const find = statement<{ contact: string; account: string }>()((db, p) =>
  db.selectFrom('opt_out').select('at').where('contact_id', '=', p('contact')).where('account_id', '=', p('account')),
);
const insert = statement<{ contact: string; account: string; now: number; source: 'contact' | 'provider' }>()((db, p) =>
  db
    .insertInto('opt_out')
    .values({ contact_id: p('contact'), account_id: p('account'), at: p('now'), source: p('source') })
    .onConflict((c) => c.doNothing()),
);
const remove = statement<{ contact: string; account: string }>()((db, p) =>
  db.deleteFrom('opt_out').where('contact_id', '=', p('contact')).where('account_id', '=', p('account')),
);
const accountsOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('opt_out').selectAll().where('contact_id', '=', p('contact')),
);
const dropOf = statement<{ contact: string }>()((db, p) =>
  db.deleteFrom('opt_out').where('contact_id', '=', p('contact')),
);

/** Whole messages only, so that no sentence is taken for one. CANCEL, END and QUIT are left out: they answer questions of a menu. */
const STOP = new Set(['stop', 'stopall', 'stop all', 'unsubscribe', 'opt out', 'optout', 'opt-out']);
const START = new Set(['start', 'unstop', 'subscribe', 'opt in', 'optin', 'opt-in']);
const LONGEST = 12;

/** What a text asks for, null for every ordinary one. */
export function wishOf(text: string): 'out' | 'in' | null {
  if (text.length > LONGEST + 4) return null;
  const word = text
    .trim()
    .toLowerCase()
    .replace(/[.!]+$/, '');
  if (STOP.has(word)) return 'out';
  return START.has(word) ? 'in' : null;
}

/** @returns since when (epoch ms), null if the contact may be written to */
export async function optedOutAt(ctx: Ctx, contact: string, account: string): Promise<number | null> {
  return (await ctx.tx.first(find, { contact, account }))?.at ?? null;
}

export async function setOptOut(
  ctx: Ctx,
  contact: string,
  account: string,
  out: boolean,
  source: 'contact' | 'provider',
): Promise<void> {
  if (out) await ctx.tx.run(insert, { contact, account, now: ctx.now, source });
  else await ctx.tx.run(remove, { contact, account });
}

/** @throws CoreError 409 `opted_out` */
export async function checkOptOut(ctx: Ctx, contact: string, account: string): Promise<void> {
  if ((await optedOutAt(ctx, contact, account)) === null) return;
  throw new CoreError('opted_out', 409, 'The contact has asked for no more messages. Writing START ends that.');
}

/** Two contacts are one: a no of either stays a no. */
export async function moveOptOuts(ctx: Ctx, from: string, to: string): Promise<void> {
  for (const { account_id: account, source } of await ctx.tx.all(accountsOf, { contact: from }))
    await setOptOut(ctx, to, account, true, source);
  await ctx.tx.run(dropOf, { contact: from });
}

export async function dropOptOuts(ctx: Ctx, contact: string): Promise<void> {
  await ctx.tx.run(dropOf, { contact });
}
