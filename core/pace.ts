/**
 * How fast may be sent: by an account as a whole, and at some providers to one contact. It is kept in the store, so that all processes
 * share it and a restart does not forget it. For each there is one number, the time at which the next message may go (GCRA).
 */
import { CONTACT_PACE, type ProviderName } from '../providers/provider.ts';
import { statement } from '../store/store.ts';
import { type AccountRow, configOf } from './build-views.ts';
import type { Ctx } from './context.ts';

/** Messages a second that all three providers take from a number. */
export const DEFAULT_RATE = 80;
/** ms of sending in hand: so much of being late, by a slow disk or a busy process, is caught up with. */
const IN_HAND = 100;
/** While messages wait they go in groups of so many ms, each a transaction. */
const GROUP = 50;

/** No provider asks for a longer pause (ms): what is later is from a clock that was ahead. */
const LONGEST = 3_600_000;

/** One message every so many ms; what was not used is in hand for so many ms. */
interface Pace {
  every: number;
  inHand: number;
}

const find = statement<{ account: string; contact: string }>()((db, p) =>
  db.selectFrom('pace').select('free_at').where('account_id', '=', p('account')).where('contact_id', '=', p('contact')),
);
const put = statement<{ account: string; contact: string; at: number }>()((db, p) =>
  db
    .insertInto('pace')
    .values({ account_id: p('account'), contact_id: p('contact'), free_at: p('at') })
    .onConflict((c) => c.columns(['account_id', 'contact_id']).doUpdateSet({ free_at: p('at') })),
);
const dropOf = statement<{ contact: string }>()((db, p) =>
  db
    .deleteFrom('pace')
    .where('account_id', 'in', db.selectFrom('account').select('id'))
    .where('contact_id', '=', p('contact')),
);

/** A place in the queue of an account or contact. */
export interface Turn {
  /** How many messages may go now. */
  readonly free: number;
  /** When further ones may go, once so many are taken (epoch ms). */
  nextAfter(taken: number): number;
  /** They go. */
  take(taken: number): Promise<void>;
}

async function turn(ctx: Ctx, account: string, contact: string, { every, inHand }: Pace): Promise<Turn> {
  const freeAt = Number((await ctx.tx.first(find, { account, contact }))?.free_at ?? 0);
  const start = Math.max(freeAt > ctx.now + LONGEST ? 0 : freeAt, ctx.now - inHand);
  return {
    free: start > ctx.now ? 0 : Math.floor((ctx.now - start) / every) + 1,
    nextAfter: (taken) => Math.ceil(start + taken * every),
    async take(taken) {
      if (taken > 0) await ctx.tx.run(put, { account, contact, at: start + taken * every });
    },
  };
}

/** Of an account as a whole. `nextAfter` leaves time for a few messages to go together. */
export async function accountTurn(ctx: Ctx, account: AccountRow): Promise<Turn> {
  const every = 1000 / (configOf(account).rate ?? DEFAULT_RATE);
  const more = Math.floor(GROUP / every) * every;
  const own = await turn(ctx, account.id, '', { every, inHand: IN_HAND });
  return { ...own, nextAfter: (taken) => Math.ceil(own.nextAfter(taken) + more) };
}

/** Of a contact; null where the provider has no such limit. */
export async function contactTurn(ctx: Ctx, account: AccountRow, contact: string): Promise<Turn | null> {
  const pace = CONTACT_PACE[account.provider as ProviderName];
  if (!pace) return null;
  return turn(ctx, account.id, contact, { every: pace.every, inHand: (pace.burst - 1) * pace.every });
}

/** The provider has said that nothing may be sent until then; `contact` '' = by the account as a whole. */
export async function holdUntil(ctx: Ctx, account: string, contact: string, at: number): Promise<void> {
  const freeAt = Number((await ctx.tx.first(find, { account, contact }))?.free_at ?? 0);
  if (freeAt < at) await ctx.tx.run(put, { account, contact, at });
}

/** Of a contact that is no more. */
export async function dropPace(ctx: Ctx, contact: string): Promise<void> {
  await ctx.tx.run(dropOf, { contact });
}
