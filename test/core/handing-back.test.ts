import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { account, Centre, queue, refusal, type Setup } from './support.ts';

const ALL = ['anna', 'ben'];

/** Anna has a conversation that her queue delivered. */
async function talking(setup: Setup = {}): Promise<{ c: Centre; id: string }> {
  const c = await Centre.open(setup);
  for (const a of ALL) await c.agent(a);
  const id = (await c.toQueue()).context.interaction.id;
  await c.accept('anna', id);
  await c.host.run('markRead', { interaction: id, username: 'anna' });
  c.forwards();
  return { c, id };
}

const released = async (c: Centre, id: string) =>
  c.rows<{ actor: string; data: string }>(
    `select actor, data from audit where event = 'interaction-released' and interaction_id = '${id}'`,
  );

describe('handing back', () => {
  it('makes it unassigned, unread, and rings in its last queue, not at who gave it back', async () => {
    const { c, id } = await talking();
    await c.host.run('release', { interaction: id, username: 'anna' });
    const view = await c.view(id);
    expect(view).to.include({ agent: null, unread: 1, tabOpen: false, queue: 'Sales' });
    expect(view.waiting).to.deep.include({ node: null, kind: 'return', queue: 'Sales', agent: null, until: null });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    expect(await released(c, id)).to.deep.equal([{ actor: 'anna', data: '{"agent":"anna"}' }]);
    await c.host.close();
  });

  it('rings until somebody accepts, also who comes later; a message joins', async () => {
    const { c, id } = await talking();
    await c.host.run('setPresence', { username: 'ben', state: 'paused' });
    await c.host.run('release', { interaction: id, username: 'anna' });
    for (let i = 0; i < 10; i++) {
      await c.advance(50);
      await c.host.run('heartbeat', { connections: ['c-anna', 'c-ben'] });
    }
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    expect(await c.route(await c.inbound())).to.include({ output: 0, outcome: 'waiting' });
    await c.host.run('setPresence', { username: 'ben', state: 'available' });
    await c.accept('ben', id);
    expect(await c.view(id)).to.include({ agent: 'ben', waiting: null });
    expect(c.forwards()).to.deep.equal([]);
    await c.host.close();
  });

  it('can be taken by anybody of the account meanwhile, also by who gave it back', async () => {
    const { c, id } = await talking();
    await c.host.run('release', { interaction: id, username: 'anna' });
    await c.host.run('take', { interaction: id, username: 'anna' });
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    expect(await c.view(id)).to.include({ agent: 'anna', waiting: null });
    await c.host.close();
  });

  it('of what no queue delivered, or one that is gone, only makes it unassigned', async () => {
    const { c, id } = await talking();
    const other = (await c.inbound('+12025550102')).context.interaction.id;
    await c.host.run('take', { interaction: other, username: 'anna' });
    await c.sync([account()], [queue({ name: 'Other' })]);
    for (const interaction of [id, other]) {
      await c.host.run('release', { interaction, username: 'anna' });
      expect(await c.view(interaction)).to.include({ agent: null, unread: 1, waiting: null });
      expect(await c.rings(interaction, ALL)).to.deep.equal([]);
    }
    await c.host.close();
  });

  it('a queue that is removed while it rings leaves it unassigned', async () => {
    const { c, id } = await talking();
    await c.host.run('release', { interaction: id, username: 'anna' });
    await c.sync([account()], [queue({ name: 'Other' })]);
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    expect(await c.view(id)).to.include({ agent: null, waiting: null });
    await c.host.close();
  });

  it('while `wa-route` asks the agent, lets their queue be asked, and the plan go on', async () => {
    const { c, id } = await talking();
    await c.advance(61);
    for (const a of ALL) await c.connect(a);
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    await c.route(await c.inbound());
    await c.host.run('release', { interaction: id, username: 'anna' });
    expect(await c.view(id)).to.include({ agent: null });
    expect((await c.view(id)).waiting).to.deep.include({ node: 'route', queue: 'Sales' });
    await c.advance(20);
    expect(c.forwards()).to.include('route 1 timeout');
    await c.host.close();
  });

  it('ends a transfer', async () => {
    const { c, id } = await talking();
    await c.agent('carla');
    await c.host.run('transfer', { interaction: id, username: 'anna', to: { agent: 'carla' } });
    await c.host.run('release', { interaction: id, username: 'anna' });
    expect(await c.rings(id, ['anna', 'ben', 'carla'])).to.deep.equal(['ben', 'carla']);
    await c.advance(31);
    expect((await c.view(id)).waiting).to.deep.include({ kind: 'return' });
    await c.host.close();
  });
});

