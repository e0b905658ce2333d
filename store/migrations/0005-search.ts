import { type Kysely, sql } from 'kysely';

type Db = Kysely<unknown>;

/** What searches need beside the contact centre's own tables. Nothing here is written when an ordinary message comes in. */
export async function up(db: Db): Promise<void> {
  // How long the customer waited for the first agent, whoever took over later.
  await db.schema.alterTable('interaction').addColumn('first_assigned_at', 'bigint').execute();
  await sql`update interaction set first_assigned_at = assigned_at where assigned_at is not null`.execute(db);
  await db.schema.createIndex('interaction_started').on('interaction').columns(['started_at', 'id']).execute();
  // An agent's open ones have an index already, which who looks for those must go on using.
  await db.schema
    .createIndex('interaction_closed_of_agent')
    .on('interaction')
    .columns(['agent', 'started_at', 'id'])
    .where(sql.ref('status'), '=', sql.lit('closed'))
    .execute();
  // Up to which message the texts are in the full-text index; the rest is looked through.
  await db.schema
    .createTable('text_index')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('up_to', 'text', (c) => c.notNull())
    .execute();
  await sql`insert into text_index (name, up_to) values ('message', '')`.execute(db);
}
