import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import pg from 'pg';
import { EXPORT_COLUMNS } from '../../core/bulk/columns.ts';
import { itOnPostgres, itOnSqlite } from '../support/engines.ts';
import { databaseUrl } from '../support/postgres.ts';
import { account, Centre, queue } from './support.ts';

/** Tables that grow with the conversations, or with everything that is under way. */
const BIG = [
  'interaction',
  'message',
  'offer',
  'provider_id',
  'address',
  'contact',
  'audit',
  'step_message',
  'idempotency',
  'early_status',
  'watch',
  'act',
  'step_end',
  'presence_change',
];

/** The text of every statement that is prepared while `work` runs. */
async function statementsOf(work: () => Promise<void>): Promise<Set<string>> {
  const texts = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string, ...rest: []) {
    texts.add(sql);
    return prepare.call(this, sql, ...rest);
  } as typeof prepare;
  try {
    await work();
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
  return texts;
}

/** What nodes of a flow do. */
async function flowSteers(c: Centre, interaction: string): Promise<void> {
  const of = { interaction, node: 'n' };
  const plan = { id: 'm', seq: 1 };
  const actor = { node: 'n', plan };
  await c.host.run('watch', { ...of, msg: '{}', dispositions: [{ name: 'Sold' }], mandatory: 'no', pause: '' });
  await c.host.run('setTags', { interaction, actor, tags: ['x'], change: 'add' });
  await c.host.run('addNote', { interaction, actor, text: 'x' });
  const loud = { template: '', sound: null, shake: null, level: 'info' as const, usernames: [] };
  for (const audience of ['queue', 'account'] as const)
    await c.host.run('notify', { interaction, actor, audience, ...loud });
  await c.host.run('steerList', { ...of, list: 'VIP' });
  await c.host.run('steerPriority', { ...of, priority: 1 });
  await c.host.run('steerUnassign', of);
  await c.host.run('steerAssign', { ...of, agent: 'anna' });
  const send = { node: 'n', text: 'x', type: 'text' as const, content: null, once: false };
  await c.host.run('queueSend', { ...send, interaction, plan });
  const other = (await c.inbound('+12025550109')).context.interaction.id;
  await c.host.run('steerClose', { interaction: other, node: 'n', disposition: ['x'] });
  await c.host.run('queueSendTo', { ...send, account: c.id, address: '+12025550109', origin: { interaction, plan } });
}

/** A day with a bit of everything. */
async function day(file: string): Promise<void> {
  const queues = [{ name: 'Sales' }, { name: 'One', strategy: 'rrmemory' as const }];
  const c = await Centre.open({ file, queues, settings: { retentionDays: 1 } });
  for (const a of ['anna', 'ben']) await c.agent(a, 2);
  await c.host.run('listenEvents', { nodes: ['listener'] });
  const one = await c.toQueue('+12025550101');
  const id = one.context.interaction.id;
  await c.accept('anna', id);
  await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Hello', idempotencyKey: 'k' });
  const [job] = await c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 });
  await c.host.run('finishOutgoing', {
    message: job!.message,
    result: { outcome: 'sent', providerId: 'SMout', status: 'sent' },
  });
  const status = { kind: 'status' as const, status: 'delivered' as const };
  await c.host.run('ingest', {
    account: c.id,
    events: [
      { ...status, id: 'SMout' },
      { ...status, id: 'unknown' },
    ],
  });
  await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
  await c.advance(61);
  await c.connect('anna');
  await c.connect('ben');
  await c.route(await c.inbound('+12025550101'));
  await c.reject('anna', id);
  await c.accept('ben', id);
  await c.toQueue('+12025550102', { queue: 'q-One' });
  await c.agentStep(await c.inbound('+12025550103'), 'ben');
  await c.host.run('messages', { interaction: id, username: 'ben' });
  await c.host.run('markRead', { interaction: id, username: 'ben' });
  await c.host.run('waitingByNode', { nodes: ['queue', 'agent'] });
  await c.inbound('+12025550101', 'both', { userId: 'US.1' });
  await c.host.run('release', { interaction: id, username: 'ben' });
  await c.host.run('take', { interaction: id, username: 'anna' });
  await flowSteers(c, id);
  await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
  await handle(c);
  await c.host.run('nextEvents', { node: 'listener', after: null, account: null, events: null, limit: 10 });
  for (const query of [{}, { interaction: id }, { event: 'message-in' as const, actor: 'contact' }])
    await c.host.run('auditLog', query);
  await c.host.run('resume', { attempts: true });
  await c.host.run('leave', { username: 'anna' });
  await c.host.run('updateAgent', { username: 'ben', disabled: true });
  await c.advance(200);
  const { contact } = (await c.toQueue('+12025550104', { timeout: 0 })).context;
  await c.host.run('noteExport', { contact: contact.id, username: 'root' });
  const { interactions } = await c.host.run('exportContact', { contact: contact.id });
  await c.host.run('exportInteraction', { interaction: interactions[0]!, after: null, limit: 10 });
  await c.host.run('eraseContact', { contact: contact.id, username: 'root', budget: 1 });
  await administer(c);
  c.clock.set(c.clock.now() + 90 * 86_400_000);
  while ((await c.host.run('cleanUp', {})).more);
  await c.sync([account({ agents: ['anna'] })], [queue({ name: 'Sales' })], []);
  await c.host.close();
}

