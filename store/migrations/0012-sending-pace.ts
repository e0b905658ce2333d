import type { Kysely } from 'kysely';
import { keyed } from './0001-contact-centre.ts';

type Db = Kysely<unknown>;

/** How fast accounts and, where the provider wants that, contacts are written to; and what is known of a send that got no answer. */
export async function up(db: Db): Promise<void> {
  await keyed(
    db,
    db.schema
      .createTable('pace')
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('contact_id', 'text', (c) => c.notNull())
      .addColumn('free_at', 'double precision', (c) => c.notNull())
      .addPrimaryKeyConstraint('pace_pk', ['account_id', 'contact_id']),
  ).execute();
  await db.schema.alterTable('outgoing').addColumn('tried_at', 'bigint').execute();
  await db.schema.alterTable('outgoing').addColumn('sent_to', 'text').execute();
  await db.schema
    .alterTable('outgoing')
    .addColumn('looks', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}
