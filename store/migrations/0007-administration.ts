import { type Kysely, sql } from 'kysely';
import { idBound } from '../ids.ts';
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

  // Waits that ended without an agent; all other ends are rows or audit entries already.
  await keyed(
    db,
    db.schema
      .createTable('step_end')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('interaction_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('node', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('queue_id', 'text')
      .addColumn('outcome', 'text', (c) => c.notNull()),
  ).execute();
  await db.schema.createIndex('step_end_interaction').on('step_end').columns(['interaction_id', 'id']).execute();

  // The presence of agents over time; it begins with what it is now.
  await keyed(
    db,
    db.schema
      .createTable('presence_change')
      .addColumn('username', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('pause', 'text')
      .addPrimaryKeyConstraint('presence_change_pk', ['username', 'id']),
  ).execute();
  const agents = await sql<{ username: string; presence: string; pause: string | null; presence_since: number }>`
    select username, presence, pause, presence_since from agent`.execute(db);
  for (const { username, presence, pause, presence_since: since } of agents.rows)
    await sql`insert into presence_change (username, id, at, state, pause)
      values (${username}, ${idBound(Number(since))}, ${since}, ${presence}, ${pause})`.execute(db);
}
