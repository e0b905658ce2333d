import { type Kysely, sql } from 'kysely';

/** Searches that supervisors keep under a name, and what searches by tags need: few conversations have any, and messages do not change them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('saved_search')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('shared', 'integer', (c) => c.notNull())
    .addColumn('search', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('saved_search_owner').unique().on('saved_search').columns(['owner', 'key']).execute();
  await db.schema
    .createIndex('interaction_tagged')
    .on('interaction')
    .columns(['started_at', 'id'])
    .where(sql.ref('tags'), '<>', sql.lit('[]'))
    .execute();
}
