import { type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely, SqliteAdapter, sql } from 'kysely';

type Db = Kysely<unknown>;
const notNull = (c: ColumnDefinitionBuilder) => c.notNull();
const zero = (c: ColumnDefinitionBuilder) => c.notNull().defaultTo(0);

/**
 * Completes a table whose rows are found by their key. SQLite then keeps the rows in the key's own tree, which saves a second tree and
 * its writes for each row; PostgreSQL has no such choice.
 */
export function keyed<T extends string>(db: Db, table: CreateTableBuilder<T, string>): CreateTableBuilder<T, string> {
  return db.getExecutor().adapter instanceof SqliteAdapter
    ? (table.modifyEnd(sql`without rowid`) as CreateTableBuilder<T, string>)
    : table;
}

/** The tables of the contact centre. Every index serves a query of `core/`; partial ones use literals, which SQLite needs to match them. */
export async function up(db: Db): Promise<void> {
  await db.schema
    .createTable('account')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('node_id', 'text')
    .addColumn('provider', 'text', notNull)
    .addColumn('phone', 'text', notNull)
    .addColumn('key', 'text', notNull)
    .addColumn('name', 'text', notNull)
    .addColumn('list_id', 'text', notNull)
    .addColumn('proxy_token', 'text', notNull)
    .addColumn('config', 'text', notNull)
    .addColumn('last_inbound_at', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('removed_at', 'bigint')
    .execute();
  await db.schema.createIndex('account_number').unique().on('account').columns(['provider', 'phone']).execute();

  await db.schema
    .createTable('queue')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', notNull)
    .addColumn('strategy', 'text', notNull)
    .addColumn('agent_timeout', 'integer', notNull)
    .addColumn('weight', 'integer', notNull)
    .addColumn('last_accepted', 'text')
    .addColumn('removed_at', 'bigint')
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('member')
      .addColumn('kind', 'text', notNull)
      .addColumn('target', 'text', notNull)
      .addColumn('username', 'text', notNull)
      .addColumn('source', 'text', notNull)
      .addPrimaryKeyConstraint('member_pk', ['kind', 'target', 'username', 'source']),
  ).execute();
  await db.schema.createIndex('member_of').on('member').columns(['username', 'kind', 'target']).execute();

  await keyed(
    db,
    db.schema
      .createTable('agent')
      .addColumn('username', 'text', (c) => c.primaryKey())
      .addColumn('name', 'text', notNull)
      .addColumn('role', 'text', notNull)
      .addColumn('capacity', 'integer', notNull)
      .addColumn('password_hash', 'text', notNull)
      .addColumn('disabled', 'integer', zero)
      .addColumn('deleted_at', 'bigint')
      .addColumn('presence', 'text', notNull)
      .addColumn('pause', 'text')
      .addColumn('presence_since', 'bigint', notNull)
      .addColumn('connections', 'integer', zero)
      .addColumn('lost_at', 'bigint')
      .addColumn('load', 'integer', zero)
      .addColumn('ready', 'integer', zero),
  ).execute();
  await db.schema
    .createIndex('agent_ready')
    .on('agent')
    .column('username')
    .where(sql.ref('ready'), '=', sql.lit(1))
    .execute();
  await db.schema
    .createIndex('agent_connected')
    .on('agent')
    .column('username')
    .where(sql.ref('connections'), '>', sql.lit(0))
    .execute();
  await db.schema
    .createIndex('agent_lost')
    .on('agent')
    .column('lost_at')
    .where(sql.ref('lost_at'), 'is not', sql.lit(null))
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('connection')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('username', 'text', notNull)
      .addColumn('opened_at', 'bigint', notNull)
      .addColumn('seen_at', 'bigint', notNull),
  ).execute();
  await db.schema.createIndex('connection_agent').on('connection').column('username').execute();
  await db.schema.createIndex('connection_seen').on('connection').column('seen_at').execute();

  await keyed(
    db,
    db.schema
      .createTable('session')
      .addColumn('token_hash', 'text', (c) => c.primaryKey())
      .addColumn('username', 'text', notNull)
      .addColumn('created_at', 'bigint', notNull)
      .addColumn('expires_at', 'bigint', notNull),
  ).execute();
  await db.schema.createIndex('session_agent').on('session').column('username').execute();
  await db.schema.createIndex('session_expiry').on('session').column('expires_at').execute();

  await db.schema
    .createTable('list')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('contact')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('list_id', 'text', notNull)
      .addColumn('name', 'text', notNull)
      .addColumn('created_at', 'bigint', notNull),
  ).execute();

  await keyed(
    db,
    db.schema
      .createTable('address')
      .addColumn('address', 'text', (c) => c.primaryKey())
      .addColumn('contact_id', 'text', notNull)
      .addColumn('kind', 'text', notNull),
  ).execute();
  await db.schema.createIndex('address_contact').on('address').column('contact_id').execute();

  await keyed(
    db,
    db.schema
      .createTable('interaction')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_id', 'text', notNull)
      .addColumn('contact_id', 'text', notNull)
      .addColumn('address', 'text', notNull)
      .addColumn('status', 'text', notNull)
      .addColumn('version', 'integer', notNull)
      .addColumn('agent', 'text')
      .addColumn('queue_id', 'text')
      .addColumn('tab_open', 'integer', zero)
      .addColumn('unread', 'integer', zero)
      .addColumn('priority', 'integer', zero)
      .addColumn('tags', 'text', (c) => c.notNull().defaultTo('[]'))
      .addColumn('disposition', 'text', (c) => c.notNull().defaultTo('[]'))
      .addColumn('note', 'text')
      .addColumn('started_at', 'bigint', notNull)
      .addColumn('closed_at', 'bigint')
      .addColumn('closed_by', 'text')
      .addColumn('assigned_at', 'bigint')
      .addColumn('unanswered_since', 'bigint')
      .addColumn('last_inbound_at', 'bigint')
      .addColumn('last_inbound_id', 'text')
      .addColumn('last_message_id', 'text')
      .addColumn('last_message_at', 'bigint')
      .addColumn('last_message_text', 'text')
      .addColumn('last_message_type', 'text')
      .addColumn('last_message_direction', 'text')
      .addColumn('plan_position', 'text', (c) => c.notNull().defaultTo('none'))
      .addColumn('plan_seq', 'integer', zero)
      .addColumn('plan_message', 'text', (c) => c.notNull().defaultTo(''))
      .addColumn('plan_entries', 'text', (c) => c.notNull().defaultTo(''))
      .addColumn('step_node', 'text')
      .addColumn('step_kind', 'text')
      .addColumn('step_phase', 'text')
      .addColumn('step_queue', 'text')
      .addColumn('step_agent', 'text')
      .addColumn('step_since', 'bigint')
      .addColumn('step_deadline', 'bigint')
      .addColumn('step_accepting', 'integer', zero)
      .addColumn('step_wired', 'text', (c) => c.notNull().defaultTo(''))
      .addColumn('step_output', 'integer')
      .addColumn('step_handovers', 'integer', zero)
      .addColumn('step_result', 'text'),
  ).execute();
  // The one open conversation of an account with a contact, decided by the database.
  await db.schema
    .createIndex('interaction_open')
    .unique()
    .on('interaction')
    .columns(['contact_id', 'account_id'])
    .where(sql.ref('status'), '=', sql.lit('open'))
    .execute();
  await db.schema.createIndex('interaction_contact').on('interaction').columns(['contact_id', 'started_at']).execute();
  await db.schema
    .createIndex('interaction_agent')
    .on('interaction')
    .columns(['agent', 'tab_open'])
    .where(sql.ref('status'), '=', sql.lit('open'))
    .execute();
  await db.schema
    .createIndex('interaction_unassigned')
    .on('interaction')
    .columns(['account_id', 'started_at'])
    .where(sql<boolean>`status = 'open' and agent is null`)
    .execute();
  await db.schema
    .createIndex('interaction_deadline')
    .on('interaction')
    .column('step_deadline')
    .where(sql.ref('step_deadline'), 'is not', sql.lit(null))
    .execute();
  // What an agent who becomes free looks at: per queue and account the best waiting one, in one index step.
  await db.schema
    .createIndex('interaction_waiting')
    .on('interaction')
    .columns(['step_queue', 'account_id', 'priority desc', 'step_since'])
    .where(sql.ref('step_accepting'), '=', sql.lit(1))
    .execute();
  await db.schema
    .createIndex('interaction_waiting_agent')
    .on('interaction')
    .columns(['step_agent', 'priority desc', 'step_since'])
    .where(sql<boolean>`step_accepting = 1 and step_queue is null`)
    .execute();
  await db.schema
    .createIndex('interaction_step')
    .on('interaction')
    .columns(['step_node', 'plan_position'])
    .where(sql<boolean>`plan_position <> 'none'`)
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('step_message')
      .addColumn('interaction_id', 'text', (c) => c.primaryKey())
      .addColumn('msg', 'text', notNull),
  ).execute();

  await keyed(
    db,
    db.schema
      .createTable('offer')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('interaction_id', 'text', notNull)
      .addColumn('seq', 'integer', notNull)
      .addColumn('queue_id', 'text')
      .addColumn('agent', 'text', notNull)
      .addColumn('state', 'text', notNull)
      .addColumn('created_at', 'bigint', notNull)
      .addColumn('expires_at', 'bigint')
      .addColumn('ended_at', 'bigint')
      .addColumn('forgotten', 'integer', zero),
  ).execute();
  await db.schema.createIndex('offer_step').on('offer').columns(['interaction_id', 'seq', 'agent']).execute();
  await db.schema
    .createIndex('offer_ringing')
    .on('offer')
    .column('agent')
    .where(sql.ref('state'), '=', sql.lit('ringing'))
    .execute();
  await db.schema
    .createIndex('offer_expiry')
    .on('offer')
    .column('expires_at')
    .where(sql<boolean>`state = 'ringing' and expires_at is not null`)
    .execute();

  await keyed(
    db,
    db.schema
      .createTable('queue_agent')
      .addColumn('queue_id', 'text', notNull)
      .addColumn('agent', 'text', notNull)
      .addColumn('offered_at', 'bigint', notNull)
      .addPrimaryKeyConstraint('queue_agent_pk', ['queue_id', 'agent']),
  ).execute();

  await keyed(
    db,
    db.schema
      .createTable('message')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('interaction_id', 'text', notNull)
      .addColumn('version', 'integer', notNull)
      .addColumn('provider_id', 'text')
      .addColumn('direction', 'text', notNull)
      .addColumn('type', 'text', notNull)
      .addColumn('text', 'text', notNull)
      .addColumn('content', 'text')
      .addColumn('author', 'text', notNull)
      .addColumn('at', 'bigint', notNull)
      .addColumn('status', 'text', notNull)
      .addColumn('error_code', 'text')
      .addColumn('error_reason', 'text'),
  ).execute();
  await db.schema.createIndex('message_interaction').on('message').columns(['interaction_id', 'id']).execute();

  await keyed(
    db,
    db.schema
      .createTable('provider_id')
      .addColumn('account_id', 'text', notNull)
      .addColumn('provider_id', 'text', notNull)
      .addColumn('message_id', 'text', notNull)
      .addColumn('at', 'bigint', notNull)
      .addPrimaryKeyConstraint('provider_id_pk', ['provider_id', 'account_id']),
  ).execute();

  await keyed(
    db,
    db.schema
      .createTable('early_status')
      .addColumn('account_id', 'text', notNull)
      .addColumn('provider_id', 'text', notNull)
      .addColumn('status', 'text', notNull)
      .addColumn('error_code', 'text')
      .addColumn('error_reason', 'text')
      .addColumn('at', 'bigint', notNull)
      .addPrimaryKeyConstraint('early_status_pk', ['provider_id', 'account_id', 'status']),
  ).execute();
  await db.schema.createIndex('early_status_at').on('early_status').column('at').execute();

  await keyed(
    db,
    db.schema
      .createTable('handover')
      .addColumn('message_id', 'text', (c) => c.primaryKey())
      .addColumn('interaction_id', 'text', notNull)
      .addColumn('flags', 'text', notNull),
  ).execute();

  await keyed(
    db,
    db.schema
      .createTable('outgoing')
      .addColumn('message_id', 'text', (c) => c.primaryKey())
      .addColumn('account_id', 'text', notNull)
      .addColumn('contact_id', 'text', notNull)
      .addColumn('state', 'text', notNull)
      .addColumn('due_at', 'bigint', notNull)
      .addColumn('lease_until', 'bigint')
      .addColumn('attempts', 'integer', zero),
  ).execute();
  await db.schema.createIndex('outgoing_due').on('outgoing').columns(['account_id', 'state', 'due_at']).execute();
  await db.schema.createIndex('outgoing_contact').on('outgoing').columns(['contact_id', 'message_id']).execute();

  await keyed(
    db,
    db.schema
      .createTable('idempotency')
      .addColumn('scope', 'text', notNull)
      .addColumn('key', 'text', notNull)
      .addColumn('message_id', 'text', notNull)
      .addColumn('at', 'bigint', notNull)
      .addPrimaryKeyConstraint('idempotency_pk', ['scope', 'key']),
  ).execute();

  await db.schema
    .createTable('canned_answer')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text')
    .addColumn('shortcut', 'text', notNull)
    .addColumn('text', 'text', notNull)
    .execute();

  await db.schema
    .createTable('pause')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('release_after', 'integer', zero)
    .execute();

  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('at', 'bigint', notNull)
    .addColumn('event', 'text', notNull)
    .addColumn('actor', 'text', notNull)
    .addColumn('account_id', 'text')
    .addColumn('interaction_id', 'text')
    .addColumn('data', 'text')
    .execute();
  await db.schema.createIndex('audit_interaction').on('audit').columns(['interaction_id', 'id']).execute();
}
