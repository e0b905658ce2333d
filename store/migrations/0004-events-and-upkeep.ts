import { type Kysely, sql } from 'kysely';

/** Where each `wa-events` node is in the stream of events, what is fetched from providers, and what is to be deleted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('event_cursor')
    .addColumn('node_id', 'text', (c) => c.primaryKey())
    .addColumn('position', 'text', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('upkeep')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .execute();

  await db.schema.alterTable('account').addColumn('listed_until', 'bigint').execute();
  await db.schema.alterTable('contact').addColumn('erase_at', 'bigint').execute();
  await db.schema
    .createIndex('contact_erase')
    .on('contact')
    .column('id')
    .where(sql.ref('erase_at'), 'is not', sql.lit(null))
    .execute();
  await db.schema
    .createIndex('interaction_closed')
    .on('interaction')
    .column('closed_at')
    .where(sql.ref('status'), '=', sql.lit('closed'))
    .execute();
}
