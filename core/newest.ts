import { statement } from '../store/store.ts';
import type { Ctx } from './context.ts';

const newest = statement()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('message')
      .select((c) => c.fn.max('id').as('id'))
      .as('message'),
    eb
      .selectFrom('interaction')
      .select((c) => c.fn.max('id').as('id'))
      .as('interaction'),
    eb
      .selectFrom('offer')
      .select((c) => c.fn.max('id').as('id'))
      .as('offer'),
    eb
      .selectFrom('audit')
      .select((c) => c.fn.max('id').as('id'))
      .as('audit'),
    eb
      .selectFrom('watch')
      .select((c) => c.fn.max('id').as('id'))
      .as('watch'),
    // What was read up to there may be deleted meanwhile; new events must not fall behind it.
    eb
      .selectFrom('event_cursor')
      .select((c) => c.fn.max('position').as('id'))
      .as('cursor'),
  ]),
);

/** The newest ids of the store, one of each kind of row that has any: each is the end of an index. */
export async function newestIds(ctx: Ctx): Promise<string[]> {
  return Object.values((await ctx.tx.first(newest, {})) ?? {}).filter((id) => id !== null);
}
