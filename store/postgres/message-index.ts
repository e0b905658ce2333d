import type { Pool, QueryResult } from 'pg';
import type { MessageIndex } from '../store.ts';

/** Runs a text with what is bound, inside the transaction. */
type Run = (name: string, text: string, values: unknown[]) => Promise<QueryResult>;

/**
 * The full-text index over messages: trigrams (`pg_trgm`) of texts that come normalised, in a table of their own. Where the extension
 * is not there and may not be created, searches look through all messages.
 */
export async function prepareMessageIndex(pool: Pool): Promise<boolean> {
  try {
    await pool.query('create extension if not exists pg_trgm');
  } catch {
    return false;
  }
  const there = await pool.query("select to_regclass('message_text') as name");
  if (there.rows[0]?.name != null) return true;
  await pool.query(`begin;
    create table message_text (id text collate "C" primary key references message (id) on delete cascade, text text not null);
    create index message_text_trigrams on message_text using gin (text gin_trgm_ops);
    update text_index set up_to = '' where name = 'message';
    commit`);
  return true;
}

const literally = (trigram: string): string => trigram.replace(/[\\%_]/g, '\\$&');

export class PostgresMessageIndex implements MessageIndex {
  readonly #run: Run;
  constructor(run: Run) {
    this.#run = run;
  }

  async add(id: string, text: string): Promise<void> {
    await this.#run('message-text-add', 'insert into message_text (id, text) values ($1, $2) on conflict do nothing', [
      id,
      text,
    ]);
  }

  async candidates(trigrams: string[], limit: number): Promise<string[]> {
    const found = await this.#run(
      'message-text-find',
      'select id from message_text where text like all ($1::text[]) limit $2',
      [trigrams.map((t) => `%${literally(t)}%`), limit],
    );
    return found.rows.map((row) => (row as { id: string }).id);
  }
}
