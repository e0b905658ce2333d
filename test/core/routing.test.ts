import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { account, Centre, queue, refusal } from './support.ts';

const idOf = (h: { context: { interaction: { id: string } } }) => h.context.interaction.id;

describe('offers', () => {
  it('beepall rings everybody; the first accept wins, the others see it withdrawn', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben', 'carla']) await c.agent(a);
    const h = await c.toQueue();
    expect(await c.rings(idOf(h), ['anna', 'ben', 'carla'])).to.deep.equal(['anna', 'ben', 'carla']);
    const late = await c.offer('ben');
    await c.accept('anna');
    expect(await refusal(c.host.run('acceptOffer', { offer: late!, username: 'ben' }))).to.equal('offer_taken');
    expect(await c.rings(idOf(h), ['anna', 'ben', 'carla'])).to.deep.equal([]);
    const ended = c.effects.filter((e) => e.kind === 'publish' && e.event === 'offer-ended' && e.to.includes('ben'));
    expect(ended.map((e) => e.kind === 'publish' && JSON.parse(e.json))).to.deep.equal([
      { id: late, reason: 'rescinded', by: { username: 'anna', name: 'anna' } },
    ]);
    expect(c.forwards()).to.deep.equal(['queue 0 accepted']);
    expect(await c.view(idOf(h))).to.include({ agent: 'anna', tabOpen: true, queue: 'Sales' });
    await c.host.close();
  });

  it('of fifty accepts at once one wins and 49 are refused', async () => {
    const c = await Centre.open();
    const agents = Array.from({ length: 50 }, (_, i) => `agent${i}`);
    for (const a of agents) await c.agent(a);
    await c.toQueue();
    const offers = await Promise.all(agents.map((a) => c.offer(a)));
    const outcomes = await Promise.all(
      agents.map((username, i) => refusal(c.host.run('acceptOffer', { offer: offers[i]!, username }))),
    );
    expect(outcomes.filter((o) => o === 'no refusal')).to.have.length(1);
    expect(outcomes.filter((o) => o === 'offer_taken')).to.have.length(49);
    await c.host.close();
  });

  it('rrmemory goes on after the agent who accepted last, also after a restart', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-core-'));
    const file = join(dir, 'x.db');
    const queues = [{ name: 'Sales', strategy: 'rrmemory' as const }];
    let c = await Centre.open({ file, queues });
    for (const a of ['anna', 'ben', 'carla']) await c.agent(a);
    const all = ['anna', 'ben', 'carla'];
    const first = await c.toQueue('+12025550101');
    expect(await c.rings(idOf(first), all)).to.deep.equal(['anna']);
    await c.accept('anna');
    await c.host.close();
    c = await Centre.open({ file, queues, clock: c.clock });
    for (const a of all) await c.connect(a);
    const second = await c.toQueue('+12025550102');
    expect(await c.rings(idOf(second), all)).to.deep.equal(['ben']);
    await c.host.close();
    await rm(dir, { recursive: true });
  });

  it('leastrecent asks whom the queue asked the longest time ago; fewestopen who has the least', async () => {
    const c = await Centre.open({
      queues: [
        { name: 'Sales', strategy: 'leastrecent' },
        { name: 'Few', strategy: 'fewestopen' },
      ],
    });
    for (const a of ['anna', 'ben']) await c.agent(a, 10);
    const one = await c.toQueue('+12025550101');
    expect(await c.rings(idOf(one), ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.advance(1);
    const two = await c.toQueue('+12025550102');
    expect(await c.rings(idOf(two), ['anna', 'ben'])).to.deep.equal(['ben']);
    await c.advance(1);
    const three = await c.toQueue('+12025550103');
    expect(await c.rings(idOf(three), ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.accept('anna', idOf(one));
    await c.accept('anna', idOf(three));
    const few = await c.toQueue('+12025550104', { queue: 'Few', byName: true });
    expect(await c.rings(idOf(few), ['anna', 'ben'])).to.deep.equal(['ben']);
    await c.host.close();
  });

  it('a refusal and an expiry go to the next; when all were asked, they are asked again', async () => {
    const c = await Centre.open({ queues: [{ name: 'Sales', strategy: 'rrmemory', agentTimeout: 5 }] });
    for (const a of ['anna', 'ben']) await c.agent(a);
    const h = await c.toQueue();
    const ringing = () => c.rings(idOf(h), ['anna', 'ben']);
    expect(await ringing()).to.deep.equal(['anna']);
    await c.reject('anna');
    expect(await ringing()).to.deep.equal(['ben']);
    await c.advance(5);
    expect(await ringing()).to.deep.equal(['anna']);
    await c.advance(60);
    expect(await ringing()).to.deep.equal([]);
    expect(c.forwards()).to.deep.equal(['queue 1 timeout']);
    await c.host.close();
  });

  it('waits for somebody when nobody is there; skipIfNobody leaves at once', async () => {
    const c = await Centre.open();
    const h = await c.toQueue('+12025550101');
    expect((await c.host.run('waitingByNode', { nodes: ['queue'] })).queue).to.deep.equal({
      waiting: 1,
      nobody: 'no members',
    });
    const other = await c.inbound('+12025550102');
    const answer = await c.queue(other, { skipIfNobody: true, wired: [true, true, true] });
    expect(answer).to.include({ result: 'out', output: 2, outcome: 'nobody' });
    await c.agent('anna');
    expect(await c.rings(idOf(h), ['anna'])).to.deep.equal(['anna']);
    await c.host.close();
  });

  it('serves the highest weight first, then who waits longest, up to the capacity', async () => {
    const c = await Centre.open({ queues: [{ name: 'Sales' }, { name: 'Gold', weight: 5 }] });
    const early = await c.toQueue('+12025550101');
    await c.advance(1);
    const later = await c.toQueue('+12025550102');
    await c.advance(1);
    const gold = await c.toQueue('+12025550103', { queue: 'q-Gold' });
    await c.agent('anna', 2);
    const of = async (h: typeof early) => (await c.rings(idOf(h), ['anna'])).length;
    expect([await of(early), await of(later), await of(gold)]).to.deep.equal([1, 0, 1]);
    await c.accept('anna', idOf(gold));
    expect(await of(later)).to.equal(0);
    await c.host.run('closeInteraction', { interaction: idOf(gold), username: 'anna' });
    expect(await of(later)).to.equal(1);
    await c.host.close();
  });

  it('rechecks the capacity at accepting and at taking', async () => {
    const c = await Centre.open();
    await c.agent('anna', 1);
    const one = await c.toQueue('+12025550101');
    const two = await c.toQueue('+12025550102');
    expect(await c.rings(idOf(two), ['anna'])).to.deep.equal([]);
    await c.accept('anna', idOf(one));
    expect(await refusal(c.host.run('take', { interaction: idOf(two), username: 'anna' }))).to.equal('at_capacity');
    await c.host.close();
  });

  it('asks nobody who is paused, offline, without a connection or in another account', async () => {
    const c = await Centre.open({ account: { agents: ['anna', 'ben'] } });
    for (const a of ['anna', 'ben', 'carla']) await c.agent(a);
    await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
    await c.disconnect('ben');
    const h = await c.toQueue();
    expect(await c.rings(idOf(h), ['anna', 'ben', 'carla'])).to.deep.equal([]);
    const status = (await c.host.run('waitingByNode', { nodes: ['queue'] })).queue;
    expect(status?.nobody).to.equal('1 not in account, 1 offline, 1 paused');
    await c.host.run('setPresence', { username: 'anna', state: 'available' });
    expect(await c.rings(idOf(h), ['anna'])).to.deep.equal(['anna']);
    await c.host.close();
  });

  it('follows a change of the members while it rings', async () => {
    const c = await Centre.open({ queues: [{ name: 'Sales', agents: ['anna'] }] });
    for (const a of ['anna', 'ben']) await c.agent(a);
    const h = await c.toQueue();
    expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.sync([account()], [queue({ name: 'Sales', agents: ['ben'] })]);
    expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['ben']);
    await c.host.close();
  });

  it('a named agent is asked as soon as they can; a refusal is the other output', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    await c.disconnect('anna');
    const h = await c.inbound('+12025550101');
    expect(await c.agentStep(h, 'nobody-of-that-name')).to.include({
      result: 'out',
      output: 1,
      outcome: 'unknown_agent',
    });
    const again = await c.inbound('+12025550102');
    expect(await c.agentStep(again, 'anna')).to.deep.equal({ result: 'waiting' });
    expect(await c.offer('anna')).to.equal(null);
    await c.connect('anna');
    await c.reject('anna');
    expect(c.forwards()).to.deep.equal(['agent 1 rejected']);
    await c.host.close();
  });

  it('who is freed with others has what only they may take before what somebody else refused', async () => {
    const c = await Centre.open({
      queues: [
        { name: 'All', agents: ['*'] },
        { name: 'Few', strategy: 'fewestopen', agentTimeout: 5, agents: ['anna', 'carla'] },
        { name: 'Least', strategy: 'leastrecent', weight: 1, agents: ['carla'] },
      ],
    });
    await c.agent('anna', 1);
    const refused = await c.toQueue('+12025550101', { queue: 'q-Few', timeout: 0 });
    await c.agent('carla', 1);
    const everybodys = await c.toQueue('+12025550102', { queue: 'q-All', timeout: 0 });
    // Anna lets the first pass, and gets what rings for Carla too: both are busy.
    await c.advance(6);
    const carlas = await c.toQueue('+12025550103', { queue: 'q-Least', timeout: 0 });
    const rings = (h: typeof refused) => c.rings(h.context.interaction.id, ['anna', 'carla']);
    expect([await rings(refused), await rings(everybodys), await rings(carlas)]).to.deep.equal([
      [],
      ['anna', 'carla'],
      [],
    ]);
    await c.view(everybodys.context.interaction.id);
    await c.host.run('take', { interaction: everybodys.context.interaction.id, username: 'the-supervisor' });
    expect([await rings(refused), await rings(carlas)]).to.deep.equal([['anna'], ['carla']]);
    await c.host.close();
  });
});

