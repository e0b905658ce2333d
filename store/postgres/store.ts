import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely } from 'kysely';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { continueAfter, idBound } from '../ids.ts';
import type { Schema } from '../schema.ts';
import { type Store, StoreError, type Tx } from '../store.ts';
import { PostgresCompileDialect } from './dialect.ts';
import { databaseError, isConnectionLost, isSilent } from './errors.ts';
import { PostgresTx } from './tx.ts';

/**
 * Begins a transaction that writes. All runtimes take one row, one after the other: what a command has read stays so until it has
 * committed, on whichever runtime, and ids are made in the order of the commits. The row also says whether anybody else has written
 * since this runtime's last transaction; if not, what was kept still holds.
 */
const beginAt = (time: string): string => `begin;
with before as (select ms from writer where name = 'all' for update)
update writer set ms = greatest(before.ms + 1, ${time})
from before where writer.name = 'all'
returning writer.ms as now, before.ms as before, ${time} as clock, pg_current_xact_id()::text as xid`;
const BEGIN = beginAt('floor(extract(epoch from clock_timestamp()) * 1000)::bigint');

interface Begun {
  now: number;
  before: number;
  clock: number;
  xid: string;
}

/** ms for which it is asked what became of a commit whose answer was lost. */
const ASK_FOR = 10_000;
const ASK_EVERY = 200;

/** What the store counts for the metrics. */
export interface Counters {
  transactions: number;
  /** Texts sent to PostgreSQL and answered. */
  roundTrips: number;
}

/** A store over a pool of connections to one PostgreSQL database, which other runtimes may use as well. */
export class PostgresStore implements Store {
  readonly pool: Pool;
  readonly counters: Counters = { transactions: 0, roundTrips: 0 };
  readonly #db = new Kysely<Schema>({ dialect: new PostgresCompileDialect() });
  readonly #tx: PostgresTx;
  readonly #indexed: boolean;
  readonly #clock: (() => number) | undefined;
  /** A commit may have happened whose consequences nobody heard of; whoever gives them out again takes it back. */
  uncertain = false;
  #lastMs = -1;
  #ahead = 0;

  /**
   * `indexed`: there is a full-text index over messages. `clock`: epoch ms, instead of the database's clock; for tests.
   */
  constructor(pool: Pool, { indexed, clock }: { indexed: boolean; clock?: (() => number) | undefined }) {
    this.pool = pool;
    this.#indexed = indexed;
    this.#clock = clock;
    this.#tx = new PostgresTx(this.#db, this.counters, indexed);
  }

  /** Epoch ms by the clock of the database, as far as it is known: that of all runtimes. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.counters.transactions++;
    const { client, begun } = await this.#begin();
    let result: T;
    try {
      this.#tx.use(client);
      result = await work(this.#tx);
      await this.#tx.answered();
    } catch (error) {
      this.#forget();
      await abandon(client, isConnectionLost(error));
      throw databaseError(error);
    } finally {
      this.#tx.use(null);
    }
    await this.#commit(client, begun);
    return result;
  }

  async #commit(client: PoolClient, begun: Begun): Promise<void> {
    try {
      this.counters.roundTrips++;
      const { command } = await client.query('commit');
      // PostgreSQL answers so if a statement had failed and its error went unnoticed.
      if (command === 'ROLLBACK') throw new Error('The transaction had failed before its commit.');
      client.release();
      this.#lastMs = begun.now;
    } catch (error) {
      this.#forget();
      client.release(true);
      if (!isConnectionLost(error) || !(await this.#hasCommitted(begun.xid))) throw databaseError(error);
    }
  }

  /** Nothing that is kept holds any more. */
  #forget(): void {
    this.#tx.forget();
    this.#lastMs = -1;
  }

  /**
   * A read of one state of the database, beside the writer and others.
   * @throws StoreError as `transaction`
   */
  async read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const tx = new PostgresTx(this.#db, this.counters, this.#indexed);
    try {
      this.counters.roundTrips += 2;
      await client.query('begin isolation level repeatable read read only');
      tx.use(client);
      const result = await work(tx);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      await abandon(client, isConnectionLost(error));
      throw databaseError(error);
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw databaseError(error);
    }
  }

  /** A connection that broke while nobody used it is found out here, where nothing is lost by it: another one is taken. */
  async #begin(): Promise<{ client: PoolClient; begun: Begun }> {
    for (let broken = 0; ; broken++) {
      const client = await this.#connect();
      try {
        return { client, begun: await this.#beginOn(client) };
      } catch (error) {
        const lost = isConnectionLost(error);
        await abandon(client, lost);
        if (!lost || isSilent(error) || broken >= this.pool.options.max) {
          this.#forget();
          throw databaseError(error);
        }
      }
    }
  }

  async #beginOn(client: PoolClient): Promise<Begun> {
    this.counters.roundTrips++;
    const text = this.#clock ? beginAt(`${Math.floor(this.#clock())}::bigint`) : BEGIN;
    const results = (await client.query(text)) as unknown as QueryResult<Begun>[];
    const begun = results[1]?.rows[0];
    if (!begun) throw new StoreError('store_corrupt', 'The table "writer" of the database has lost its row.');
    if (!this.#clock) this.#ahead = begun.clock - Date.now();
    if (begun.before !== this.#lastMs) this.#tx.forget();
    continueAfter(idBound(begun.now - 1));
    return begun;
  }

  /**
   * The answer to a commit was lost with the connection: another one is asked what became of it. If nobody can be asked for a while it
   * counts as failed, and `uncertain` says that it may not have.
   */
  async #hasCommitted(xid: string): Promise<boolean> {
    const until = performance.now() + ASK_FOR;
    for (;;) {
      const status = await this.#statusOf(xid);
      if (status === 'committed') return true;
      if (status === 'aborted') return false;
      if (performance.now() > until) break;
      await sleep(ASK_EVERY);
    }
    this.uncertain = true;
    return false;
  }

  async #statusOf(xid: string): Promise<string | null> {
    try {
      const { rows } = await this.pool.query('select pg_xact_status($1::xid8) as status', [xid]);
      return rows[0]?.status ?? null;
    } catch {
      return null;
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Ends a transaction that failed. A connection on which that does not work is thrown away. */
async function abandon(client: PoolClient, lost: boolean): Promise<void> {
  if (lost) {
    client.release(true);
    return;
  }
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(true);
  }
}
