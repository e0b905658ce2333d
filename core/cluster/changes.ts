import pg, { type Pool } from 'pg';
import type { Effect } from '../api.ts';
import { KEEP_CHANGES } from './leases.ts';
import type { SharedEffect } from './share.ts';

const CHANNEL = 'whatsapp_change';
/** ms in which what changed is told to others together, and between two looks without having been told. */
const TELL_EVERY = 20;
const POLL = 2000;
/** ms before a connection that broke is made anew. */
const RETRY = 500;

/**
 * Everything that was committed before this snapshot and was not read yet. Transactions that began earlier and still run may add rows
 * with smaller numbers: so nothing is read from the first of those on, and nothing is missed.
 */
const READ = `with snapshot as (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as up_to)
select snapshot.up_to, change.runtime, change.at, change.effects from snapshot
left join change on change.xid >= $1 and change.xid < snapshot.up_to order by change.xid, change.id`;

interface Row {
  up_to: number;
  runtime: string | null;
  at: number;
  effects: string;
}

export interface ChangesOptions {
  pool: Pool;
  url: string;
  runtime: string;
  /** Epoch ms, as `change.at`. */
  now(): number;
  emit(effects: Effect[]): void;
  /** Told once per change that was read, ms since it was made. */
  lag?(ms: number): void;
}

/** What other runtimes committed, in the order of the commits, each once. Notifications only say that it is worth to look. */
export class Changes {
  readonly #options: ChangesOptions;
  #listener: pg.Client | null = null;
  #position: number | null = null;
  #readAt = 0;
  #reading: Promise<void> | null = null;
  #again = false;
  #telling: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  readonly #poll: NodeJS.Timeout;
  #closed = false;

  constructor(options: ChangesOptions) {
    this.#options = options;
    this.#poll = setInterval(() => this.look(), POLL);
    this.#poll.unref();
  }

  /** Begins with what is committed from now on. */
  async start(): Promise<void> {
    await this.#read();
    await this.#listen().catch(() => this.#listenAgain());
  }

  /** A commit of this runtime has something for others: tells them, at most every 20 ms. */
  tell(): void {
    if (this.#telling || this.#closed) return;
    this.#telling = setTimeout(() => {
      this.#telling = null;
      // Who is not told looks by itself.
      this.#options.pool.query(`notify ${CHANNEL}`).catch(() => {});
    }, TELL_EVERY);
  }

  look(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
      if (this.#again) this.look();
    });
  }

  async #readAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#read();
      } catch {
        // Looked again with the next poll: the position stays.
        return;
      }
    }
  }

  async #read(): Promise<void> {
    const { pool, runtime, now, emit, lag } = this.#options;
    const from = this.#position;
    const { rows } = await pool.query<Row>({ name: 'changes', text: READ, values: [from ?? Number.MAX_SAFE_INTEGER] });
    const time = now();
    this.#position = Number(rows[0]!.up_to);
    // What was changed in a longer gap is not kept: desks read anew.
    if (from !== null && time - this.#readAt > KEEP_CHANGES) emit([{ kind: 'missed' }]);
    this.#readAt = time;
    const effects: Effect[] = [];
    for (const row of rows) {
      if (row.runtime === null || row.runtime === runtime) continue;
      lag?.(time - Number(row.at));
      for (const { effect, to } of JSON.parse(row.effects) as SharedEffect[])
        if (to === undefined || to === runtime)
          effects.push(effect.kind === 'outgoing-done' ? { ...effect, elsewhere: true } : effect);
    }
    if (effects.length > 0) emit([...effects, { kind: 'events' }]);
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: 'whatsapp listener',
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const broke = () => {
      if (this.#listener !== client) return;
      this.#listener = null;
      client.end().catch(() => {});
      this.#listenAgain();
    };
    client.on('error', broke);
    client.on('end', broke);
    client.on('notification', () => this.look());
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    if (this.#closed) {
      await client.end();
      return;
    }
    this.#listener = client;
    // What was told meanwhile was told to nobody.
    this.look();
  }

  #listenAgain(): void {
    if (this.#closed || this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#listen().catch(() => this.#listenAgain());
    }, RETRY);
    this.#retry.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    if (this.#retry) clearTimeout(this.#retry);
    if (this.#telling) {
      clearTimeout(this.#telling);
      await this.#options.pool.query(`notify ${CHANNEL}`).catch(() => {});
    }
    await this.#reading;
    const listener = this.#listener;
    this.#listener = null;
    await listener?.end();
  }
}
