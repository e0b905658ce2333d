import pg from 'pg';

/** ms; a connection that cannot be made, or a statement without an answer, does not hold up those who wait for longer. */
const CONNECT_WITHIN = 5000;
const ANSWER_WITHIN = 15_000;
/** ms a transaction may wait for others. */
const LOCK_WITHIN = 10_000;
/**
 * ms after which PostgreSQL ends a transaction whose process does nothing any more: it is paused or cut off, and everyone else waits
 * for it.
 */
const IDLE_WITHIN = 3000;

const BOOL = 16;
const INT8 = 20;
const NUMERIC = 1700;

/** Values as SQLite gives them: counts, times and sums are numbers, what is true or false is 1 or 0. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (oid === INT8 || oid === NUMERIC) return Number;
      if (oid === BOOL) return (value: string) => (value === 't' ? 1 : 0);
    }
    return pg.types.getTypeParser(oid, format as 'text');
  },
} as pg.CustomTypesConfig;

export interface PoolOptions {
  /** Connections at most; default 10. */
  size?: number;
  /** Shown in `pg_stat_activity`. */
  name?: string;
}

/** A pool over the database. A connection that breaks is replaced with the next use. */
export function openPool(url: string, { size = 10, name = 'whatsapp' }: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    application_name: name,
    types,
    connectionTimeoutMillis: CONNECT_WITHIN,
    query_timeout: ANSWER_WITHIN,
    lock_timeout: LOCK_WITHIN,
    idle_in_transaction_session_timeout: IDLE_WITHIN,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // What is sent need not be answered before the next is sent (`Hints.blind`).
    pipeline: true,
  } as pg.PoolConfig);
  // Whoever uses a connection learns from the query that it broke; without a listener the process would end.
  const heard = () => {};
  pool.on('error', heard);
  pool.on('connect', (client) => client.on('error', heard));
  return pool;
}
