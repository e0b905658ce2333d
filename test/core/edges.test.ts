import { expect } from 'chai';
import type { Handover } from '../../core/views.ts';
import { account, Centre, queue, refusal } from './support.ts';

const idOf = (h: Handover) => h.context.interaction.id;
type Out = Extract<Awaited<ReturnType<Centre['route']>>, { result: 'out' }>;
const leaving = (h: Handover, answer: Out) => ({
  context: { ...answer.context, plan: { id: h.context.plan.id, seq: answer.context.plan.seq } },
});
const events = (c: Centre, event: string) =>
  c.rows<{ actor: string }>(`select actor from audit where event = '${event}' order by id`);
const supervisor = (c: Centre) =>
  c.host.run('createAgent', { username: 'eve', name: 'Eve', role: 'supervisor', capacity: 1, passwordHash: 'x' });

describe('taking', () => {
  it('raises the seq: what is on its way between two steps is stale', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const h = await c.inbound();
    const out = (await c.route(h)) as Out;
    await c.host.run('take', { interaction: idOf(h), username: 'anna' });
    expect(await c.queue(leaving(h, out))).to.deep.equal({ result: 'stale' });
    // The next one finds the open tab, also one that was handed over before.
    expect(await c.route(await c.inbound())).to.include({ result: 'out', output: 0, outcome: 'tab' });
    await c.advance(120);
    expect(await events(c, 'plan-ended')).to.deep.equal([]);
    await c.host.close();
  });

  it('what a colleague was faster with is a conflict, no lack of permission', async () => {
    const c = await Centre.open({ account: { agents: ['anna', 'ben'] } });
    for (const a of ['anna', 'ben', 'carla']) await c.agent(a);
    const h = await c.inbound();
    await c.host.run('take', { interaction: idOf(h), username: 'anna' });
    const take = (username: string) => refusal(c.host.run('take', { interaction: idOf(h), username }));
    expect(await take('ben')).to.equal('already_assigned');
    expect(await take('carla')).to.equal('forbidden');
    expect(await take('anna')).to.equal('no refusal');
    expect(await events(c, 'offer-accepted')).to.deep.equal([]);
    await supervisor(c);
    expect(await take('eve')).to.equal('no refusal');
    expect((await c.view(idOf(h))).agent).to.equal('eve');
    await c.host.close();
  });

  it('what rings counts when it is offered, not when something is opened', async () => {
    const c = await Centre.open();
    await c.agent('anna', 1);
    const first = idOf(await c.toQueue('+12025550101'));
    await c.accept('anna', first);
    await c.host.run('setTab', { interaction: first, username: 'anna', open: false });
    const second = idOf(await c.toQueue('+12025550102'));
    await c.advance(61);
    await c.connect('anna');
    // `wa-route` asks the agent of the first, whatever else rings.
    const third = idOf(await c.toQueue('+12025550103'));
    await c.route(await c.inbound('+12025550101'));
    expect(await c.offer('anna', first)).to.not.equal(null);
    await c.accept('anna', first);
    expect(await refusal(c.accept('anna', third))).to.equal('at_capacity');
    expect(await refusal(c.host.run('take', { interaction: second, username: 'anna' }))).to.equal('at_capacity');
    await c.host.close();
  });
});

describe('opening the tab of what rings', () => {
  it('ends the own offer as accepted', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const id = idOf(await c.toQueue());
    await c.accept('anna');
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    await c.advance(61);
    await c.connect('anna');
    await c.route(await c.inbound());
    const offer = await c.offer('anna', id);
    c.effects.splice(0);
    await c.host.run('setTab', { interaction: id, username: 'anna', open: true });
    const ended = c.effects.flatMap((e) =>
      e.kind === 'publish' && e.event === 'offer-ended' ? [JSON.parse(e.json)] : [],
    );
    expect(ended).to.deep.equal([{ id: offer, reason: 'accepted' }]);
    expect(await events(c, 'offer-accepted')).to.deep.equal([{ actor: 'anna' }, { actor: 'anna' }]);
    await c.host.close();
  });

  it('the step says how long the customer waited in both of its waits', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben']) await c.agent(a);
    const id = idOf(await c.toQueue());
    await c.accept('anna');
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    await c.route(await c.inbound());
    await c.advance(12);
    await c.accept('ben', id);
    const last = c.effects.findLast((e) => e.kind === 'forward');
    expect(last).to.deep.include({ step: { outcome: 'queue', agent: 'ben', waitedSeconds: 12 } });
    await c.host.close();
  });
});

describe('a customer who writes a lot', () => {
  it('is no loop: each message is a run of its own', async () => {
    const c = await Centre.open();
    for (let i = 0; i < 50; i++)
      expect(await c.route(await c.inbound(), [true, false])).to.deep.equal({ result: 'ended', outcome: 'nobody' });
    expect(await events(c, 'plan-loop')).to.deep.equal([]);
    await c.host.close();
  });
});

