import type { Schema } from '../schema.ts';

/** Only of those who share a database, or made anew from the rest. */
type NotMoved = 'writer' | 'runtime' | 'change' | 'absent_node' | 'text_index';

/** The tables that are moved, each with its primary key. A new table of the schema has to be added here: the compiler insists. */
export const KEYS: { [T in Exclude<keyof Schema, NotMoved>]: (keyof Schema[T] & string)[] } = {
  account: ['id'],
  template: ['account_id', 'id'],
  template_list: ['account_id'],
  opt_out: ['contact_id', 'account_id'],
  queue: ['id'],
  member: ['kind', 'target', 'username', 'source'],
  agent: ['username'],
  connection: ['id'],
  session: ['token_hash'],
  list: ['id'],
  contact: ['id'],
  address: ['address'],
  interaction: ['id'],
  step_message: ['interaction_id'],
  watch: ['id'],
  act: ['interaction_id', 'key'],
  offer: ['id'],
  queue_agent: ['queue_id', 'agent'],
  message: ['id'],
  provider_id: ['provider_id', 'account_id'],
  early_status: ['provider_id', 'account_id', 'status'],
  handover: ['message_id'],
  outgoing: ['message_id'],
  pace: ['account_id', 'contact_id'],
  media: ['message_id', 'idx'],
  media_file: ['hash'],
  media_piece: ['hash', 'number'],
  secret: ['name'],
  idempotency: ['scope', 'key'],
  canned_answer: ['id'],
  pause: ['name'],
  calendar: ['id'],
  tag: ['id'],
  step_end: ['id'],
  presence_change: ['username', 'id'],
  audit: ['id'],
  event_cursor: ['node_id'],
  saved_search: ['id'],
  upkeep: ['name'],
};

/** Columns that say which of several runtimes has a row: nobody has it after a move. */
export const HOLDERS: ReadonlySet<string> = new Set(['runtime', 'step_runtime']);
