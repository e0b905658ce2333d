import { type Kysely, sql } from 'kysely';
import { keyed } from './0001-contact-centre.ts';

type Db = Kysely<unknown>;

/** Files of messages: what is still to be fetched, what each message has, and the contents, kept once however many messages have them. */
export async function up(db: Db): Promise<void> {
  await keyed(
    db,
    db.schema
      .createTable('media')
      .addColumn('message_id', 'text', (c) => c.notNull())
      .addColumn('idx', 'integer', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('due_at', 'bigint')
      .addColumn('hash', 'text')
      .addPrimaryKeyConstraint('media_pk', ['message_id', 'idx']),
  ).execute();
  await db.schema
    .createIndex('media_waiting')
    .on('media')
    .columns(['account_id', 'due_at'])
    .where(sql.ref('state'), '=', sql.lit('waiting'))
    .execute();
  await db.schema
    .createIndex('media_hash')
    .on('media')
    .column('hash')
    .where(sql.ref('hash'), 'is not', sql.lit(null))
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('media_file')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('size', 'bigint', (c) => c.notNull())
      .addColumn('unused_since', 'bigint'),
  ).execute();
  await db.schema
    .createIndex('media_file_unused')
    .on('media_file')
    .column('unused_since')
    .where(sql.ref('unused_since'), 'is not', sql.lit(null))
    .execute();

  // Contents, where they are kept in the database: pieces in base 64, which every database and every move between two of them takes.
  await db.schema
    .createTable('media_piece')
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('media_piece_pk', ['hash', 'number'])
    .execute();

  await db.schema
    .createTable('secret')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
}
