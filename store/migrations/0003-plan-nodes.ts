import { type Kysely, sql } from 'kysely';
import { keyed } from './0001-contact-centre.ts';

type Db = Kysely<unknown>;

/** What `wa-disposition` keeps, and what nodes of the plan did once. */
export async function up(db: Db): Promise<void> {
  await db.schema
    .alterTable('interaction')
    .addColumn('watched', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('watch')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('interaction_id', 'text', (c) => c.notNull())
      .addColumn('node', 'text', (c) => c.notNull())
      .addColumn('since', 'bigint', (c) => c.notNull())
      .addColumn('mandatory', 'text', (c) => c.notNull())
      .addColumn('pause', 'text', (c) => c.notNull())
      .addColumn('result', 'text')
      .addColumn('dispositions', 'text', (c) => c.notNull())
      .addColumn('msg', 'text', (c) => c.notNull()),
  ).execute();
  // One message per node and interaction waits; those that leave stand beside it until the flow has them.
  await db.schema
    .createIndex('watch_waiting')
    .unique()
    .on('watch')
    .columns(['interaction_id', 'node'])
    .where(sql.ref('result'), 'is', sql.lit(null))
    .execute();
  await db.schema
    .createIndex('watch_leaving')
    .on('watch')
    .column('id')
    .where(sql.ref('result'), 'is not', sql.lit(null))
    .execute();
  await db.schema.createIndex('watch_node').on('watch').columns(['node', 'result']).execute();

  await keyed(
    db,
    db.schema
      .createTable('act')
      .addColumn('interaction_id', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('message_id', 'text')
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('act_pk', ['interaction_id', 'key']),
  ).execute();
}
