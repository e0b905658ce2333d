import type { CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Anything Kysely can compile. */
export interface Compilable<R> {
  compile(): CompiledQuery<R>;
}

type Build<P, R> = (db: Kysely<Schema>, p: <K extends keyof P>(name: K) => P[K]) => Compilable<R>;

/** What a store that is alone with its data may make use of. */
export interface Hints {
  /** A read whose answers are kept until one of its tables is written: for tables that are read much more often than they change. */
  readonly kept?: true;
  /** A write that only adds rows under new keys: no kept answer about other rows changes by it. */
  readonly adds?: true;
  /**
   * Of a write: it changes only these columns of its table, named together. Kept answers stay, but for reads that name the same part
   * because they look at it.
   */
  readonly part?: string;
  /** A write of which nobody asks how many rows it changed. A store at the end of a network does not wait for the answer before it goes on. */
  readonly blind?: true;
  /** A write to one `interaction` row, the one whose id is this parameter: the other rows in `Tx.interactions` stay valid. */
  readonly row?: string;
}

/** A query that is built and compiled once per store and then only gets its parameters. */
export interface Statement<P, R> {
  readonly build: Build<P, R>;
  readonly hints: Hints;
  readonly result?: R;
}

/** A place in a compiled statement that a parameter goes to. */
export class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Declares a statement: `statement<{ id: string }>()((db, p) => db.selectFrom('agent').selectAll().where('username', '=', p('id')))`.
 * Kysely checks it against the schema; its text is made once, because building a query costs more than running it.
 */
export function statement<P = Record<string, never>>(hints: Hints = {}) {
  return <R>(build: Build<P, R>): Statement<P, R> => ({ build, hints });
}

/** Compiles a statement against a dialect: the text and, in order, what is bound. */
export function compileStatement<P, R>(
  db: Kysely<Schema>,
  s: Statement<P, R>,
): { sql: string; bind: (string | { value: unknown })[] } {
  const compiled = s.build(db, (name) => new Slot(name as string) as never).compile();
  return {
    sql: compiled.sql,
    bind: compiled.parameters.map((value) => (value instanceof Slot ? value.name : { value })),
  };
}

/** Finds messages that may contain a text, by trigrams of normalised texts: too many at times, never too few. */
export interface MessageIndex {
  add(id: string, text: string): void | Promise<void>;
  /** Beginnings of the ids of messages that have all these trigrams, in no order. */
  candidates(trigrams: string[], limit: number): string[] | Promise<string[]>;
}

/**
 * Rows by id. A row in it is shared by all who ask for it: it is changed only together with the statement that stores the change, and
 * put in again after that. Every write that does not say which row it concerns empties it.
 */
export interface RowCache {
  get(id: string): unknown;
  set(id: string, row: unknown): void;
}

/** What a command may do to the store. Only these calls are awaited inside a transaction. */
export interface Tx {
  /** Builds queries that differ from call to call; run them with `query`. */
  readonly db: Kysely<Schema>;
  /** How many statements were run for their effect so far. */
  readonly writes: number;
  /** Rows of `interaction` that are known to be as stored. */
  readonly interactions: RowCache;
  /** Rows of a `kept` statement are shared: they must not be changed. */
  all<P, R>(s: Statement<P, R>, params: P): R[] | Promise<R[]>;
  first<P, R>(s: Statement<P, R>, params: P): R | undefined | Promise<R | undefined>;
  /** Runs a statement for its effect. Returns the number of rows changed; of a `blind` one nothing that means anything. */
  run<P, R>(s: Statement<P, R>, params: P): number | Promise<number>;
  query<R>(q: Compilable<R>): R[] | Promise<R[]>;
  /** null where the store cannot have one. */
  readonly messageIndex: MessageIndex | null;
  /** Gives up to so many pages that deletions have freed back to the disk, where the store keeps such by itself. */
  reclaim(pages: number): void | Promise<void>;
}

export interface Store {
  /**
   * Runs the work in one transaction; durable (synced) when it resolves. Calls must not overlap: the host keeps one FIFO.
   * @throws StoreError if the fault is the store's; whatever else the work throws
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Raised when a store cannot be opened, or cannot be read or written any more; `message` says what to do. */
export class StoreError extends Error {
  readonly code:
    | 'store_locked'
    | 'store_newer'
    | 'store_corrupt'
    | 'store_unwritable'
    | 'store_full'
    | 'store_unreachable'
    | 'store_failed';
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