describe('wa-route', () => {
  /** Anna answers a customer and closes the tab. */
  async function known(queues = [{ name: 'Sales' }]): Promise<{ c: Centre; id: string }> {
    const c = await Centre.open({ queues });
    for (const a of ['anna', 'ben']) await c.agent(a);
    const id = idOf(await c.toQueue());
    await c.accept('anna');
    // What follows the accepted output takes nothing: the position ends by itself.
    await c.advance(61);
    for (const a of ['anna', 'ben']) await c.host.run('heartbeat', { connections: [`c-${a}`] });
    for (const a of ['anna', 'ben']) await c.connect(a);
    c.forwards();
    return { c, id };
  }

  it('goes straight to an open tab', async () => {
    const { c } = await known();
    expect(await c.route(await c.inbound())).to.include({ result: 'out', output: 0, outcome: 'tab' });
    await c.host.close();
  });

  it('waits for the agent, then for the queue, then leaves for the plan', async () => {
    const { c, id } = await known();
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    expect(await c.route(await c.inbound())).to.deep.equal({ result: 'waiting' });
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.advance(9);
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.advance(1);
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna', 'ben']);
    expect((await c.view(id)).agent).to.equal('anna');
    await c.advance(20);
    expect(c.forwards()).to.deep.equal(['route 1 timeout']);
    expect(await c.view(id)).to.include({ agent: null, tabOpen: false });
    await c.host.close();
  });

  it('a colleague of the queue may take it over', async () => {
    const { c, id } = await known();
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    await c.route(await c.inbound());
    await c.reject('anna', id);
    await c.accept('ben', id);
    expect(c.forwards()).to.deep.equal(['route 0 queue']);
    expect((await c.view(id)).agent).to.equal('ben');
    await c.host.close();
  });

  it('opening the tab, and answering, count as accepting', async () => {
    for (const act of ['open', 'answer'] as const) {
      const { c, id } = await known();
      await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
      await c.route(await c.inbound());
      if (act === 'open') await c.host.run('setTab', { interaction: id, username: 'anna', open: true });
      else await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Here I am' });
      expect(c.forwards(), act).to.deep.equal(['route 0 agent']);
      await c.host.close();
    }
  });

  it('an agent who is offline gets it when back in time', async () => {
    const { c, id } = await known();
    await c.host.run('leave', { username: 'anna' });
    await c.route(await c.inbound());
    await c.advance(5);
    await c.connect('anna');
    await c.accept('anna', id);
    expect(c.forwards()).to.deep.equal(['route 0 agent']);
    await c.host.close();
  });

  it('a tab counts as open for offlineAfter seconds without a connection', async () => {
    const { c } = await known();
    await c.disconnect('anna');
    await c.advance(59);
    expect(await c.route(await c.inbound())).to.include({ outcome: 'tab' });
    await c.advance(2);
    expect(await c.route(await c.inbound())).to.deep.equal({ result: 'waiting' });
    await c.host.close();
  });

  it('an agent who left the account is not waited for', async () => {
    const { c, id } = await known([{ name: 'Sales' }]);
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    await c.sync([account({ agents: ['ben'] })], [queue({ name: 'Sales' })]);
    await c.route(await c.inbound());
    expect(await c.rings(id, ['anna'])).to.deep.equal([]);
    expect(await c.rings(id, ['ben'])).to.deep.equal(['ben']);
    await c.host.close();
  });
});
