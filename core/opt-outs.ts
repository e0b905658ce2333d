/** Who does not want to be written to by an account: said by the contact (STOP) or by the provider. Respected before anything is sent. */
import { statement } from '../store/store.ts';
import { CoreError } from './api.ts';
import { type Ctx, lit } from './context.ts';

const find = statement<{ contact: string; account: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('opt_out')
    .select(['at', 'source'])
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account')),
);
/** Where nobody ever opted out, nobody is asked about. */
const anybody = statement({ kept: true })((db) => db.selectFrom('opt_out').select('at').limit(1));
const openOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .where('status', '=', lit('open')),
);
const touch = statement<{ id: string }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
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

/** Since when (epoch ms) and by whom the contact may not be written to; undefined if they may. */
export async function optOutOf(
  ctx: Ctx,
  contact: string,
  account: string,
): Promise<{ at: number; source: 'contact' | 'provider' } | undefined> {
  if (!(await ctx.tx.first(anybody, {}))) return undefined;
  const row = await ctx.tx.first(find, { contact, account });
  return row && { at: Number(row.at), source: row.source };
}

export async function setOptOut(
  ctx: Ctx,
  contact: string,
  account: string,
  out: boolean,
  source: 'contact' | 'provider',
): Promise<void> {
  const changed = out
    ? await ctx.tx.run(insert, { contact, account, now: ctx.now, source })
    : await ctx.tx.run(remove, { contact, account });
  if (changed === 0) return;
  // Whoever answers them is told at once.
  for (const { id } of await ctx.tx.all(openOf, { contact, account })) {
    await ctx.tx.run(touch, { id });
    ctx.changes.interactions.add(id);
  }
}

/** @throws CoreError 409 `opted_out` */
export async function checkOptOut(ctx: Ctx, contact: string, account: string): Promise<void> {
  if (!(await optOutOf(ctx, contact, account))) return;
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
