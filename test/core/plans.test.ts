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
  const c = await Centre.open({ file, queues: [{ name: 'Sales' }, { name: 'One', strategy: 'rrmemory' }] });
  for (const a of ['anna', 'ben']) await c.agent(a, 2);
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
  await handle(c);
  await c.host.run('resume', { attempts: true });
  await c.host.run('leave', { username: 'anna' });
  await c.host.run('updateAgent', { username: 'ben', disabled: true });
  await c.advance(200);
  await c.toQueue('+12025550104', { timeout: 0 });
  await c.sync([account({ agents: ['anna'] })], [queue({ name: 'Sales' })], []);
  await c.host.close();
}

/** What agents do with conversations besides answering. */
async function handle(c: Centre): Promise<void> {
  const id = (await c.toQueue('+12025550105')).context.interaction.id;
  await c.accept('anna', id);
  await c.host.run('addNote', { interaction: id, actor: { node: 'n', plan: { id: 'm', seq: 1 } }, text: 'x' });
  await c.host.run('setTags', { interaction: id, actor: { username: 'anna' }, tags: ['x'] });
  await c.host.run('snooze', { interaction: id, username: 'anna', until: c.clock.now() + 1000 });
  await c.advance(1);
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
  await c.inbound('+12025550105');
  await c.sync([account()], [queue({ name: 'Sales' })]);
  await c.connect('anna');
  await c.connect('ben');
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
    // With a limit that is bound SQLite plans anew at each run: only pages, whose length is asked for, are worth that.
    const pages =
      /"message" where "interaction_id" = \? and "id" < \?|"outgoing" as "earlier"|"agent" where "deleted_at" is null/;
    expect([...texts].filter((sql) => / limit \?/.test(sql) && !pages.test(sql))).to.deep.equal([]);
    expect(explained).to.be.greaterThan(100);
    expect(scans).to.deep.equal([]);
  });
});
