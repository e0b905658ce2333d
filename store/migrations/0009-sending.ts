import type { Kysely } from 'kysely';
import { keyed } from './0001-contact-centre.ts';

type Db = Kysely<unknown>;

/** Templates of accounts as their providers listed them, and who wants no more messages. */
export async function up(db: Db): Promise<void> {
  await keyed(
    db,
    db.schema
      .createTable('template')
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('data', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('template_pk', ['account_id', 'id']),
  ).execute();
  await db.schema.createIndex('template_name').on('template').columns(['account_id', 'name', 'id']).execute();
  await db.schema
    .createTable('template_list')
    .addColumn('account_id', 'text', (c) => c.primaryKey())
    .addColumn('listed_at', 'bigint')
    .addColumn('error', 'text')
    .execute();
  await keyed(
    db,
    db.schema
      .createTable('opt_out')
      .addColumn('contact_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('source', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('opt_out_pk', ['contact_id', 'account_id']),
  ).execute();
}
