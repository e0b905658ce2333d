import { type Expression, expressionBuilder, type SqlBool } from 'kysely';
import type { Schema } from '../../store/schema.ts';
import type { Ctx } from '../context.ts';
import type { Sort } from './language/fields.ts';
import { type Column, type Row, selectRows } from './rows.ts';

/** So many rows are read at once if no more can be meant. */
const FEW = 10_000;
/** Rows of one read of many. */
const CHUNK = 2000;
/** Ids or contacts in one list of a query. */
const LIST = 500;

export interface Scan {
  columns: Set<Column>;
  /** Whether rows need all addresses of their contacts. */
  addresses: boolean;
  /** What the database applies. */
  where: Expression<SqlBool>[];
  /** If only these can be meant. */
  ids: ReadonlySet<string> | null;
  sort: Sort;
}

/** Whether the rows of a scan may come in the order of the search, so that it can end early. */
const isScanOrder = (sort: Sort): boolean => sort.field === 'startedAt' || sort.field === 'id';

/**
 * The rows that may be meant, in several reads. Few come as the database finds them; many come by their start or id, each read after
 * the end of the last one: in the order of the search if that is the order of an index. `ordered` says which.
 */
export async function* scan(ctx: Ctx, s: Scan): AsyncGenerator<{ rows: Row[]; ordered: boolean }> {
  const base = () => {
    let query = selectRows(ctx.tx.db, s.columns);
    for (const condition of s.where) query = query.where(condition);
    return query;
  };
  const given = async (rows: Row[], ordered = false) => {
    if (s.addresses) await addAddresses(ctx, rows);
    return { rows, ordered };
  };
  if (s.ids) {
    for (const ids of slices([...s.ids])) yield given(await ctx.tx.query(base().where('interaction.id', 'in', ids)));
    return;
  }
  if (s.where.length > 0) {
    const rows = await ctx.tx.query(base().limit(FEW + 1));
    if (rows.length <= FEW) {
      yield given(rows);
      return;
    }
  }
  const byStart = s.sort.field === 'startedAt';
  const ordered = isScanOrder(s.sort);
  const direction = ordered ? s.sort.direction : 'asc';
  let last: Row | null = null;
  for (;;) {
    let query = base();
    if (byStart) query = query.orderBy('interaction.started_at', direction);
    query = query.orderBy('interaction.id', direction).limit(CHUNK);
    if (last) query = query.where(afterPlace(last.id, Number(last.started), byStart, direction));
    const rows: Row[] = await ctx.tx.query(query);
    if (rows.length > 0) yield given(rows, ordered);
    if (rows.length < CHUNK) return;
    last = rows.at(-1)!;
  }
}

/** What stands behind a row in the order of start and id, or of the id alone. */
export function afterPlace(id: string, started: number, byStart: boolean, direction: Sort['direction']) {
  const eb = expressionBuilder<Schema, 'interaction'>();
  const operator = direction === 'asc' ? '>' : '<';
  if (!byStart) return eb('interaction.id', operator, id);
  return eb(eb.refTuple('interaction.started_at', 'interaction.id'), operator, eb.tuple(started, id));
}

function* slices<T>(all: T[]): Generator<T[]> {
  for (let i = 0; i < all.length; i += LIST) yield all.slice(i, i + LIST);
}

async function addAddresses(ctx: Ctx, rows: Row[]): Promise<void> {
  const byContact = new Map<string, string[]>();
  for (const row of rows) {
    const contact = row.contact as string;
    let addresses = byContact.get(contact);
    if (!addresses) {
      addresses = [];
      byContact.set(contact, addresses);
    }
    row.addresses = addresses;
  }
  for (const contacts of slices([...byContact.keys()])) {
    const found = ctx.tx.db.selectFrom('address').select(['contact_id', 'address']).where('contact_id', 'in', contacts);
    for (const { contact_id, address } of await ctx.tx.query(found)) byContact.get(contact_id)!.push(address);
  }
}
