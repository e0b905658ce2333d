import { type Kysely, SqliteAdapter, sql } from 'kysely';
import { keyed } from './0001-contact-centre.ts';

type Db = Kysely<unknown>;

/** What runtimes that share a database know of each other. A SQLite file has one owner, and leaves these tables and columns empty. */
export async function up(db: Db): Promise<void> {
  // Who has it, writes; `ms` is the time of the last transaction that did.
  await db.schema
    .createTable('writer')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('ms', 'bigint', (c) => c.notNull())
    .execute();
  await sql`insert into writer (name, ms) values ('all', 0)`.execute(db);

  await db.schema
    .createTable('runtime')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .addColumn('nodes', 'text')
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('change')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('xid', 'bigint', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('runtime', 'text', (c) => c.notNull())
      .addColumn('effects', 'text', (c) => c.notNull()),
  ).execute();
  await db.schema.createIndex('change_xid').on('change').columns(['xid', 'id']).execute();

  // Whose it is to give out. Null with SQLite, and where nobody has it.
  for (const table of ['handover', 'watch', 'connection', 'media'] as const)
    await db.schema.alterTable(table).addColumn('runtime', 'text').execute();
  await db.schema.alterTable('interaction').addColumn('step_runtime', 'text').execute();
  // Asked for only where there are several: a SQLite file does not pay for them with each message.
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) {
    for (const columns of [['interaction_id', 'message_id'], ['runtime']])
      await db.schema.createIndex(`handover_${columns[0]}`).on('handover').columns(columns).execute();
    await db.schema
      .createIndex('interaction_between')
      .on('interaction')
      .column('step_runtime')
      .where(sql<boolean>`plan_position = 'between'`)
      .execute();
    await db.schema.createIndex('connection_runtime').on('connection').column('runtime').execute();
  }

  // Since when a node that something waits for is in no runtime that lives.
  await db.schema
    .createTable('absent_node')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .execute();
}