/** What administrators and supervisors do. */
async function administer(c: Centre): Promise<void> {
  const pause = { name: 'Lunch', releaseAfter: 5 };
  await c.host.run('createPause', pause);
  await c.host.run('updatePause', { id: 'Lunch', name: 'Break' });
  await c.host.run('createCannedAnswer', { shortcut: 'hi', text: 'Hello' });
  await c.host.run('setCannedAnswers', { account: c.id, cannedAnswers: [{ shortcut: 'bye', text: 'Bye' }] });
  await c.host.run('setMembers', { kind: 'account', target: c.id, agents: ['anna'] });
  await c.host.run('setMembers', { kind: 'queue', target: 'Sales', agents: ['anna'] });
  await c.host.run('listAccounts', {});
  await c.host.run('listAgentOverviews', {});
  await c.host.run('listContacts', { search: 'x' });
  const made = await c.host.run('createContact', { address: '+12025550188' });
  await c.inbound('+12025550187');
  const { contacts } = await c.host.run('listContacts', { search: '0187' });
  await c.host.run('mergeContacts', { ids: [made.id, contacts[0]!.id], name: 'One' });
  await c.host.run('importContacts', { contacts: [{ row: 2, address: '+12025550188', name: 'Two', list: 'VIP' }] });
  const one = (await c.toQueue('+12025550116', { timeout: 1 })).context.interaction.id;
  await c.advance(2);
  await c.host.run('exportRows', { ids: [one], columns: [...EXPORT_COLUMNS] });
  await c.host.run('realtime', {});
  await c.host.run('outcomes', { since: c.clock.now() - 3_600_000, answerWithin: 20 });
  await c.host.run('report', { from: '2026-11-24', to: '2026-11-24', by: 'queue', timezone: 'UTC' });
  await c.view(one);
  await c.connect('anna');
  await c.host.run('spy', { interaction: one, username: 'the-supervisor', again: false });
  await c.host.run('reassign', { interaction: one, agent: 'anna', by: 'the-supervisor' });
  await c.host.run('forcePresence', { username: 'anna', by: 'the-supervisor', state: 'paused', pause: 'Break' });
  await c.host.run('noteTranscript', { interaction: one, username: 'the-supervisor' });
  await c.host.run('deleteInteractions', { job: 'j', username: 'anna', ids: [one], budget: 500 });
  await c.host.run('endDeletion', { job: 'j', complete: true });
}

/** What agents do with conversations besides answering. */
async function handle(c: Centre): Promise<void> {
  const id = (await c.toQueue('+12025550115')).context.interaction.id;
  await c.accept('anna', id);
  await c.host.run('addNote', { interaction: id, actor: { node: 'n', plan: { id: 'm', seq: 1 } }, text: 'x' });
  await c.host.run('setTags', { interaction: id, actor: { username: 'anna' }, tags: ['x'] });
  await c.host.run('snooze', { interaction: id, username: 'anna', until: c.clock.now() + 1000 });
  await c.advance(1);
  await c.host.run('earlier', { interaction: id, username: 'anna' });
  await c.host.run('transferTargets', { interaction: id, username: 'anna' });
  await c.host.run('colleagues', { username: 'anna' });
  const { contact } = await c.host.run('interaction', { interaction: id, username: 'anna' });
  await c.host.run('updateContact', { contact: contact.id, username: 'anna', name: 'Marta', list: 'VIP' });
  await c.host.run('transfer', { interaction: id, username: 'anna', to: { agent: 'ben' } });
  await c.host.run('transfer', { interaction: id, username: 'anna', to: { queue: 'Sales' } });
  await c.advance(30);
  await c.host.run('startClosing', { interaction: id, username: 'anna' });
  await c.host.run('cancelClosing', { interaction: id, username: 'anna' });
  await c.host.run('leave', { username: 'anna', release: true });
  await c.connect('anna');
  await c.host.run('take', { interaction: id, username: 'anna' });
  await c.sync([account({ autoCloseHours: 1, reopenMinutes: 1 })], [queue({ name: 'Sales' })]);
  await c.advance(3601);
  await c.connect('anna');
  await c.inbound('+12025550106');
  const [free] = (await c.host.run('desk', { username: 'anna' })).unassigned;
  await c.host.run('take', { interaction: free!.id, username: 'anna' });
  await c.host.run('closeInteraction', { interaction: free!.id, username: 'anna' });
  const again = { account: c.id, address: '+12025550106', username: 'anna', text: 'x' };
  await c.host.run('startInteraction', again);
  await c.inbound('+12025550105');
  await c.sync([account()], [queue({ name: 'Sales' })]);
  await c.connect('anna');
  await c.connect('ben');
}