describe('two contacts that become one', () => {
  const byUser = async (c: Centre, text = 'it is me') => {
    const before = c.handovers.length;
    const peer = { address: 'US.1349', userId: 'US.1349' };
    const event = { kind: 'message' as const, id: `u-${text}`, peer, type: 'text' as const, text };
    await c.host.run('ingest', { account: c.id, events: [event] });
    return c.handovers[before]!;
  };

  it('the agent who talks with the younger one goes on, in the older one', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben']) await c.agent(a);
    const older = await c.inbound('+12025550199');
    const younger = await byUser(c);
    await c.host.run('take', { interaction: idOf(younger), username: 'anna' });
    c.effects.splice(0);
    await c.inbound('+12025550199', 'again', { userId: 'US.1349' });
    expect(await c.view(idOf(older))).to.include({ agent: 'anna', tabOpen: true, unread: 3 });
    const desk = await c.host.run('desk', { username: 'anna' });
    expect(desk.tabs.map((ix) => ix.id)).to.deep.equal([idOf(older)]);
    // The desk that had the other open learns that it is closed.
    const told = c.effects.flatMap((e) =>
      e.kind === 'publish' && e.event === 'interaction' && e.interaction === idOf(younger)
        ? [{ to: e.to, status: (JSON.parse(e.json) as { status: string }).status }]
        : [],
    );
    expect(told).to.deep.equal([{ to: ['anna'], status: 'closed' }]);
    await c.host.close();
  });

  it('the one that stays keeps its agent; the other agent gets room again', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben']) await c.agent(a, 1);
    const older = await c.inbound('+12025550199');
    await c.host.run('take', { interaction: idOf(older), username: 'anna' });
    const younger = await byUser(c);
    await c.host.run('take', { interaction: idOf(younger), username: 'ben' });
    await c.inbound('+12025550199', 'again', { userId: 'US.1349' });
    expect((await c.view(idOf(older))).agent).to.equal('anna');
    const [ben] = await c.rows<{ load: number; ready: number }>("select load, ready from agent where username = 'ben'");
    expect(ben).to.include({ load: 0, ready: 1 });
    await c.host.close();
  });

  it('conversations with other accounts show their newest message', async () => {
    const c = await Centre.open();
    const second = account({ nodeId: 'acc2', phone: '+12025550111', key: 'B' });
    const synced = await c.sync([account(), second], [queue({ name: 'Sales' })]);
    const other = (synced.accounts.acc2 as { id: string }).id;
    const first = c.id;
    c.id = other;
    const older = await c.inbound('+12025550199', 'by phone');
    await byUser(c, 'by user');
    c.id = first;
    await c.inbound('+12025550199', 'both', { userId: 'US.1349' });
    expect((await c.view(idOf(older))).lastMessage).to.include({ text: 'by user' });
    await c.host.close();
  });
});

describe('seeing', () => {
  it('shows the earlier conversations of a contact who waits in one of my accounts', async () => {
    const c = await Centre.open({ account: { agents: ['anna', 'ben'] } });
    for (const a of ['anna', 'ben', 'carla']) await c.agent(a);
    const earlier = idOf(await c.inbound());
    await c.host.run('take', { interaction: earlier, username: 'anna' });
    await c.host.run('closeInteraction', { interaction: earlier, username: 'anna' });
    const look = (username: string) => refusal(c.host.run('interaction', { interaction: earlier, username }));
    expect(await look('ben')).to.equal('forbidden');
    await c.inbound();
    expect(await look('ben')).to.equal('no refusal');
    expect(await look('carla')).to.equal('forbidden');
    await c.host.close();
  });
});

describe('refusals of everybody', () => {
  it('all that waits rings again for an agent who comes back, up to the capacity', async () => {
    const c = await Centre.open({ queues: [{ name: 'Sales', strategy: 'rrmemory' }] });
    await c.agent('anna', 2);
    const ids: string[] = [];
    for (const n of [1, 2]) ids.push(idOf(await c.toQueue(`+1202555010${n}`, { timeout: 0 })));
    await c.host.run('setPresence', { username: 'anna', state: 'paused' });
    for (const id of ids) await c.reject('anna', id);
    expect(await c.offer('anna')).to.equal(null);
    await c.host.run('setPresence', { username: 'anna', state: 'available' });
    for (const id of ids) expect(await c.offer('anna', id)).to.not.equal(null);
    await c.host.close();
  });
});

describe('the host', () => {
  it('a listener that fails does not make commands run again', async () => {
    const c = await Centre.open();
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const stop = c.host.onEffects(() => {
      throw new Error('a listener failed');
    });
    await Promise.all([c.inbound('+12025550101'), c.inbound('+12025550102')]);
    stop();
    expect((await warned).message).to.equal('a listener failed');
    expect(c.handovers).to.have.length(2);
    await c.host.close();
  });

  it('goes on telling desks how their queues stand after the clock was set back', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    await c.toQueue('+12025550101');
    await c.advance(5);
    c.clock.set(c.clock.now() - 7_200_000);
    c.effects.splice(0);
    await c.toQueue('+12025550102');
    await c.advance(5);
    expect(c.effects.some((e) => e.kind === 'publish' && e.event === 'queues')).to.equal(true);
    await c.host.close();
  });
});