describe('supervisors', () => {
  it('hand back any, and all of one agent', async () => {
    const { c, id } = await talking();
    await c.agent('sue', 1, 'supervisor');
    const second = (await c.toQueue('+12025550102')).context.interaction.id;
    await c.accept('anna', second);
    const all = (by: string, username = 'anna') => c.host.run('releaseAgent', { username, by });
    expect(await refusal(all('ben'))).to.equal('forbidden');
    expect(await refusal(all('sue', 'nobody'))).to.equal('not_found');
    expect(await all('sue')).to.deep.equal({ released: 2 });
    for (const ix of [id, second]) {
      expect(await c.view(ix)).to.include({ agent: null, unread: 1 });
      expect(await c.rings(ix, ALL)).to.deep.equal(['ben']);
      expect((await released(c, ix)).map((r) => r.actor)).to.deep.equal(['sue']);
    }
    expect(await all('sue')).to.deep.equal({ released: 0 });
    await c.host.close();
  });
});

describe('leaving', () => {
  it('keeps what is assigned, or hands it back', async () => {
    for (const release of [false, true]) {
      const { c, id } = await talking();
      await c.host.run('leave', { username: 'anna', release });
      expect((await c.view(id)).agent).to.equal(release ? null : 'anna');
      expect(await c.rings(id, ALL)).to.deep.equal(release ? ['ben'] : []);
      await c.host.close();
    }
  });

  for (const way of ['disabled', 'deleted'] as const)
    it(`what one who is ${way} had rings in its queue`, async () => {
      const { c, id } = await talking();
      if (way === 'disabled') await c.host.run('updateAgent', { username: 'anna', disabled: true });
      else await c.host.run('deleteAgent', { username: 'anna' });
      expect(await c.view(id)).to.include({ agent: null, unread: 1 });
      expect(await c.rings(id, ['ben'])).to.deep.equal(['ben']);
      await c.host.close();
    });

  it('while what they transferred rings, it goes to the queue instead', async () => {
    const { c, id } = await talking();
    await c.agent('carla');
    await c.host.run('transfer', { interaction: id, username: 'anna', to: { agent: 'ben' } });
    await c.host.run('updateAgent', { username: 'anna', disabled: true });
    expect(await c.rings(id, ['ben', 'carla'])).to.deep.equal(['ben', 'carla']);
    expect((await c.view(id)).waiting).to.deep.include({ kind: 'return' });
    await c.host.close();
  });
});

describe('a restart', () => {
  it('goes on ringing what was handed back', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-back-'));
    const file = join(dir, 'x.db');
    let { c, id } = await talking({ file });
    await c.host.run('release', { interaction: id, username: 'anna' });
    await c.host.close();
    c.clock.set(c.clock.now() + 3_600_000);
    c = await Centre.open({ file, clock: c.clock });
    await c.advance(1);
    await c.host.run('resume', { attempts: true });
    // Ben's connection is gone: the offer went back to the queue, and waits for whoever comes.
    await c.advance(61);
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    await c.connect('ben');
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.host.close();
    await rm(dir, { recursive: true });
  });
});

describe('a pause with an end', () => {
  /** Anna pauses for lunch, which may last half an hour. */
  async function lunch(setup: Setup = {}): Promise<{ c: Centre; id: string }> {
    const { c, id } = await talking(setup);
    await c.rows(`insert into pause (name, release_after) values ('Lunch', 30), ('Break', 0)`);
    await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
    return { c, id };
  }
  async function pass(c: Centre, minutes: number): Promise<void> {
    for (let i = 0; i < minutes * 2; i++) {
      await c.advance(30);
      await c.host.run('heartbeat', { connections: ['c-anna', 'c-ben'] });
    }
  }
  const outcome = async (c: Centre) => {
    const answer = await c.route(await c.inbound());
    return 'outcome' in answer ? answer.outcome : answer.result;
  };

  it('lets the tabs count until then, and not after', async () => {
    const { c, id } = await lunch();
    await pass(c, 29);
    expect(await outcome(c)).to.equal('tab');
    await pass(c, 1);
    expect(await outcome(c)).to.equal('waiting');
    expect(await c.rings(id, ALL)).to.deep.equal(['anna']);
    await c.advance(10);
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.host.close();
  });

  it('is absolute over a restart, and over when the pause is', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-lunch-'));
    const file = join(dir, 'x.db');
    let { c } = await lunch({ file });
    await pass(c, 20);
    await c.host.close();
    c.clock.set(c.clock.now() + 10 * 60_000);
    c = await Centre.open({ file, clock: c.clock });
    for (const a of ALL) await c.connect(a);
    expect(await outcome(c)).to.equal('waiting');
    await c.accept('anna');
    await c.host.run('setPresence', { username: 'anna', state: 'available' });
    // What was accepted has left its step and comes to rest.
    await pass(c, 1);
    expect(await outcome(c)).to.equal('tab');
    await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Break' });
    await pass(c, 60);
    expect(await outcome(c)).to.equal('tab');
    await c.host.close();
    await rm(dir, { recursive: true });
  });

  it('what was transferred and is not accepted then is asked for as if the agent were away', async () => {
    const { c, id } = await lunch();
    await pass(c, 30);
    await c.agent('carla');
    await c.host.run('transfer', { interaction: id, username: 'anna', to: { agent: 'carla' } });
    await c.reject('carla', id);
    expect((await c.view(id)).waiting).to.deep.include({ kind: 'return', agent: 'anna' });
    await c.host.close();
  });
});