/** Reads of whole big tables among these statements. A whole partial index is what is under way, not what ever was. */
function scansOf(texts: Set<string>, file: string, whole = /^SCAN (\w+)$/): { explained: number; scans: string[] } {
  const db = new DatabaseSync(file);
  const scans: string[] = [];
  let explained = 0;
  for (const sql of texts) {
    if (!/^(select|update|delete|insert)/.test(sql)) continue;
    explained++;
    for (const { detail } of db.prepare(`explain query plan ${sql}`).all() as { detail: string }[])
      if (BIG.includes(whole.exec(detail)?.[1] ?? '')) scans.push(`${detail}: ${sql}`);
  }
  db.close();
  return { explained, scans };
}

/** The text of every statement that PostgreSQL is sent while `work` runs. */
async function sentWhile(work: () => Promise<void>): Promise<Set<string>> {
  const texts = new Set<string>();
  const { query } = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  pg.Client.prototype.query = function (this: pg.Client, q: string | { text: string }, ...rest: unknown[]) {
    texts.add(typeof q === 'string' ? q : q.text);
    return query.call(this, q, ...rest);
  } as never;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query as never;
  }
  return texts;
}

/** Statements for which PostgreSQL has no index to go by, even if a look at the whole table costs as much as it can. */
async function withoutIndex(texts: Set<string>, url: string): Promise<{ explained: number; scans: string[] }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const scans: string[] = [];
  let explained = 0;
  await client.query('set enable_seqscan = off');
  for (const sql of texts) {
    if (!/^(select|update|delete|insert)/.test(sql)) continue;
    explained++;
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${sql}`);
    for (const { 'QUERY PLAN': line } of rows)
      if (BIG.includes(/Seq Scan on (\w+)/.exec(line)?.[1] ?? '')) scans.push(`${line}: ${sql}`);
  }
  await client.end();
  return { explained, scans };
}

describe('the statements of the core', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-plans-'));
    file = join(dir, 'x.db');
    // The tables are there already, so that only the core's own statements are seen.
    await (await Centre.open({ file })).host.close();
  });
  afterEach(() => rm(dir, { recursive: true }));

  itOnSqlite('read big tables by an index only', async () => {
    const { explained, scans } = scansOf(await statementsOf(() => day(file)), file);
    expect(explained).to.be.greaterThan(100);
    expect(scans).to.deep.equal([]);
  });

  itOnPostgres('have an index for all that they read of big tables', async () => {
    const { explained, scans } = await withoutIndex(await sentWhile(() => day(file)), await databaseUrl(file));
    expect(explained).to.be.greaterThan(100);
    expect(scans).to.deep.equal([]);
  });

  itOnPostgres('touch no index of interactions with a further message', async () => {
    const texts = await sentWhile(async () => {
      const c = await Centre.open({ file });
      await c.inbound('+12025550101');
      await c.inbound('+12025550101');
      await c.host.close();
    });
    const update = [...texts].find((sql) => sql.startsWith('update "interaction" set "address"')) ?? '';
    const written = [...(update.split(' where ')[0] ?? '').matchAll(/"(\w+)" = /g)].map((match) => match[1]);
    expect(written).to.include.members(['unread', 'last_message_at']);
    const client = new pg.Client({ connectionString: await databaseUrl(file) });
    await client.connect();
    const { rows } = await client.query<{ attname: string }>(
      `select distinct a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid
         and (a.attnum = any(i.indkey) or exists (select 1 from pg_depend d
           where d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))
       where i.indrelid = 'interaction'::regclass`,
    );
    await client.end();
    const indexed = rows.map(({ attname }) => attname);
    expect(indexed).to.include.members(['id', 'status']);
    expect(indexed.filter((name) => written.includes(name))).to.deep.equal([]);
  });

  itOnSqlite('of searches look at everything only if nothing narrows them', async () => {
    const having = (field: string, operator: string, value?: unknown) => ({ conditions: [{ field, operator, value }] });
    const c = await Centre.open({ file });
    await c.agent('anna');
    await c.toQueue('+12025550101');
    const narrow: [object, string | null][] = [
      [{ startDate: { from: '2026-11-24' }, account: 'SALES' }, null],
      [{ agent: 'anna' }, null],
      [having('agent', 'equals', 'ANNA'), null],
      [having('id', 'equals', 'x'), null],
      [{ status: 'open' }, null],
      [having('contact.address', 'endsWith', '0101'), null],
      [having('contact.name', 'contains', '+1202'), null],
      [having('messages', 'contains', 'Hello'), null],
      [{}, 'anna'],
    ];
    // The open ones are a partial index; all others have a row for every interaction.
    const whole = /^SCAN (\w+)(?! USING (COVERING )?INDEX interaction_agent)/;
    for (const [search, username] of narrow) {
      const texts = await statementsOf(() => c.host.run('search', { username, search }).then(() => {}));
      expect(scansOf(texts, file, whole).scans, JSON.stringify(search)).to.deep.equal([]);
    }
    const wide = { username: null, search: having('waitSeconds', 'greaterThan', 1) };
    const texts = await statementsOf(() => c.host.run('search', wide).then(() => {}));
    expect(scansOf(texts, file, whole).scans).to.have.length(1);
    await c.host.close();
  });
});
