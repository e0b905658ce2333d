import type { Kysely } from 'kysely';
import type { PoolClient, QueryResult } from 'pg';
import { Answers, partOf, Rows, TableVersions, tablesRead, tableWritten } from '../kept.ts';
import type { Schema } from '../schema.ts';
import { type Compilable, compileStatement, type MessageIndex, type Statement, type Tx } from '../store.ts';
import { PostgresMessageIndex } from './message-index.ts';

interface Prepared {
  /** Under which PostgreSQL keeps its plan, per connection. */
  name: string;
  text: string;
  bind: (string | { value: unknown })[];
  /** The table it writes, or the part of it; null for a read. */
  writes: string | null;
  /** The tables it reads, if its answers are kept. */
  reads: string[] | null;
}

/** By statement, for all stores of the process: their texts are the same. */
const prepared = new WeakMap<object, Prepared>();
const dynamic = new Map<string, string>();
/** Statements whose text changes from call to call get a name, and so a plan that is kept, up to this many. */
const DYNAMIC_NAMES = 200;
let names = 0;

function prepare(db: Kysely<Schema>, s: Statement<never, unknown>): Prepared {
  let p = prepared.get(s);
  if (!p) {
    const { sql, bind } = compileStatement(db, s);
    const { part, kept } = s.hints;
    p = {
      name: `s${++names}`,
      text: sql,
      bind,
      writes: partOf(tableWritten(sql), part),
      reads: kept ? tablesRead(sql).flatMap((t) => [t, ...(part ? [partOf(t, part)!] : [])]) : null,
    };
    prepared.set(s, p);
  }
  return p;
}

function nameOf(text: string): string | undefined {
  let name = dynamic.get(text);
  if (name === undefined && dynamic.size < DYNAMIC_NAMES) {
    name = `d${dynamic.size}`;
    dynamic.set(text, name);
  }
  return name;
}

/** What can be bound: PostgreSQL has no characters of value 0 in its texts. */
function bound(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}

/** Rows as they are stored, whatever was meant to be. */
class StoredRows extends Rows {
  override set(id: string, row: Record<string, unknown>): void {
    for (const column in row) {
      const value = row[column];
      if (typeof value === 'string') row[column] = bound(value);
    }
    super.set(id, row);
  }
}

/** The transaction of one connection at a time. What it keeps holds as long as nobody else has written: the store says when not. */
export class PostgresTx implements Tx {
  readonly db: Kysely<Schema>;
  writes = 0;
  readonly interactions = new StoredRows();
  readonly messageIndex: MessageIndex | null;
  readonly #counters: { roundTrips: number };
  readonly #versions = new TableVersions();
  readonly #answers = new WeakMap<Prepared, Answers>();
  #client: PoolClient | null = null;
  /** What was sent and may not be answered yet. */
  #sent: Promise<unknown>[] = [];
  /** How the first of those failed; nothing works after it. */
  #failure: unknown = null;

  constructor(db: Kysely<Schema>, counters: { roundTrips: number }, indexed: boolean) {
    this.db = db;
    this.#counters = counters;
    this.messageIndex = indexed ? new PostgresMessageIndex((...args) => this.#ask(...args)) : null;
  }

  /** From now on this connection is asked; null: the transaction is over. */
  use(client: PoolClient | null): void {
    this.#client = client;
    this.#sent = [];
    this.#failure = null;
  }

  /** Resolves when everything is answered. Rejects if something failed that nobody waited for. */
  async answered(): Promise<void> {
    await Promise.all(this.#sent);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Nothing that is kept holds any more. */
  forget(): void {
    this.interactions.clear();
    this.#versions.raiseAll();
  }

  #send(name: string | undefined, text: string, values: unknown[]): Promise<QueryResult> {
    if (!this.#client) return Promise.reject(new Error('The transaction is over.'));
    return this.#client.query(name === undefined ? { text, values } : { name, text, values });
  }

  async #ask(name: string | undefined, text: string, values: unknown[]): Promise<QueryResult> {
    this.#counters.roundTrips++;
    try {
      return await this.#send(name, text, values);
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  #valuesOf(p: Prepared, params: unknown): unknown[] {
    return p.bind.map((b) => bound(typeof b === 'string' ? (params as Record<string, unknown>)[b] : b.value));
  }

  #run(p: Prepared, params: unknown): Promise<QueryResult> {
    return this.#ask(p.name, p.text, this.#valuesOf(p, params));
  }

  /** `again`: a kept answer that there is nothing counts for nothing, since rows may be added without a word (`adds`). */
  async #rows(p: Prepared, params: unknown, again = false): Promise<unknown[]> {
    if (!p.reads) return (await this.#run(p, params)).rows;
    let answers = this.#answers.get(p);
    if (!answers) {
      answers = new Answers(p.reads);
      this.#answers.set(p, answers);
    }
    const at = answers.at(this.#versions.of(p.reads));
    const key = p.bind.map((b) => (typeof b === 'string' ? (params as Record<string, unknown>)[b] : '')).join('\u0000');
    let rows = at.get(key) as unknown[] | undefined;
    if (rows === undefined || (again && rows.length === 0)) {
      rows = (await this.#run(p, params)).rows;
      at.set(key, rows);
    }
    return rows;
  }

  async all<P, R>(s: Statement<P, R>, params: P): Promise<R[]> {
    return (await this.#rows(prepare(this.db, s as Statement<never, unknown>), params)) as R[];
  }

  async first<P, R>(s: Statement<P, R>, params: P): Promise<R | undefined> {
    const p = prepare(this.db, s as Statement<never, unknown>);
    return (await this.#rows(p, params, true))[0] as R | undefined;
  }

  async run<P, R>(s: Statement<P, R>, params: P): Promise<number> {
    const p = prepare(this.db, s as Statement<never, unknown>);
    this.writes++;
    let rowCount: number | null = null;
    if (s.hints.blind) {
      const sent = this.#send(p.name, p.text, this.#valuesOf(p, params));
      this.#sent.push(
        sent.catch((error: unknown) => {
          this.#failure ??= error;
        }),
      );
    } else ({ rowCount } = await this.#run(p, params));
    if (p.writes !== null && !s.hints.adds)
      this.#noteWrite(p.writes, s.hints.row && String((params as Record<string, unknown>)[s.hints.row]));
    return rowCount ?? 0;
  }

  #noteWrite(table: string, row: string | undefined): void {
    this.#versions.raise(table);
    if (table !== 'interaction') return;
    if (row === undefined) this.interactions.clear();
    else this.interactions.delete(row);
  }

  async query<R>(q: Compilable<R>): Promise<R[]> {
    const { sql, parameters } = q.compile();
    const { rows } = await this.#ask(nameOf(sql), sql, parameters.map(bound));
    const table = tableWritten(sql);
    if (table !== null) this.#noteWrite(table, undefined);
    return rows as R[];
  }

  /** PostgreSQL gives pages back by itself (autovacuum). */
  reclaim(): void {}
}
