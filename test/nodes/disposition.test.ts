import { expect } from 'chai';
import { type Bench, ends, load, type Message, unload, watchers } from './support.ts';

const OUTCOMES = [{ name: 'Sold', children: [{ name: 'Online' }, { name: 'Shop' }] }, { name: 'Lost' }];

/** wa-inbound → (in), and a wa-disposition given its messages by the test. */
const flow = (properties: object = {}): object[] => [
  { id: 'inbound', type: 'wa-inbound', account: 'account', wires: [['in'], []] },
  {
    ...{ id: 'watch', type: 'wa-disposition', dispositions: OUTCOMES, wires: [['sold'], ['lost'], ['other']] },
    ...properties,
  },
  ...ends('in', 'sold', 'lost', 'other'),
  ...watchers('watch'),
];

const close = (bench: Bench, interaction: string, disposition: string[] = []) =>
  bench.shared.engine.run('steerClose', { interaction, node: 'test', disposition });

/** A customer's message that the watch has. */
async function watched(bench: Bench, text = 'Hello', more: object = {}, from?: string): Promise<Message> {
  await bench.write(text, from);
  let msg = await bench.next('in');
  // A deploy soon after a message hands it over again.
  while (msg.payload !== text) msg = await bench.next('in');
  bench.give('watch', { ...structuredClone(msg), ...more });
  await bench.next('completed');
  return msg;
}

/** Resolves when the store knows that the flow has what left. */
function marked({ shared }: Bench): Promise<void> {
  const { engine } = shared;
  const { run } = engine;
  return new Promise((resolve) => {
    engine.run = async (name, input) => {
      const result = await run.call(engine, name, input);
      if (name === 'released') {
        engine.run = run;
        resolve();
      }
      return result as never;
    };
  });
}

describe('wa-disposition as a node', function () {
  this.timeout(10_000);
  afterEach(unload);

  it('keeps the message until the close, and forwards it by its outcome, done once', async () => {
    const bench = await load(flow());
    await bench.agent('anna');
    const open = bench.status('watch', /open/);
    const msg = await watched(bench, 'Hello', { mine: Buffer.from('kept') });
    expect(await open).to.deep.equal({ fill: 'grey', shape: 'ring', text: '1 open' });
    const { id } = msg.whatsapp.interaction;
    await bench.shared.engine.run('take', { interaction: id, username: 'anna' });
    expect(['sold', 'lost', 'other'].flatMap((end) => bench.rest(end))).to.deep.equal([]);
    const done = bench.status('watch', /Sold/);
    await bench.shared.engine.run('closeInteraction', {
      ...{ interaction: id, username: 'anna', disposition: ['Sold', 'Shop'] },
    });
    const out = await bench.next('sold');
    expect((await done).text).to.equal('Sold › Shop');
    expect(out.payload).to.equal('Hello');
    expect(out.mine).to.deep.equal(Buffer.from('kept'));
    expect(out.whatsapp.interaction).to.include({ id, status: 'closed', agent: 'anna', unread: 0 });
    expect(out.whatsapp.step).to.deep.include({ outcome: 'disposed', agent: 'anna', disposition: ['Sold', 'Shop'] });
    expect(out.whatsapp.plan).to.deep.include({ id: msg.whatsapp.plan.id });
    expect(out.whatsapp.plan.seq).to.be.greaterThan(msg.whatsapp.plan.seq);
    expect(['lost', 'other', 'completed', 'caught'].flatMap((end) => bench.rest(end))).to.deep.equal([]);
  });

  it('leaves by the last output with another outcome or none', async () => {
    const bench = await load(flow());
    for (const [path, outcome] of [
      [[], 'closed'],
      [['Timeout'], 'disposed'],
      [['Online'], 'disposed'],
    ] as const) {
      const msg = await watched(bench);
      await close(bench, msg.whatsapp.interaction.id, [...path]);
      expect((await bench.next('other')).whatsapp.step).to.deep.include({ outcome, disposition: [...path] });
    }
    expect(bench.rest('sold')).to.deep.equal([]);
  });

  it('without a list it has one output', async () => {
    const bench = await load(flow({ dispositions: [], wires: [['other']] }));
    const msg = await watched(bench);
    await close(bench, msg.whatsapp.interaction.id, ['Sold']);
    expect((await bench.next('other')).whatsapp.step.disposition).to.deep.equal(['Sold']);
  });

  it('a later message of the conversation takes the place of the earlier one; others wait beside it', async () => {
    const bench = await load(flow());
    const first = await watched(bench, 'one');
    await watched(bench, 'two');
    const other = await watched(bench, 'from another', {}, '+12025550143');
    await close(bench, first.whatsapp.interaction.id, ['Lost']);
    expect((await bench.next('lost')).payload).to.equal('two');
    await close(bench, other.whatsapp.interaction.id, ['Lost']);
    expect((await bench.next('lost')).payload).to.equal('from another');
    expect(bench.rest('lost')).to.deep.equal([]);
  });

  it('takes no closed conversation, and nothing that is about none', async () => {
    const bench = await load(flow());
    await bench.write('Hello');
    const msg = await bench.next('in');
    await close(bench, msg.whatsapp.interaction.id);
    bench.give('watch', msg);
    expect((await bench.next('caught')).error.code).to.equal('interaction_closed');
    bench.give('watch', { payload: 'from an inject node' });
    expect((await bench.next('caught')).error.code).to.equal('no_interaction');
    expect(bench.rest('completed')).to.deep.equal([]);
  });

  it('over a deploy: what was closed meanwhile leaves once, a disabled node keeps it, a removed one drops it', async () => {
    const bench = await load(flow());
    const msg = await watched(bench);
    const { id } = msg.whatsapp.interaction;
    await bench.deploy((nodes) => nodes.map((n) => (n.id === 'watch' ? { ...n, d: true } : n)));
    await close(bench, id, ['Sold']);
    expect(bench.rest('sold')).to.deep.equal([]);
    const known = marked(bench);
    await bench.deploy((nodes) => nodes.map((n) => ({ ...n, d: false })));
    expect((await bench.next('sold')).whatsapp.interaction).to.include({ id, status: 'closed' });
    await known;
    await bench.deploy((nodes) => nodes.map((n) => (n.id === 'watch' ? { ...n, name: 'changed' } : n)));
    const again = await watched(bench, 'again');
    expect(bench.rest('sold')).to.deep.equal([]);
    await bench.deploy((nodes) => nodes.filter((n) => n.id !== 'watch'));
    await close(bench, again.whatsapp.interaction.id, ['Sold']);
    await bench.deploy((nodes) => [
      ...nodes,
      ...flow()
        .slice(1, 2)
        .map((n) => ({ ...n, z: 'tab', x: 1, y: 1 })),
    ]);
    const last = await watched(bench, 'the last');
    await close(bench, last.whatsapp.interaction.id, ['Sold']);
    expect((await bench.next('sold')).payload).to.equal('the last');
    expect(bench.rest('sold')).to.deep.equal([]);
  });

  it('forwards by the list that is deployed now', async () => {
    const bench = await load(flow());
    const msg = await watched(bench);
    await bench.deploy((nodes) =>
      nodes.map((n) => (n.id === 'watch' ? { ...n, dispositions: [...OUTCOMES].reverse() } : n)),
    );
    await close(bench, msg.whatsapp.interaction.id, ['Lost']);
    // Lost is the first output now, which is wired to `sold`.
    expect((await bench.next('sold')).whatsapp.step.disposition).to.deep.equal(['Lost']);
  });
});
