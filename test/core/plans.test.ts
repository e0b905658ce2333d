import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
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
  await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
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
  c.clock.set(c.clock.now() + 90 * 86_400_000);
  while ((await c.host.run('cleanUp', {})).more);
  await c.sync([account({ agents: ['anna'] })], [queue({ name: 'Sales' })], []);
  await c.host.close();
}

describe('the statements of the core', () => {
  it('read big tables by an index only', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-plans-'));
    const file = join(dir, 'x.db');
    // The tables are there already, so that only the core's own statements are seen.
    await (await Centre.open({ file })).host.close();
    const texts = await statementsOf(() => day(file));
    const db = new DatabaseSync(file);
    const scans: string[] = [];
    let explained = 0;
    for (const sql of texts) {
      if (!/^(select|update|delete|insert)/.test(sql)) continue;
      explained++;
      // A whole partial index is what is under way, not what ever was.
      for (const { detail } of db.prepare(`explain query plan ${sql}`).all() as { detail: string }[])
        if (BIG.includes(/^SCAN (\w+)$/.exec(detail)?.[1] ?? '')) scans.push(`${detail}: ${sql}`);
    }
    db.close();
    await rm(dir, { recursive: true });
    expect(explained).to.be.greaterThan(100);
    expect(scans).to.deep.equal([]);
  });
});
