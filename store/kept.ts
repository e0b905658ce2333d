import type { RowCache } from './store.ts';

/** Answers of one statement; more are forgotten all at once. */
const MAX_ANSWERS = 5000;
/** Rows; a message's way through its first steps takes milliseconds, and its row is asked for at each. */
const MAX_ROWS = 1024;

/** Answers of one `kept` statement, by its parameters. */
export class Answers {
  /** Tables the statement reads. */
  readonly tables: string[];
  readonly #byKey = new Map<unknown, unknown>();
  #version = -1;

  constructor(tables: string[]) {
    this.tables = tables;
  }

  /** The answers that hold at this version of the tables. */
  at(version: number): Map<unknown, unknown> {
    if (version !== this.#version || this.#byKey.size >= MAX_ANSWERS) {
      this.#byKey.clear();
      this.#version = version;
    }
    return this.#byKey;
  }
}

/** How often each table was written. */
export class TableVersions {
  readonly #versions = new Map<string, number>();
  #all = 0;

  raise(table: string): void {
    this.#versions.set(table, (this.#versions.get(table) ?? 0) + 1);
  }

  /** Nothing that was read holds any more. */
  raiseAll(): void {
    this.#all++;
  }

  /** Rises whenever one of the tables is written. */
  of(tables: string[]): number {
    let sum = this.#all;
    for (const table of tables) sum += this.#versions.get(table) ?? 0;
    return sum;
  }
}

/** The rows that were used last. */
export class Rows implements RowCache {
  readonly #rows = new Map<string, unknown>();

  get(id: string): unknown {
    return this.#rows.get(id);
  }

  set(id: string, row: unknown): void {
    this.#rows.delete(id);
    this.#rows.set(id, row);
    if (this.#rows.size <= MAX_ROWS) return;
    for (const oldest of this.#rows.keys()) {
      this.#rows.delete(oldest);
      break;
    }
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  clear(): void {
    this.#rows.clear();
  }
}

/** The table that a statement writes, null if it only reads. */
export const tableWritten = (sql: string): string | null =>
  /^\s*(?:insert into|update|delete from|replace into)\s+"?(\w+)"?/i.exec(sql)?.[1] ?? null;

/** The name under which writes to a part of a table are counted (`Hints.part`). */
export const partOf = (table: string | null, part: string | undefined): string | null =>
  table !== null && part ? `${table} ${part}` : table;

/** The tables a query reads. */
export const tablesRead = (sql: string): string[] => [
  ...new Set([...sql.matchAll(/\b(?:from|join)\s+"?(\w+)"?/gi)].map((m) => m[1]!)),
];
