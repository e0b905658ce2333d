import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from '../migrations/index.ts';
import type { Schema } from '../schema.ts';
import { type Store, StoreError } from '../store.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { openError, sqliteCode } from './errors.ts';
import { prepareMessageIndex } from './message-index.ts';
import { SqliteStore } from './store.ts';

/**
 * Opens (and if needed creates and migrates) the SQLite file, as its only owner.
 * Durable: WAL with a sync at every commit. Takes a lock beside the file that the kernel frees when the process dies.
 * @param file path, or `:memory:`
 * @throws StoreError `store_locked`, `store_newer`, `store_corrupt`, `store_unwritable`, `store_full`, `store_failed`
 */
export async function openSqlite(file: string): Promise<Store> {
  const lock = file === ':memory:' ? null : takeOwnership(file);
  try {
    const db = openFile(file);
    try {
      await migrate(db);
      prepareMessageIndex(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return new SqliteStore(db, lock);
  } catch (error) {
    lock?.close();
    throw openError(error, file);
  }
}

function openFile(file: string): DatabaseSync {
  if (file !== ':memory:') createPrivate(file);
  // Empty is also what a start leaves that was killed before the first page was written.
  const fresh = file === ':memory:' || statSync(file).size === 0;
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
  return db;
}

/** Conversations are personal data: other users of the machine have no business in the file, not even for the moment of its creation. */
function createPrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
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
    throw openError(error, file);
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

/**
 * Opens the file for reading beside its owner: long reads in a thread of their own see what is committed and hold up nobody.
 * @throws StoreError as `openSqlite`
 */
export function openSqliteReader(file: string): Store {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    db.exec('pragma busy_timeout = 5000; pragma cache_size = -4000');
    return new SqliteStore(db, null, { reader: true });
  } catch (error) {
    throw openError(error, file);
  }
}
