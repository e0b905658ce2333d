import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Answers, partOf, Rows, TableVersions, tablesRead, tableWritten } from '../kept.ts';
import type { Schema } from '../schema.ts';
import { type Compilable, compileStatement, type MessageIndex, type Statement, type Store, type Tx } from '../store.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { transactionError } from './errors.ts';
import { openMessageIndex } from './message-index.ts';

/** Statements whose text changes from call to call are kept up to this many. */
const DYNAMIC_CACHE = 200;

interface Prepared {
  statement: StatementSync;
  bind: (string | { value: unknown })[];
  /** Makes an object of a row, if rows come as arrays; null if they come as objects. */
  toObject: ((row: unknown[]) => unknown) | null;
  /** The table it writes, or the part of it; null for a read. */
  writes: string | null;
  /** Kept answers, if the statement wants that. */
  answers: Answers | null;
}

/**
 * A store over one open SQLite file. `lock` is released with it. What it keeps from one transaction to the next is forgotten when the
 * file was written over another connection: by the owner, if this store only reads, or by an administrator with a tool.
 */
export class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #lock: DatabaseSync | null;
  readonly #tx: SqliteTx;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #dataVersion: StatementSync;
  #seenVersion: unknown;

  /** A `reader` lets others of its thread in between two queries that are made for a call (`Tx.query`). */
  constructor(db: DatabaseSync, lock: DatabaseSync | null, { reader = false } = {}) {
    this.#db = db;
    this.#lock = lock;
    this.#tx = new SqliteTx(db, reader);
    this.#dataVersion = db.prepare('pragma data_version');
    this.#begin = db.prepare(reader ? 'begin' : 'begin immediate');
    this.#commit = db.prepare('commit');
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let result: T;
    try {
      this.#begin.run();
      this.#noticeOthers();
      result = await work(this.#tx);
      this.#commit.run();
    } catch (error) {
      // A failed COMMIT (disk full) may have rolled back by itself already.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      this.#tx.forget();
      throw transactionError(error);
    }
    return result;
  }

  #noticeOthers(): void {
    const version = this.#dataVersion.get()?.data_version;
    if (version !== this.#seenVersion) this.#tx.forget();
    this.#seenVersion = version;
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
function prepareRows(statement: StatementSync): Pick<Prepared, 'statement' | 'toObject'> {
  if (typeof statement.setReturnArrays !== 'function') return { statement, toObject: null };
  statement.setReturnArrays(true);
  const names = statement.columns().map((c) => c.name);
  return { statement, toObject: names.length === 0 ? null : objectMaker(names) };
}

/**
 * A function with the literal `{a: row[0], b: row[1]}`: all rows of a statement get one shape, which makes them and every later look
 * into them several times faster than objects that grow name by name. The names are the columns of our own schema.
 */
function objectMaker(names: string[]): (row: unknown[]) => unknown {
  const parts = names.map((name, i) => `${JSON.stringify(name)}: row[${i}]`);
  return new Function('row', `return { ${parts.join(', ')} };`) as (row: unknown[]) => unknown;
}

interface Compiled {
  sql: string;
  bind: Prepared['bind'];
}

/**
 * The statement with its constant limits in the text. With a limit that is bound SQLite plans anew at every run, which costs up to thirty
 * times what the run does; where the length is asked for, that has to be.
 */
function withLimits({ sql, bind }: Compiled): Compiled {
  const parts = sql.split('?');
  // A question mark that is no parameter: left as it is.
  if (parts.length !== bind.length + 1) return { sql, bind };
  const left: Prepared['bind'] = [];
  const text = parts.slice(1).map((part, i) => {
    const b = bind[i]!;
    if (typeof b !== 'string' && typeof b.value === 'number' && parts[i]!.endsWith('limit ')) return b.value + part;
    left.push(b);
    return `?${part}`;
  });
  return { sql: parts[0] + text.join(''), bind: left };
}

class SqliteTx implements Tx {
  readonly db: Kysely<Schema>;
  writes = 0;
  readonly #sqlite: DatabaseSync;
  readonly interactions = new Rows();
  readonly #versions = new TableVersions();
  readonly #prepared = new WeakMap<object, Prepared>();
  readonly #dynamic = new Map<string, Pick<Prepared, 'statement' | 'toObject'>>();
  readonly #yields: boolean;
  #index: MessageIndex | null | undefined;

  constructor(sqlite: DatabaseSync, yields: boolean) {
    this.#sqlite = sqlite;
    this.#yields = yields;
    this.db = new Kysely<Schema>({ dialect: new NodeSqliteDialect(sqlite) });
  }

  #prepare(s: Statement<never, unknown>): Prepared {
    let p = this.#prepared.get(s);
    if (!p) {
      const { sql, bind } = withLimits(compileStatement(this.db, s));
      const { part } = s.hints;
      p = {
        ...prepareRows(this.#sqlite.prepare(sql)),
        bind,
        writes: partOf(tableWritten(sql), part),
        answers: s.hints.kept
          ? new Answers(tablesRead(sql).flatMap((t) => [t, ...(part ? [partOf(t, part)!] : [])]))
          : null,
      };
      this.#prepared.set(s, p);
    }
    return p;
  }

  /** Nothing that is kept holds any more. */
  forget(): void {
    this.interactions.clear();
    this.#versions.raiseAll();
  }

  #noteWrite(table: string, row: string | undefined): void {
    this.#versions.raise(table);
    if (table !== 'interaction') return;
    if (row === undefined) this.interactions.clear();
    else this.interactions.delete(row);
  }

  /** Asks the database, or takes the kept answer. */
  #answer<R>(p: Prepared, values: SQLInputValue[], ask: () => R): R {
    if (!p.answers) return ask();
    const answers = p.answers.at(this.#versions.of(p.answers.tables));
    const key = values.length === 1 ? values[0] : values.join('\u0000');
    let answer = answers.get(key) as R | undefined;
    if (answer === undefined) {
      answer = ask();
      // What is not there is asked for again: rows may be added without a word (`adds`).
      if (answer !== undefined) answers.set(key, answer);
    }
    return answer;
  }

  #values(p: Prepared, params: unknown): SQLInputValue[] {
    return p.bind.map((b) => {
      const value = typeof b === 'string' ? (params as Record<string, unknown>)[b] : b.value;
      return (value === undefined ? null : value) as SQLInputValue;
    });
  }

  all<P, R>(s: Statement<P, R>, params: P): R[] {
    const p = this.#prepare(s as Statement<never, unknown>);
    const values = this.#values(p, params);
    return this.#answer(p, values, () => rowsOf(p, p.statement.all(...values)) as R[]);
  }

  first<P, R>(s: Statement<P, R>, params: P): R | undefined {
    const p = this.#prepare(s as Statement<never, unknown>);
    const values = this.#values(p, params);
    return this.#answer(p, values, () => {
      const row = p.statement.get(...values);
      return (p.toObject && row ? p.toObject(row as unknown as unknown[]) : row) as R | undefined;
    });
  }

  run<P, R>(s: Statement<P, R>, params: P): number {
    const p = this.#prepare(s as Statement<never, unknown>);
    this.writes++;
    const changes = Number(p.statement.run(...this.#values(p, params)).changes);
    if (p.writes !== null && !s.hints.adds)
      this.#noteWrite(p.writes, s.hints.row && String((params as Record<string, unknown>)[s.hints.row]));
    return changes;
  }

  get messageIndex(): MessageIndex | null {
    if (this.#index === undefined) this.#index = openMessageIndex(this.#sqlite);
    return this.#index;
  }

  query<R>(q: Compilable<R>): R[] | Promise<R[]> {
    if (!this.#yields) return this.#query(q);
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(this.#query(q));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #query<R>(q: Compilable<R>): R[] {
    const { sql, parameters } = q.compile();
    let p = this.#dynamic.get(sql);
    if (!p) {
      if (this.#dynamic.size >= DYNAMIC_CACHE) this.#dynamic.clear();
      p = prepareRows(this.#sqlite.prepare(sql));
      this.#dynamic.set(sql, p);
    }
    const rows = rowsOf(p, p.statement.all(...(parameters as SQLInputValue[]))) as R[];
    const table = tableWritten(sql);
    if (table !== null) this.#noteWrite(table, undefined);
    return rows;
  }

  reclaim(pages: number): void {
    this.#sqlite.exec(`pragma incremental_vacuum(${Math.floor(pages)})`);
  }
}

/** Rows of a statement as objects. */
function rowsOf({ toObject }: Pick<Prepared, 'toObject'>, rows: unknown[]): unknown[] {
  return toObject ? (rows as unknown[][]).map(toObject) : rows;
}
