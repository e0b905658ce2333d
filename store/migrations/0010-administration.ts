import type { Kysely } from 'kysely';
import { keyed } from './0001-contact-centre.ts';

type Db = Kysely<unknown>;

/** What administrators keep beside the flows, and what reports need beside the conversations themselves. */
export async function up(db: Db): Promise<void> {
  await db.schema
    .createTable('calendar')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .addColumn('timezone', 'text', (c) => c.notNull())
    .addColumn('rules', 'text', (c) => c.notNull())
    .addColumn('holidays', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('tag')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .execute();
  await db.schema
    .createIndex('canned_answer_account')
    .on('canned_answer')
    .columns(['account_id', 'shortcut'])
    .execute();

  // Steps of the plan that ended because nobody accepted in time; all other ends are rows or audit entries already.
  await keyed(
    db,
    db.schema
      .createTable('step_timeout')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('interaction_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('node', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('queue_id', 'text'),
  ).execute();
  await db.schema.createIndex('step_timeout_interaction').on('step_timeout').column('interaction_id').execute();
}
