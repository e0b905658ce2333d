import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, eventually, Office } from './support/office.ts';
import type { Seen } from './support/probes.ts';

/** One page with an account of its own: wa-inbound → wa-route, and from its second output to `plan`. */
interface Page {
  phone: string;
  nodes: FlowNode[];
}

let pages = 0;

function page(name: string, first: string, build: (place: ReturnType<typeof tab>['place']) => FlowNode[]): Page {
  const { node: sheet, place } = tab(`tab-${name}`);
  const phone = `+1202555${String(100 + pages++).padStart(4, '0')}`;
  const key = `P${pages}`;
  return {
    phone,
    nodes: [
      sheet,
      account({ id: `account-${name}`, key, phone }),
      node('wa-inbound', `in-${name}`, place(), [[`route-${name}`], []], { account: `account-${name}` }),
      node('wa-route', `route-${name}`, place(), [[`probe-${name}-handled`], first.split(' ')]),
      probe(`${name}-handled`, place()),
      ...build(place),
      node('catch', `catch-${name}`, place(), [[`probe-${name}-error`]], { scope: null, uncaught: false }),
      probe(`${name}-error`, place()),
    ],
  };
}

/** Holds messages back until `GET /open/<name>`. */
function gate(name: string, place: () => { z: string; x: number; y: number }, to: string): FlowNode[] {
  const func = `const held = context.get('held') || [];
    if (!msg.req) { context.set('held', [...held, msg]); return null; }
    context.set('held', []);
    return [held, Object.assign(msg, { payload: String(held.length) })];`;
  return [
    node('function', `gate-${name}`, place(), [[to], [`opened-${name}`]], { func, outputs: 2 }),
    node('http in', `open-${name}`, place(), [[`gate-${name}`]], { url: `/open/${name}`, method: 'get' }),
    node('http response', `opened-${name}`, place(), []),
  ];
}

const waits = (timeout: number) => ({ queue: 'everybody', queueType: 'queue', timeout });
const isOf = (id: string) => (seen: Seen) => seen.whatsapp.message.id === id;

const parallel = page('parallel', 'step-a step-b', (place) => [
  node('wa-queue', 'step-a', place(), [['probe-a-accepted'], ['probe-a-timeout']], waits(600)),
  node('wa-queue', 'step-b', place(), [['probe-b-accepted'], ['probe-b-timeout']], waits(600)),
  ...['a-accepted', 'a-timeout', 'b-accepted', 'b-timeout'].map((name) => probe(name, place())),
  node('complete', 'complete-parallel', place(), [['probe-completed']], {
    scope: ['in-parallel', 'route-parallel', 'step-a', 'step-b'],
    uncaught: false,
  }),
  probe('completed', place()),
]);

const between = page('between', 'gate-between', (place) => [
  ...gate('between', place, 'step-between'),
  node('wa-queue', 'step-between', place(), [['probe-between-accepted'], ['probe-between-timeout']], waits(600)),
  probe('between-accepted', place()),
  probe('between-timeout', place()),
]);

const loop = page('loop', 'step-loop', (place) => [
  node('wa-agent', 'step-loop', place(), [[], ['probe-loop-round']], { agent: 'nobody', agentType: 'str', timeout: 5 }),
  probe('loop-round', place(), [['step-loop']]),
]);

const unwired = page('unwired', 'probe-unwired-plan', (place) => [
  probe('unwired-plan', place(), [['step-unwired']]),
  node('wa-queue', 'step-unwired', place(), [['probe-unwired-accepted'], []], waits(1)),
  probe('unwired-accepted', place()),
]);

const delayed = page('delayed', 'probe-delayed-before', (place) => [
  probe('delayed-before', place(), [['delay']]),
  node('delay', 'delay', place(), [['probe-delayed-after']], {
    pauseType: 'delay',
    timeout: '1',
    timeoutUnits: 'seconds',
    rate: '1',
    nbRateUnits: '1',
    rateUnits: 'second',
    randomFirst: '1',
    randomLast: '5',
    randomUnits: 'seconds',
    drop: false,
    allowrate: false,
    outputs: 1,
  }),
  probe('delayed-after', place(), [['step-delayed']]),
  node('wa-agent', 'step-delayed', place(), [['probe-delayed-accepted'], []], {
    agent: 'anna',
    agentType: 'str',
    timeout: 600,
  }),
  probe('delayed-accepted', place()),
]);

