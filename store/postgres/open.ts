import { Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Pool } from 'pg';
import { migrations } from '../migrations/index.ts';
import type { Schema } from '../schema.ts';
import { StoreError } from '../store.ts';
import { openPool, type PoolOptions } from './connect.ts';
import { PostgresCompileDialect } from './dialect.ts';
import { openError } from './errors.ts';
import { prepareMessageIndex } from './message-index.ts';
import { PostgresStore } from './store.ts';

/** Of the advisory lock that lets one runtime migrate. Any number will do; it is ours. */
const MIGRATING = 7_226_071;

export interface OpenOptions extends PoolOptions {
  /** Epoch ms instead of the clock of the database; for tests. */
  clock?: () => number;
}

/**
 * Opens a PostgreSQL database, creating or migrating its tables: one runtime does that while others that start wait for it.
 * @param url `postgres://user:password@host:port/database`
 * @throws StoreError `store_newer`, `store_unreachable`, `store_unwritable`, `store_failed`
 */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<PostgresStore> {
  const pool = openPool(url, options);
  try {
    const indexed = await migrate(pool);
    return new PostgresStore(pool, { indexed, clock: options.clock });
  } catch (error) {
    await pool.end();
    throw openError(error);
  }
}

/** Gives whether there is a full-text index. */
async function migrate(pool: Pool): Promise<boolean> {
  const lock = await pool.connect();
  try {
    // Waits for whoever migrates, however long that takes.
    await lock.query('set lock_timeout = 0');
    await lock.query({ text: `select pg_advisory_lock(${MIGRATING})`, query_timeout: 0 } as never);
    await migrateAlone(pool);
    return await prepareMessageIndex(pool);
  } finally {
    // The lock and its setting end with the connection.
    lock.release(true);
  }
}

async function migrateAlone(pool: Pool): Promise<void> {
  const known = Object.keys(migrations);
  const { rows } = await pool.query("select to_regclass('kysely_migration') as name");
  if (rows[0]?.name != null) {
    const done = (await pool.query('select name from kysely_migration order by name')).rows as { name: string }[];
    const newer = done.find((m) => !known.includes(m.name));
    if (newer)
      throw new StoreError(
        'store_newer',
        `The database was written by a newer version of this package (${newer.name}). Update this Node-RED to that version.`,
      );
    if (done.length === known.length) return;
  }
  const kysely = new Kysely<Schema>({ dialect: new MigrationDialect({ pool }) });
  const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** Runs what the store's own dialect compiles. The pool stays open. */
class MigrationDialect extends PostgresDialect {
  override createQueryCompiler() {
    return new PostgresCompileDialect().createQueryCompiler();
  }
}
