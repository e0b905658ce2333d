import { type Kysely, sql } from 'kysely';

/** The nearest lease of what is being sent is looked for in every transaction: by index, however much waits to be sent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('outgoing_lease')
    .on('outgoing')
    .column('lease_until')
    .where(sql.ref('lease_until'), 'is not', sql.lit(null))
    .execute();
}
