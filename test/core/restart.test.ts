import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Handover } from '../../core/views.ts';
import { newId } from '../../store/ids.ts';
import { onPostgres } from '../support/postgres.ts';
import { Centre } from './support.ts';

/** There the time of whoever wrote last is in a row, and not looked for in what was written. */
const A_DAY_AHEAD = 'update writer set ms = ms + 86400000';
const idOf = (h: Handover) => h.context.interaction.id;

describe('a restart', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-restart-'));
    file = join(dir, 'x.db');
  });
  afterEach(() => rm(dir, { recursive: true }));

  /** Stops, lets seconds pass, and starts again over the same file. */
  async function reopen(c: Centre, seconds: number): Promise<Centre> {
    await c.host.close();
    c.clock.set(c.clock.now() + seconds * 1000);
    return Centre.open({ file, clock: c.clock });
  }

  it('fires at once, in their order, the timeouts that passed meanwhile', async () => {
    let c = await Centre.open({ file });
    await c.toQueue('+12025550101', { node: 'late', timeout: 50 });
    await c.toQueue('+12025550102', { node: 'early', timeout: 40 });
    await c.toQueue('+12025550103', { node: 'not-yet', timeout: 9000 });
    c = await reopen(c, 600);
    await c.advance(0);
    expect(c.forwards()).to.deep.equal(['early 1 timeout', 'late 1 timeout']);
    await c.host.close();
  });

  it('hands over again what was between two steps, however long it lasted', async () => {
    let c = await Centre.open({ file });
    const h = await c.inbound();
    await c.route(h);
    c = await reopen(c, 3600);
    await c.advance(1);
    expect(await c.host.run('resume', { attempts: true })).to.deep.include({ between: 1 });
    expect(c.forwards()).to.deep.equal(['route 1 nobody']);
    await c.advance(61);
    expect((await c.host.run('resume', { attempts: true })).between).to.equal(0);
    await c.host.close();
  });

  it('gives out what was between in parts, each once, the longest first', async () => {
    const c = await Centre.open();
    const all = 220;
    for (let i = 0; i < all; i++) {
      await c.route(await c.inbound(`+1202556${1000 + i}`));
      await c.advance(0.01);
    }
    c.effects.splice(0);
    const { between, rest } = await c.host.run('resume', { attempts: true });
    expect([between, rest.length]).to.deep.equal([200, 20]);
    // One of them is taken meanwhile, and is no part of it any more.
    await c.host.run('createAgent', { username: 'eve', name: 'E', role: 'supervisor', capacity: 1, passwordHash: 'x' });
    await c.host.run('take', { interaction: rest[3]!, username: 'eve' });
    expect((await c.host.run('resume', { attempts: true, interactions: rest })).between).to.equal(19);
    const given = c.effects.flatMap((e) => (e.kind === 'forward' ? [e.context.interaction.id] : []));
    expect(given)
      .to.deep.equal([...new Set(given)].sort())
      .and.to.have.length(219);
    expect((await c.host.run('resume', { attempts: true })).rest).to.have.length(19);
    await c.host.close();
  });

  it('hands over again a step that ended and whose message nobody took, but not for ever', async () => {
    let c = await Centre.open({ file });
    await c.agent('anna');
    const id = idOf(await c.toQueue());
    await c.accept('anna', id);
    expect(c.forwards()).to.deep.equal(['queue 0 accepted']);
    for (let start = 1; start <= 3; start++) {
      c = await reopen(c, 600);
      expect(await c.host.run('resume', { attempts: true })).to.deep.include({ between: 1 });
      expect(c.forwards()).to.deep.equal(['queue 0 accepted']);
    }
    c = await reopen(c, 1);
    expect(await c.host.run('resume', { attempts: true })).to.deep.include({ between: 0 });
    expect(await c.rows("select data from audit where event = 'plan-ended'")).to.have.length(1);
    await c.host.close();
  });

  it('ends offers that rang to their end meanwhile, and asks the next', async () => {
    const queues = [{ name: 'Sales', strategy: 'rrmemory' as const, agentTimeout: 20 }];
    let c = await Centre.open({ file, queues });
    for (const a of ['anna', 'ben']) await c.agent(a);
    const id = idOf(await c.toQueue(undefined, { timeout: 600 }));
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.host.close();
    c.clock.set(c.clock.now() + 30_000);
    c = await Centre.open({ file, queues, clock: c.clock });
    await c.connect('ben');
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['ben']);
    expect(await c.rows("select actor from audit where event = 'offer-expired'")).to.deep.equal([{ actor: 'anna' }]);
    await c.host.close();
  });

  it('with a clock that has gone back, new messages still come after the old ones', async () => {
    let c = await Centre.open({ file });
    const before = await c.inbound('+12025550199', 'before');
    // As another process wrote it, a day ahead of this one.
    const id = newId(0).slice(0, 9);
    const later = (Number.parseInt(id, 36) + 86_400_000).toString(36).padStart(9, '0') + before.message.id.slice(9);
    await c.rows(`update message set id = '${later}' where id = '${before.message.id}'`);
    if (onPostgres) await c.rows(A_DAY_AHEAD);
    await c.host.close();
    c = await Centre.open({ file, clock: c.clock });
    const after = await c.inbound('+12025550199', 'after');
    expect(after.message.id > later).to.equal(true);
    await c.host.close();
  });

  it('events come after what a listener has read, also when that was deleted', async () => {
    let c = await Centre.open({ file });
    await c.host.run('listenEvents', { nodes: ['listener'] });
    const later = `${(c.clock.now() + 86_400_000).toString(36).padStart(9, '0')}zzzzzzzz`;
    await c.rows(`update event_cursor set position = '${later}'`);
    if (onPostgres) await c.rows(A_DAY_AHEAD);
    await c.host.close();
    c = await Centre.open({ file, clock: c.clock });
    await c.inbound();
    const read = { node: 'listener', after: null, account: null, events: null, limit: 10 };
    expect((await c.host.run('nextEvents', read)).events.map((e) => e.event)).to.deep.equal([
      'interaction-opened',
      'message-in',
    ]);
    await c.host.close();
  });

  it('gives agents who were connected the grace of offlineAfter, then they are offline', async () => {
    let c = await Centre.open({ file });
    await c.agent('anna');
    c = await reopen(c, 1);
    const state = async () => (await c.host.run('agentRecord', { username: 'anna' }))?.presence.state;
    await c.advance(59);
    expect(await state()).to.equal('available');
    await c.advance(2);
    expect(await state()).to.equal('offline');
    await c.host.close();
  });

  it('never sends again what was being sent', async () => {
    let c = await Centre.open({ file });
    await c.agent('anna');
    const id = idOf(await c.toQueue());
    await c.accept('anna');
    const { message } = await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'one' });
    await c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 });
    c = await reopen(c, 1);
    expect((await c.host.run('message', { message: message.id })).status).to.equal('ambiguous');
    expect(await c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 })).to.deep.equal([]);
    await c.host.close();
  });
});

describe('connections', () => {
  it('without a heartbeat are lost, also when nothing else happens', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const state = async () => (await c.host.run('agentRecord', { username: 'anna' }))?.presence.state;
    for (let i = 0; i < 10; i++) {
      await c.advance(15);
      await c.host.run('heartbeat', { connections: ['c-anna'] });
    }
    expect(await state()).to.equal('available');
    await c.advance(130);
    expect(await state()).to.equal('offline');
    await c.host.close();
  });
});
