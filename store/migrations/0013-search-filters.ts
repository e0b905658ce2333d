import { type Kysely, SqliteAdapter, sql } from 'kysely';

/** What searches by account and for unread ones read of what is closed, so that no message writes to it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const closed = sql<boolean>`${sql.ref('status')} = ${sql.lit('closed')}`;
  await db.schema
    .createIndex('interaction_closed_of_account')
    .on('interaction')
    .columns(['account_id', 'started_at', 'id'])
    .where(closed)
    .execute();
  // With PostgreSQL a column that any index looks at makes each change of it a change of all indexes, and every message changes this one.
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return;
  await db.schema
    .createIndex('interaction_closed_unread')
    .on('interaction')
    .columns(['started_at', 'id'])
    .where(sql<boolean>`${closed} and ${sql.ref('unread')} > ${sql.lit(0)}`)
    .execute();
}
