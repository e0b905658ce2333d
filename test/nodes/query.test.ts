import { expect } from 'chai';
import helper from 'node-red-node-test-helper';
import { type Bench, ends, load, unload, watchers } from './support.ts';

const flow = (properties: object): object[] => [
  { id: 'query', type: 'wa-query', wires: [['out']], ...properties },
  ...ends('out'),
  ...watchers('query'),
];

describe('wa-query as a node', function () {
  this.timeout(10_000);
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  afterEach(unload);

  const open = async (properties: object): Promise<Bench> => {
    const bench = await load(flow(properties));
    await bench.write('I want a Refund', '+12025550141');
    await bench.write('Where is my order?', '+12025550142');
    return bench;
  };
  const status = () => helper.getNode('query').status.lastCall.args[0] as { text: string; fill: string };

  it('gives what its search finds, keeps the rest of the message, and says how many', async () => {
    const search = {
      conditions: [{ field: 'messages', operator: 'contains', value: 'refund' }],
      sort: { field: 'startedAt', direction: 'asc' },
    };
    const bench = await open({ search: JSON.stringify(search) });
    bench.give('query', { payload: { limit: 'not asked' }, topic: 't', mine: 1 });
    const { _msgid, ...msg } = await bench.next('out');
    await bench.next('completed');
    expect(msg).to.deep.include({ topic: 't', mine: 1, total: 1, next: null });
    expect(msg.payload).to.have.length(1);
    expect(msg.payload[0]).to.deep.include({ status: 'open', agent: null, unread: 1 });
    expect(msg.payload[0].contact).to.deep.include({ address: '+12025550141', name: 'Zoe', list: 'Default' });
    expect(msg.payload[0].lastMessage.text).to.equal('I want a Refund');
    expect(status()).to.deep.include({ text: '1 found', fill: 'grey' });
    expect([bench.rest('out'), bench.rest('caught'), bench.rest('completed')]).to.deep.equal([[], [], []]);
  });

  it('takes the search from the message: an object, its JSON, another property; pages by msg.next', async () => {
    const bench = await open({});
    bench.give('query', { payload: { sort: { field: 'id', direction: 'asc' }, limit: 1 } });
    const first = await bench.next('out');
    expect([first.payload.length, first.total]).to.deep.equal([1, 2]);
    bench.give('query', {
      payload: JSON.stringify({ sort: { field: 'id', direction: 'asc' }, limit: 1, cursor: first.next }),
    });
    const second = await bench.next('out');
    expect([second.payload.length, second.total, second.next]).to.deep.equal([1, 2, null]);
    expect(second.payload[0].id).to.not.equal(first.payload[0].id);
    // What a Function node may well put there.
    bench.give('query', { payload: { startDate: { from: new Date(0), to: undefined }, limit: undefined } });
    expect((await bench.next('out')).total).to.equal(2);
    await unload();

    const other = await open({ search: 'req.find', searchType: 'msg' });
    other.give('query', { payload: {}, req: { find: { status: 'closed' } } });
    expect(await other.next('out')).to.deep.include({ payload: [], total: 0, next: null });
  });

  it('errors carry their code and say where; the node lives on', async () => {
    const bench = await open({});
    const circular: Record<string, unknown> = {};
    circular.itself = circular;
    for (const [payload, code, where] of [
      [undefined, 'value_missing', 'msg.payload'],
      ['', 'value_missing', 'msg.payload'],
      ['{"status": }', 'invalid_json', 'line 1, column 12'],
      [1764000000000, 'invalid_search', 'must be an object'],
      [circular, 'invalid_search', 'contains itself'],
      [{ colour: 'red' }, 'invalid_search', 'colour'],
      [{ conditions: [{ field: 'colour', operator: 'equals', value: 1 }] }, 'unknown_field', 'conditions.0.field'],
      [{ conditions: [{ field: 'messages', operator: 'contains', value: 'ab' }] }, 'too_short', 'conditions.0.value'],
      [{ cursor: 'nonsense' }, 'invalid_cursor', 'cursor'],
    ] as const) {
      bench.give('query', { payload });
      const { error } = await bench.next('caught');
      expect(error.code, JSON.stringify(code)).to.equal(code);
      expect(error.message).to.contain(where);
    }
    expect(status().fill).to.equal('red');
    expect([bench.rest('out'), bench.rest('completed')]).to.deep.equal([[], []]);
    bench.give('query', { payload: {} });
    expect((await bench.next('out')).total).to.equal(2);
    await unload();

    const broken = await open({ search: '{"status": "open"' });
    broken.give('query', { payload: {} });
    const { error } = await broken.next('caught');
    expect(error.code).to.equal('invalid_json');
    expect(error.message).to.contain('The search of this node is not valid JSON: line 1, column 18.');
  });
});
