import { expect } from 'chai';
import helper from 'node-red-node-test-helper';
import { ends, FROM, load, unload, watchers } from './support.ts';

/** wa-inbound → (in) and a step with helpers at its outputs, given its message by the test. */
const flow = (type: string, properties: object, outputs = ['one', 'two']): object[] => [
  { id: 'inbound', type: 'wa-inbound', account: 'account', wires: [['in'], []] },
  { id: 'step', type, wires: outputs.map((id) => [id]), ...properties },
  ...ends('in', ...outputs),
  ...watchers('step'),
];

const queue = { id: 'sales', type: 'whatsapp-queue', name: 'Sales', strategy: 'beepall', agents: ['*'] };
const byQueue = { queue: 'sales', queueType: 'queue', timeout: 600 };

describe('routing steps as nodes', function () {
  this.timeout(10_000);
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  afterEach(unload);

  it('wa-inbound makes the message of the contract, and nothing else', async () => {
    const bench = await load(flow('wa-route', {}));
    await bench.write('Hello');
    const { _msgid, whatsapp, ...rest } = await bench.next('in');
    expect(rest).to.deep.equal({ topic: 'MAIN', payload: 'Hello' });
    expect(_msgid).to.be.a('string');
    expect(Object.keys(whatsapp)).to.have.members(['account', 'contact', 'interaction', 'message', 'plan']);
    expect(whatsapp.account).to.deep.include({ key: 'MAIN', name: 'Main', phone: '+12025550100' });
    expect(Object.keys(whatsapp.account)).to.have.members(['id', 'key', 'name', 'phone']);
    expect(whatsapp.contact).to.deep.include({ address: FROM, phone: FROM, name: 'Zoe', list: 'Default', isNew: true });
    expect(whatsapp.interaction).to.deep.include({ status: 'open', agent: null, queue: null, isNew: true, unread: 1 });
    expect(whatsapp.message).to.deep.include({ direction: 'in', type: 'text', text: 'Hello' });
    expect(whatsapp.message).not.to.have.any.keys('version', 'author', 'interactionId');
    expect(whatsapp.plan.seq).to.be.a('number');
    await bench.write('again');
    const second = await bench.next('in');
    expect(second.whatsapp.contact.isNew).to.equal(false);
    expect(second.whatsapp.interaction).to.include({ isNew: false, unread: 2 });
  });

  it('each wa-inbound of the account gets a copy of its own', async () => {
    const bench = await load([
      { id: 'a', type: 'wa-inbound', account: 'account', wires: [['one'], []] },
      { id: 'b', type: 'wa-inbound', account: '', wires: [['two'], []] },
      { id: 'c', type: 'wa-inbound', account: 'another', wires: [['three'], []] },
      ...ends('one', 'two', 'three'),
    ]);
    await bench.write('Hello');
    const [one, two] = [await bench.next('one'), await bench.next('two')];
    one.whatsapp.contact.name = 'changed';
    expect(two.whatsapp.contact.name).to.equal('Zoe');
    expect(two.whatsapp.message.id).to.equal(one.whatsapp.message.id);
    expect(bench.rest('three')).to.deep.equal([]);
  });

  it('without a wa-inbound for the account the plan is told to have ended, once', async () => {
    const bench = await load([
      { id: 'c', type: 'wa-inbound', account: 'another', wires: [['one'], []] },
      ...ends('one'),
    ]);
    const told: unknown[] = [];
    const { run } = bench.shared.engine;
    bench.shared.engine.run = (name, input) => {
      if (name === 'handed') told.push(input);
      return run(name, input);
    };
    await bench.write('Hello');
    expect(told).to.have.length(1);
    expect(told[0]).to.deep.include({ messages: [] }).and.to.have.property('unheard').with.length(1);
    expect((await run('resume', { attempts: true })).handovers).to.equal(0);
    expect(bench.rest('one')).to.deep.equal([]);
  });

  it('a step forwards the stored copy with whatsapp refreshed, and is done once', async () => {
    const bench = await load([queue, ...flow('wa-queue', byQueue)]);
    await bench.write('Hello');
    const msg = await bench.next('in');
    const bytes = Buffer.from([1, 2, 3]);
    const at = new Date('2026-12-24T10:00:00.000Z');
    const circle: { self?: unknown } = {};
    circle.self = circle;
    bench.give('step', {
      ...msg,
      topic: 'mine',
      payload: { bytes, at },
      f: () => 1,
      circle,
      req: {},
      res: {},
      extra: [1],
    });
    const completed = await bench.next('completed');
    expect(completed.payload.at).to.deep.equal(at);
    const anna = await bench.agent('anna');
    await anna.accept();
    const { whatsapp, ...rest } = await bench.next('one');
    expect(rest).to.deep.equal({ _msgid: msg._msgid, topic: 'mine', payload: { bytes, at }, circle: {}, extra: [1] });
    expect(Buffer.isBuffer(rest.payload.bytes)).to.equal(true);
    expect(whatsapp.interaction).to.deep.include({
      id: msg.whatsapp.interaction.id,
      agent: 'anna',
      queue: 'Sales',
      isNew: true,
    });
    expect(whatsapp.step).to.deep.equal({ outcome: 'accepted', agent: 'anna', waitedSeconds: 0 });
    expect(whatsapp.plan.id).to.equal(msg.whatsapp.plan.id);
    expect(whatsapp.plan.seq).to.be.above(msg.whatsapp.plan.seq);
    expect(whatsapp.message).to.deep.equal(msg.whatsapp.message);
    expect(whatsapp.contact).to.deep.equal(msg.whatsapp.contact);

    const warned = bench.warnings('step');
    expect(warned).to.have.length(1);
    for (const name of ['msg.f', 'msg.circle.self', 'msg.req', 'msg.res']) expect(warned[0]).to.contain(name);
    expect([bench.rest('completed'), bench.rest('caught'), bench.rest('two')]).to.deep.equal([[], [], []]);
  });

  it('what is over 1 MB is an error with a code, and can be given again', async () => {
    const bench = await load([queue, ...flow('wa-queue', byQueue)]);
    await bench.write('Hello');
    const msg = await bench.next('in');
    bench.give('step', { ...msg, payload: 'x'.repeat(1_100_000) });
    const caught = await bench.next('caught');
    expect(caught.error).to.include({ code: 'message_too_large' });
    expect(caught.error.source.id).to.equal('step');
    bench.give('step', msg);
    await bench.next('completed');
    expect([bench.rest('caught'), bench.rest('completed')]).to.deep.equal([[], []]);
  });

  it('a message that did not come from a plan, and one whose interaction was closed', async () => {
    const bench = await load([queue, ...flow('wa-queue', byQueue)]);
    bench.give('step', { payload: 'from an inject node' });
    expect((await bench.next('caught')).error.code).to.equal('no_interaction');
    await bench.write('Hello');
    const msg = await bench.next('in');
    await bench.agent('anna');
    const { engine } = bench.shared;
    const interaction = msg.whatsapp.interaction.id;
    await engine.run('take', { interaction, username: 'anna' });
    await engine.run('closeInteraction', { interaction, username: 'anna' });
    bench.give('step', msg);
    expect((await bench.next('caught')).error.code).to.equal('interaction_closed');
    expect(bench.rest('completed')).to.deep.equal([]);
  });

  const typed: [string, string, (msg: Record<string, unknown>) => void][] = [
    ['msg', 'target.name', (msg) => Object.assign(msg, { target: { name: 'NAME' } })],
    ['flow', 'name', () => helper.getNode('step').context().flow.set('name', 'NAME')],
    ['global', 'name', () => helper.getNode('step').context().global.set('name', 'NAME')],
    ['jsonata', "topic = 'MAIN' ? 'NAME' : 'nobody'", () => undefined],
  ];
  for (const [type, expression, prepare] of typed) {
    it(`wa-queue takes its queue, wa-agent its agent from ${type}`, async () => {
      for (const [node, properties, name] of [
        ['wa-queue', { queue: expression.replace('NAME', 'Sales'), queueType: type, timeout: 600 }, 'Sales'],
        ['wa-agent', { agent: expression.replace('NAME', 'anna'), agentType: type, timeout: 600 }, 'anna'],
      ] as const) {
        const bench = await load([queue, ...flow(node, properties)]);
        const anna = await bench.agent('anna');
        await bench.write('Hello');
        const msg = await bench.next('in');
        prepare(msg);
        const filled = JSON.parse(JSON.stringify(msg).replaceAll('"NAME"', JSON.stringify(name)));
        for (const store of ['flow', 'global'] as const) {
          const context = helper.getNode('step').context()[store];
          if (context.get('name')) context.set('name', name);
        }
        bench.give('step', filled);
        const offer = await anna.offer();
        expect(offer.queue).to.equal(node === 'wa-queue' ? 'Sales' : null);
        await unload();
      }
    });
  }

  it('a value that gives nothing is an error; a name that nobody has leaves by the second output', async () => {
    const properties = { queue: 'target', queueType: 'msg', timeout: 600 };
    const bench = await load([queue, ...flow('wa-queue', properties)]);
    await bench.write('Hello');
    const msg = await bench.next('in');
    for (const target of [undefined, '', 7, { name: 'Sales' }]) {
      bench.give('step', { ...msg, target });
      expect((await bench.next('caught')).error.code).to.equal('value_missing');
    }
    bench.give('step', { ...msg, target: 'No such queue' });
    const left = await bench.next('two');
    expect(left.whatsapp.step).to.deep.include({ outcome: 'queue_missing' });
    expect(bench.rest('caught')).to.deep.equal([]);
  });

  it('an unknown agent, and an interaction that has one already, leave at once', async () => {
    const bench = await load(flow('wa-agent', { agent: 'nobody', agentType: 'str', timeout: 600 }));
    await bench.write('Hello');
    const left = await (async () => {
      bench.give('step', await bench.next('in'));
      return bench.next('two');
    })();
    expect(left.whatsapp.step).to.deep.include({ outcome: 'unknown_agent', agent: null });
    await bench.agent('anna');
    const interaction = left.whatsapp.interaction.id;
    await bench.shared.engine.run('take', { interaction, username: 'anna' });
    await bench.write('again');
    const again = await bench.next('in');
    bench.give('step', again);
    const kept = await bench.next('one');
    expect(kept.whatsapp.step).to.deep.include({ outcome: 'already_assigned', agent: 'anna' });
  });

  it('skipIfNobody has a third output', async () => {
    const bench = await load([queue, ...flow('wa-queue', { ...byQueue, skipIfNobody: true }, ['one', 'two', 'three'])]);
    await bench.write('Hello');
    bench.give('step', await bench.next('in'));
    expect((await bench.next('three')).whatsapp.step.outcome).to.equal('nobody');
    await bench.next('completed');
    expect([bench.rest('one'), bench.rest('two'), bench.rest('completed')]).to.deep.equal([[], [], []]);
  });
});
