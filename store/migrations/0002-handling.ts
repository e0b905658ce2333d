import { type Kysely, sql } from 'kysely';

/** What agents may do with an interaction: disposing, snoozing, automatic closing, and pauses that give the tabs up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('interaction').addColumn('disposing', 'text').execute();
  for (const column of ['snoozed_until', 'auto_close_at'] as const)
    await db.schema.alterTable('interaction').addColumn(column, 'bigint').execute();
  for (const column of ['disposing', 'snoozed_until', 'auto_close_at'] as const)
    await db.schema
      .createIndex(`interaction_${column}`)
      .on('interaction')
      .column(column)
      .where(sql.ref(column), 'is not', sql.lit(null))
      .execute();

  for (const column of ['resume_presence', 'resume_pause'] as const)
    await db.schema.alterTable('agent').addColumn(column, 'text').execute();
  for (const column of ['resume_since', 'release_at'] as const)
    await db.schema.alterTable('agent').addColumn(column, 'bigint').execute();
}
