import { type Expression, type SqlBool, sql } from 'kysely';
import type { Ctx } from '../context.ts';
import type { Position } from './cursor.ts';
import type { Search, Sort } from './language/fields.ts';
import { afterPlace } from './scan.ts';

/** What a search asks the database alone. */
export interface Exact {
  where: Expression<SqlBool>[];
  /** The same as it is to be put if it holds for many. */
  whereMany: Expression<SqlBool>[];
  sort: Sort;
  /** The page begins after it. */
  after: Position | null;
  limit: number;
  /** As many are counted, and one more. */
  counted: number;
}

/** Orders that the database has as they are. */
export const isDatabaseOrder = ({ sort }: Search): boolean => sort.field === 'startedAt' || sort.field === 'id';

/**
 * A page of a search that the database can answer alone, and how many there are: no row is read that is not shown. Few are put in order
 * after they were found; many are read in the order of an index, where the page is full soon.
 */
export async function exactPage(ctx: Ctx, e: Exact): Promise<{ places: Position[]; total: number }> {
  const base = (where: Expression<SqlBool>[]) => {
    let query = ctx.tx.db.selectFrom('interaction');
    for (const condition of where) query = query.where(condition);
    return query;
  };
  const some = base(e.where)
    .select(sql.lit(1).as('one'))
    .limit(e.counted + 1);
  const count = ctx.tx.db.selectFrom(some.as('found')).select((eb) => eb.fn.countAll<number>().as('n'));
  const total = Number((await ctx.tx.query(count))[0]?.n ?? 0);
  const { field, direction } = e.sort;
  const few = total <= e.counted;
  let query = base(few ? e.where : e.whereMany)
    .select(['interaction.id', 'interaction.started_at'])
    .limit(e.limit);
  if (e.after) query = query.where(afterPlace(e.after.id, Number(e.after.value), field === 'startedAt', direction));
  // An expression is no column of an index, which would be walked through for a handful.
  if (field === 'startedAt')
    query = query.orderBy(few ? sql`interaction.started_at + 0` : 'interaction.started_at', direction);
  query = query.orderBy(few ? sql`interaction.id || ''` : 'interaction.id', direction);
  const rows = await ctx.tx.query(query);
  const places = rows.map((row) => ({ id: row.id, value: field === 'id' ? row.id : Number(row.started_at) }));
  return { places, total };
}
