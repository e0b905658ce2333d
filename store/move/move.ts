import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Store, Tx } from '../store.ts';
import { HOLDERS, KEYS } from './tables.ts';

/** Rows of one transaction. */
const BATCH = 500;
/** Where the target keeps how far it is. */
const STATE = 'move';

type Row = Record<string, unknown>;
// Tables are taken one after the other by name, which the types of the schema are not made for.
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyDb = Kysely<any>;

interface State {
  /** What it comes from, so that another source is not mixed in. */
  source: string;
  table: string;
  after: unknown[] | null;
}

/** A move that cannot be begun, or whose outcome is not what the source has; the message says why. */
export class MoveError extends Error {
  override readonly name = 'MoveError';
}

export interface MoveOptions {
  from: Store;
  to: Store;
  /** Names the source, the same each time. */
  source: string;
  progress?(step: { table: string; rows: number; verified?: true }): void;
}

/**
 * Copies everything from one store into another, empty one, and compares both, row by row. Neither may be used meanwhile. A move that
 * was interrupted goes on where it was when it is begun again; the source is not changed.
 * @returns the rows of each table
 * @throws MoveError
 */
export async function move({ from, to, source, progress }: MoveOptions): Promise<Record<string, number>> {
  const tables = Object.keys(KEYS) as (keyof typeof KEYS)[];
  const state = await begin(to, source);
  const counts: Record<string, number> = {};
  for (const table of tables.slice(Math.max(0, tables.indexOf(state.table as keyof typeof KEYS)))) {
    let after = table === state.table ? state.after : null;
    let rows = 0;
    for (;;) {
      const batch = await from.transaction((tx) => rowsAfter(tx, table, after));
      if (batch.length === 0) break;
      after = KEYS[table].map((column) => batch.at(-1)![column]);
      const reached: State = { source, table, after };
      await to.transaction(async (tx) => {
        await insert(tx, table, batch);
        await keep(tx, reached);
      });
      rows += batch.length;
      progress?.({ table, rows });
    }
  }
  for (const table of tables) {
    const [there, here] = [await summary(from, table), await summary(to, table)];
    if (there.rows !== here.rows || there.sum !== here.sum)
      throw new MoveError(
        `The table ${table} is not the same: ${there.rows} rows (${there.sum}) became ${here.rows} (${here.sum}). The source is untouched; empty the target and begin anew.`,
      );
    counts[table] = here.rows;
    progress?.({ table, rows: here.rows, verified: true });
  }
  await to.transaction(async (tx) => {
    await tx.query((tx.db as AnyDb).deleteFrom('upkeep').where('name', '=', STATE));
  });
  return counts;
}

async function begin(to: Store, source: string): Promise<State> {
  return to.transaction(async (tx) => {
    const db = tx.db as AnyDb;
    const [row] = (await tx.query(db.selectFrom('upkeep').selectAll().where('name', '=', STATE))) as Row[];
    if (row) {
      const state = JSON.parse(String(row.data)) as State;
      if (state.source !== source)
        throw new MoveError(`The target holds part of a move from ${state.source}. Go on with that, or empty it.`);
      return state;
    }
    for (const table of Object.keys(KEYS))
      if ((await tx.query(db.selectFrom(table).selectAll().limit(1))).length > 0)
        throw new MoveError(`The target is not empty: its table ${table} has rows. Give an empty database.`);
    const state: State = { source, table: Object.keys(KEYS)[0]!, after: null };
    await keep(tx, state);
    return state;
  });
}

async function keep(tx: Tx, state: State): Promise<void> {
  const data = JSON.stringify(state);
  await tx.query(
    (tx.db as AnyDb)
      .insertInto('upkeep')
      .values({ name: STATE, at: 0, data })
      .onConflict((c) => c.column('name').doUpdateSet({ data })),
  );
}

async function rowsAfter(tx: Tx, table: keyof typeof KEYS, after: unknown[] | null): Promise<Row[]> {
  const key = KEYS[table] as string[];
  let query = (tx.db as AnyDb).selectFrom(table).selectAll().limit(BATCH);
  for (const column of key) query = query.orderBy(column);
  if (after) query = query.where((eb) => eb(tupleOf(eb, key), '>', valuesOf(eb, after)));
  const rows = (await tx.query(query)) as Row[];
  return table === 'upkeep' ? rows.filter((row) => row.name !== STATE) : rows;
}

// biome-ignore lint/suspicious/noExplicitAny: see `AnyDb`
const tupleOf = (eb: any, key: string[]) => (key.length === 1 ? eb.ref(key[0]) : eb.refTuple(...key));
// biome-ignore lint/suspicious/noExplicitAny: see `AnyDb`
const valuesOf = (eb: any, values: unknown[]) => (values.length === 1 ? eb.val(values[0]) : eb.tuple(...values));

async function insert(tx: Tx, table: string, rows: Row[]): Promise<void> {
  const values = rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, moved(k, v)])));
  await tx.query(
    (tx.db as AnyDb)
      .insertInto(table)
      .values(values)
      .onConflict((c) => c.doNothing()),
  );
}

/** A value as it is after a move. PostgreSQL has no characters of value 0 in its texts. */
const moved = (column: string, value: unknown): unknown => {
  if (HOLDERS.has(column)) return null;
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
};

/** Count and checksum of a table, in the order of its key. */
async function summary(store: Store, table: keyof typeof KEYS): Promise<{ rows: number; sum: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  let after: unknown[] | null = null;
  for (;;) {
    const batch: Row[] = await store.transaction((tx) => rowsAfter(tx, table, after));
    if (batch.length === 0) return { rows, sum: hash.digest('hex').slice(0, 16) };
    for (const row of batch) {
      const columns = Object.keys(row).sort();
      hash.update(JSON.stringify(columns.map((column) => moved(column, row[column]))));
    }
    rows += batch.length;
    after = KEYS[table].map((column) => batch.at(-1)![column]);
  }
}
