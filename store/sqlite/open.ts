import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from '../migrations/index.ts';
import type { Schema } from '../schema.ts';
import { type Compilable, compileStatement, type Statement, type Store, StoreError, type Tx } from '../store.ts';
import { NodeSqliteDialect } from './dialect.ts';

/** Statements whose text changes from call to call are kept up to this many. */
const DYNAMIC_CACHE = 200;

interface Prepared {
  statement: StatementSync;
  bind: (string | { value: unknown })[];
  /** Names of the columns, if rows come as arrays; null if they come as objects. */
  columns: string[] | null;
}

/**
 * Opens (and if needed creates and migrates) the SQLite file, as its only owner.
 * Durable: WAL with a sync at every commit. Takes a lock beside the file that the kernel frees when the process dies.
 * @param file path, or `:memory:`
 * @throws StoreError `store_locked`, `store_newer`, `store_corrupt`, `store_unwritable`, `store_failed`
 */
export async function openSqlite(file: string): Promise<Store> {
  const lock = file === ':memory:' ? null : takeOwnership(file);
  try {
    const db = openFile(file);
    try {
      await migrate(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return new SqliteStore(db, lock);
  } catch (error) {
    lock?.close();
    throw toStoreError(error, file);
  }
}

function openFile(file: string): DatabaseSync {
  const fresh = file === ':memory:' || !existsSync(file);
  const db = new DatabaseSync(file);
  try {
    // auto_vacuum is decided before WAL and before the first table, or never.
    if (fresh) db.exec('pragma auto_vacuum = incremental');
    db.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = off;' +
        'pragma busy_timeout = 5000; pragma wal_autocheckpoint = 4000; pragma temp_store = memory; pragma cache_size = -8000; pragma journal_size_limit = 67108864',
    );
    // The first page is read here, so that a file that is no database is found now.
    db.prepare('select count(*) as n from sqlite_master').get();
  } catch (error) {
    db.close();
    throw error;
  }
  // Conversations are personal data: other users of the machine have no business in the file.
  if (fresh && file !== ':memory:') chmodSync(file, 0o600);
  return db;
}

/** Holds an exclusive transaction on a file beside the database: one owner, freed by the kernel even after SIGKILL. */
function takeOwnership(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(`${file}.lock`);
    try {
      lock.exec('pragma busy_timeout = 0; pragma journal_mode = delete; begin exclusive');
      return lock;
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    if (sqliteCode(error) === 5) {
      throw new StoreError(
        'store_locked',
        `The database ${file} is in use by another Node-RED. Stop that one, give this one its own user directory, or set WHATSAPP_DATABASE_URL to a PostgreSQL database to share it.`,
      );
    }
    throw toStoreError(error, file);
  }
}

/** SQLite's primary result code, if this is an error of SQLite. */
function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

function toStoreError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case 5:
    case 6:
      return new StoreError('store_locked', `The database ${file} is locked by another process.`, { cause: error });
    case 11:
    case 26:
      return new StoreError(
        'store_corrupt',
        `The database ${file} is damaged or not a SQLite database (${reason}). Restore it from a backup, or move it away to start with an empty one.`,
        { cause: error },
      );
    case 8:
    case 14:
      return new StoreError('store_unwritable', `The database ${file} cannot be opened for writing (${reason}).`, {
        cause: error,
      });
    default: {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR')
        return new StoreError('store_unwritable', `The database ${file} cannot be created (${reason}).`, {
          cause: error,
        });
      return new StoreError('store_failed', `The database ${file} cannot be opened (${reason}).`, { cause: error });
    }
  }
}

async function migrate(db: DatabaseSync): Promise<void> {
  const kysely = new Kysely<Schema>({ dialect: new NodeSqliteDialect(db) });
  const known = Object.keys(migrations);
  const table = db.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (table) {
    const done = db.prepare('select name from kysely_migration order by name').all() as { name: string }[];
    const newer = done.find((m) => !known.includes(m.name));
    if (newer)
      throw new StoreError(
        'store_newer',
        `The database was written by a newer version of this package (${newer.name}). Install that version again.`,
      );
    // Nothing to do is the usual start; the migrator's own look costs more than this one.
    if (done.length === known.length) return;
  }
  const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #lock: DatabaseSync | null;
  readonly #tx: SqliteTx;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor(db: DatabaseSync, lock: DatabaseSync | null) {
    this.#db = db;
    this.#lock = lock;
    this.#tx = new SqliteTx(db);
    this.#begin = db.prepare('begin immediate');
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
}
