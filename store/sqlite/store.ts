import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import { type Compilable, compileStatement, type Statement, type Store, type Tx } from '../store.ts';
import { NodeSqliteDialect } from './dialect.ts';

/** Statements whose text changes from call to call are kept up to this many. */
const DYNAMIC_CACHE = 200;

interface Prepared {
  statement: StatementSync;
  bind: (string | { value: unknown })[];
  /** Names of the columns, if rows come as arrays; null if they come as objects. */
  columns: string[] | null;
}

/** A store over one open SQLite file. `lock` is released with it. */
export class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #lock: DatabaseSync | null;
  readonly #tx: SqliteTx;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor(db: DatabaseSync, lock: DatabaseSync | null, begin: 'begin immediate' | 'begin' = 'begin immediate') {
    this.#db = db;
    this.#lock = lock;
    this.#tx = new SqliteTx(db);
    this.#begin = db.prepare(begin);
    this.#commit = db.prepare('commit');
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#begin.run();
    let result: T;
    try {
      result = await work(this.#tx);
      this.#commit.run();
    } catch (error) {
      // A failed COMMIT (disk full) may have rolled back by itself already.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
    return result;
  }

  async close(): Promise<void> {
    this.#db.close();
    this.#lock?.close();
  }
}

/**
 * Rows as arrays, made into objects here, take half the time of the rows that `node:sqlite` makes: those are dictionaries without a
 * prototype. Node.js before 22.16 cannot give arrays.
 */
function prepareRows(statement: StatementSync): { statement: StatementSync; columns: string[] | null } {
  if (typeof statement.setReturnArrays !== 'function') return { statement, columns: null };
  statement.setReturnArrays(true);
  return { statement, columns: statement.columns().map((c) => c.name) };
}

function toObject(columns: string[], row: unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < columns.length; i++) object[columns[i]!] = row[i];
  return object;
}

class SqliteTx implements Tx {
  readonly db: Kysely<Schema>;
  writes = 0;
  readonly #sqlite: DatabaseSync;
  readonly #prepared = new WeakMap<object, Prepared>();
  readonly #dynamic = new Map<string, StatementSync>();

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
    this.db = new Kysely<Schema>({ dialect: new NodeSqliteDialect(sqlite) });
  }

  #prepare(s: Statement<never, unknown>): Prepared {
    let p = this.#prepared.get(s);
    if (!p) {
      const { sql, bind } = compileStatement(this.db, s);
      p = { ...prepareRows(this.#sqlite.prepare(sql)), bind };
      this.#prepared.set(s, p);
    }
    return p;
  }

  #values(p: Prepared, params: unknown): SQLInputValue[] {
    return p.bind.map((b) => {
      const value = typeof b === 'string' ? (params as Record<string, unknown>)[b] : b.value;
      return (value === undefined ? null : value) as SQLInputValue;
    });
  }

  all<P, R>(s: Statement<P, R>, params: P): R[] {
    const p = this.#prepare(s as Statement<never, unknown>);
    const rows = p.statement.all(...this.#values(p, params));
    return (p.columns ? (rows as unknown as unknown[][]).map((row) => toObject(p.columns!, row)) : rows) as R[];
  }

  first<P, R>(s: Statement<P, R>, params: P): R | undefined {
    const p = this.#prepare(s as Statement<never, unknown>);
    const row = p.statement.get(...this.#values(p, params));
    return (p.columns && row ? toObject(p.columns, row as unknown as unknown[]) : row) as R | undefined;
  }

  run<P, R>(s: Statement<P, R>, params: P): number {
    const p = this.#prepare(s as Statement<never, unknown>);
    this.writes++;
    return Number(p.statement.run(...this.#values(p, params)).changes);
  }

  query<R>(q: Compilable<R>): R[] {
    const { sql, parameters } = q.compile();
    let statement = this.#dynamic.get(sql);
    if (!statement) {
      if (this.#dynamic.size >= DYNAMIC_CACHE) this.#dynamic.clear();
      statement = this.#sqlite.prepare(sql);
      this.#dynamic.set(sql, statement);
    }
    return statement.all(...(parameters as SQLInputValue[])) as R[];
  }

  reclaim(pages: number): void {
    this.#sqlite.exec(`pragma incremental_vacuum(${Math.floor(pages)})`);
  }
}
