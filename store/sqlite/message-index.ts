import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { MessageIndex } from '../store.ts';

/**
 * The full-text index over messages: FTS5 with trigrams, which finds parts of words, over texts that come normalised. It keeps no text
 * and no positions (`detail=none`), so it answers which messages have all trigrams of a part; the message itself says the rest.
 * Its rows are numbered by the first twelve digits of a message's id, which are unique in a store with one owner.
 */
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const HALF = 36 ** 6;

/** SQL that makes the row's number of an id. Doubles could not hold it. */
const rowOf = (id: string): string =>
  Array.from({ length: 12 }, (_, i) => `(instr('${DIGITS}', substr(${id}, ${i + 1}, 1)) - 1)`).reduce(
    (sum, digit) => `(${sum} * 36 + ${digit})`,
  );

const half = (n: unknown): string => Number(n).toString(36).padStart(6, '0');

/** Node.js has FTS5 from 22.16 on. */
const hasModule = (db: DatabaseSync): boolean =>
  db.prepare("select 1 from pragma_module_list where name = 'fts5'").get() !== undefined;

const has = (db: DatabaseSync, name: string): boolean =>
  db.prepare('select 1 from sqlite_master where name = ?').get(name) !== undefined;

/**
 * Makes the index if this SQLite can have one. It is a copy that can be made again, so it is no migration: a file may be opened by a
 * Node.js without FTS5, whose searches then look through all messages, and by another one later.
 */
export function prepareMessageIndex(db: DatabaseSync): void {
  if (!hasModule(db)) {
    // It could not be run, and messages could not be deleted.
    db.exec('drop trigger if exists message_unindexed');
    return;
  }
  if (has(db, 'message_text') && has(db, 'message_unindexed')) return;
  db.exec('begin immediate');
  try {
    if (!has(db, 'message_text')) {
      db.exec(
        "create virtual table message_text using fts5(text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1')",
      );
      db.exec("update text_index set up_to = '' where name = 'message'");
    }
    db.exec(
      `create trigger if not exists message_unindexed after delete on message begin delete from message_text where rowid = ${rowOf('old.id')}; end`,
    );
    db.exec('commit');
  } catch (error) {
    db.exec('rollback');
    throw error;
  }
}

/** The index of an open file, or null if it has none that can be read here. */
export function openMessageIndex(db: DatabaseSync): MessageIndex | null {
  return hasModule(db) && has(db, 'message_text') ? new SqliteMessageIndex(db) : null;
}

class SqliteMessageIndex implements MessageIndex {
  readonly #db: DatabaseSync;
  #insert: StatementSync | null = null;
  #find: StatementSync | null = null;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  add(id: string, text: string): void {
    // One row of values: before a statement that may insert several FTS5 writes out what it has gathered.
    this.#insert ??= this.#db.prepare(`insert into message_text (rowid, text) values (${rowOf('?1')}, ?2)`);
    this.#insert.run(id, text);
  }

  candidates(trigrams: string[], limit: number): string[] {
    this.#find ??= this.#db.prepare(
      `select rowid / ${HALF} as high, rowid % ${HALF} as low from message_text where message_text match ? limit ?`,
    );
    const wanted = trigrams.map((t) => `"${t.replaceAll('"', '""')}"`).join(' AND ');
    return this.#find.all(wanted, limit).map(({ high, low }) => half(high) + half(low));
  }
}