const inSubflow = page('sub', 'instance', (place) => [
  {
    id: 'template',
    type: 'subflow',
    name: 'Plan',
    info: '',
    in: [{ x: 40, y: 40, wires: [{ id: 'step-sub' }] }],
    out: [
      { x: 300, y: 20, wires: [{ id: 'step-sub', port: 0 }] },
      { x: 300, y: 60, wires: [{ id: 'step-sub', port: 1 }] },
    ],
  },
  { ...node('wa-queue', 'step-sub', place(), [[], []], waits(2)), z: 'template' },
  node('subflow:template', 'instance', place(), [['probe-sub-accepted'], ['probe-sub-timeout']]),
  probe('sub-accepted', place()),
  probe('sub-timeout', place()),
]);

const thrower = page('throws', 'thrower', (place) => [
  node('function', 'thrower', place(), [['step-throws']], { func: "throw new Error('fictional')", outputs: 1 }),
  node('wa-queue', 'step-throws', place(), [['probe-throws-accepted'], []], waits(600)),
  probe('throws-accepted', place()),
]);

const flows = [
  queue('everybody', 'Everybody'),
  ...[parallel, between, loop, unwired, delayed, inSubflow, thrower].flatMap(({ nodes }) => nodes),
];

describe('the plan position in flows', function () {
  this.timeout(30_000);
  let office: Office;
  let anna: Desk;

  before(async () => {
    office = await Office.open({ flows, agents: [{ username: 'anna', capacity: 50 }] });
  });
  after(async () => {
    await office?.close();
  });

  const write = async ({ phone }: Page, from: string, text: string) => {
    const { status } = await office.simulator.inbound({ account: phone, from, text });
    expect(status).to.equal(200);
  };
  const position = (from: string) =>
    office.rows(
      `select plan_position as position, agent, unread, status from interaction
       join address on address.contact_id = interaction.contact_id where address.address = ?`,
      from,
    )[0];
  const events = (event: string, from: string): number =>
    office.rows(
      `select count(*) as n from audit join interaction on interaction.id = audit.interaction_id
       join address on address.contact_id = interaction.contact_id where audit.event = ? and address.address = ?`,
      event,
      from,
    )[0].n;

  it('an unwired output ends the plan; the next message starts it again', async () => {
    const from = '+12025550201';
    const { probes } = office;
    await write(unwired, from, 'one');
    const [first] = await probes.wait('unwired-plan', (seen) => seen.payload === 'one');
    await eventually(() => expect(position(from)).to.deep.include({ position: 'none', agent: null, status: 'open' }));
    expect(events('plan-ended', from)).to.equal(1);
    await write(unwired, from, 'two');
    const [second] = await probes.wait('unwired-plan', (seen) => seen.payload === 'two');
    expect(second?.whatsapp.interaction.id).to.equal(first?.whatsapp.interaction.id);
    expect(probes.of('unwired-plan')).to.have.length(2);
    expect(probes.of('unwired-handled')).to.deep.equal([]);
    expect(position(from)).to.include({ unread: 2 });
  });

  it('a subflow holds a step, also over a deploy of everything', async () => {
    const from = '+12025550202';
    await write(inSubflow, from, 'one');
    await eventually(() => expect(position(from)).to.include({ position: 'at' }));
    await office.deploy(flows);
    const [left] = await office.probes.wait('sub-timeout');
    expect(left?.whatsapp.step).to.deep.include({ outcome: 'timeout', agent: null });
    expect(left?.whatsapp.step.waitedSeconds).to.be.within(1, 4);
    expect(events('step-orphaned', from)).to.equal(0);
    expect(office.probes.of('sub-timeout')).to.have.length(1);
  });

  it('a loop becomes an error that a Catch node gets, and nothing else stops', async () => {
    const from = '+12025550203';
    await write(loop, from, 'round and round');
    const [caught] = await office.probes.wait('loop-error');
    expect(caught?.error).to.include({ code: 'plan_loop', source: 'step-loop' });
    expect(office.probes.of('loop-round')).to.have.length(20);
    expect(office.probes.of('loop-error')).to.have.length(1);
    expect(events('plan-loop', from)).to.equal(1);
  });

  it('a function node that throws is caught once; what the customer writes next joins', async () => {
    const from = '+12025550204';
    await write(thrower, from, 'boom');
    const [caught] = await office.probes.wait('throws-error');
    expect(caught?.error).to.include({ source: 'thrower' });
    expect(caught?.error?.message).to.contain('fictional');
    expect(position(from)).to.include({ position: 'between' });
    await write(thrower, from, 'again');
    const [joined] = await office.probes.wait('throws-handled');
    expect(joined?.whatsapp.step.outcome).to.equal('waiting');
    expect(office.probes.of('throws-error')).to.have.length(1);
  });

  it('a delay between two steps is cut by a deploy: the message goes on afterwards, once', async () => {
    const from = '+12025550205';
    const { probes } = office;
    await write(delayed, from, 'patience');
    const [before] = await probes.wait('delayed-before');
    await office.deploy(flows);
    await probes.wait('delayed-before', undefined, 2);
    const [after] = await probes.wait('delayed-after');
    expect(after?.whatsapp.message.id).to.equal(before?.whatsapp.message.id);
    await eventually(() => expect(position(from)).to.include({ position: 'at' }));
    // Another message that passes the same delay shows that no second copy was in it.
    await write(delayed, '+12025550206', 'next');
    await probes.wait('delayed-after', (seen) => seen.payload === 'next');
    expect(probes.of('delayed-after', isOf(before?.whatsapp.message.id))).to.have.length(1);
  });

  it('a message that arrives between two steps joins', async () => {
    const from = '+12025550207';
    await write(between, from, 'one');
    await eventually(() => expect(position(from)).to.include({ position: 'between' }));
    await write(between, from, 'two');
    const [joined] = await office.probes.wait('between-handled');
    expect(joined).to.deep.include({ payload: 'two' });
    expect(joined?.whatsapp.step).to.deep.include({ outcome: 'waiting', agent: null });
    expect(await (await fetch(`${office.red.url}/open/between`)).text()).to.equal('1');
    await eventually(() => expect(position(from)).to.include({ position: 'at' }));
  });

  it('parallel branches: the first takes it, the other ends; Complete sees each node once', async () => {
    const from = '+12025550208';
    const { probes } = office;
    await write(parallel, from, 'both');
    // wa-inbound has no input, so it completes nothing.
    await probes.wait('completed', undefined, 3);
    await eventually(() => expect(position(from)).to.include({ position: 'at' }));
    anna = await (await office.desk('anna')).connect();
    const offer = await anna.offerOf(from);
    await anna.ok('POST', `/offers/${offer.id}/accept`);
    await probes.wait('a-accepted');
    expect(probes.of('a-accepted')[0]?.whatsapp.step).to.deep.include({ outcome: 'accepted', agent: 'anna' });
    for (const name of ['b-accepted', 'a-timeout', 'b-timeout', 'parallel-error'])
      expect(probes.of(name), name).to.deep.equal([]);
    expect(probes.of('completed')).to.have.length(3);
  });

  it('all that waited is offered to the agent who came, and each has one outcome', async () => {
    const { probes } = office;
    for (const [from, name] of [
      ['+12025550205', 'delayed-accepted'],
      ['+12025550207', 'between-accepted'],
    ] as const) {
      const offer = await anna.offerOf(from);
      await anna.ok('POST', `/offers/${offer.id}/accept`);
      await probes.wait(name, (seen) => seen.whatsapp.contact.address === from);
      expect(probes.of(name, (seen) => seen.whatsapp.contact.address === from)).to.have.length(1);
    }
    expect(probes.of('between-timeout')).to.deep.equal([]);
    expect(complaints(office.red.log())).to.deep.equal([]);
    expect(office.red.process.exitCode).to.equal(null);
  });
});
