import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, eventually, Office } from './support/office.ts';

const MAIN = '+12025550100';
const FAR = '+12025550101';
/** A fixed date, which comes back from a step as a Date. */
const DAY = 1_700_000_000_000;

/** A queue step by name, with a probe at each output. */
function step(
  name: string,
  place: ReturnType<typeof tab>['place'],
  more: Record<string, unknown>,
  wires = [[`probe-${name}-accepted`], [`probe-${name}-timeout`]],
): FlowNode[] {
  return [
    node('wa-queue', name, place(), wires, { queue: 'everybody', ...more }),
    probe(`${name}-accepted`, place()),
    probe(`${name}-timeout`, place()),
  ];
}

/** The names of the steps; the first word of a message says which one it goes to. */
const STEPS = [
  'kept',
  'bytes',
  'off',
  'rung',
  'gone',
  'wired',
  'unwired',
  'team',
  'instance',
  'second',
  'outer',
  'slow',
];

function flows(): FlowNode[] {
  const main = tab('main');
  const far = tab('far');
  const sub = tab('template');
  const around = tab('around');
  const { place } = main;
  const sort = `msg.bytes = Buffer.from([0, 255]);
    msg.nested = { list: [new Date(${DAY})], buffer: Buffer.from('x') };
    const to = ${JSON.stringify(STEPS)}.indexOf(msg.payload.split(' ')[0]);
    return ${JSON.stringify(STEPS)}.map((_, i) => i === to ? msg : null);`;
  const look = `const { bytes, nested } = msg;
    msg.mark = [Buffer.isBuffer(bytes) && bytes.toString('hex'), Buffer.isBuffer(nested.buffer) && nested.buffer.toString(),
      nested.list[0] instanceof Date && nested.list[0].getTime()];
    return msg;`;
  return [
    main.node,
    account({ id: 'account', key: 'MAIN', phone: MAIN }),
    queue('everybody', 'Everybody'),
    queue('few', 'Few', { agents: ['anna'] }),
    node('wa-inbound', 'inbound', place(), [['route'], []], { account: 'account' }),
    node('wa-route', 'route', place(), [['probe-handled'], ['probe-plan']]),
    probe('handled', place()),
    probe('plan', place(), [['sort']]),
    node(
      'function',
      'sort',
      place(),
      STEPS.map((name) => [name]),
      { func: sort, outputs: STEPS.length },
    ),
    ...step('kept', place, { timeout: 3 }),
    ...step('bytes', place, { timeout: 2 }, [['look'], ['look']]),
    node('function', 'look', place(), [['probe-look']], { func: look }),
    probe('look', place()),
    ...step('off', place, { timeout: 1 }),
    ...step('rung', place, { timeout: 600 }),
    ...step('gone', place, { timeout: 600 }),
    ...step('wired', place, { timeout: 2 }, [['probe-wired-accepted'], []]),
    ...step('unwired', place, { timeout: 2 }),
    ...step('team', place, { timeout: 600, queue: 'few' }),
    node('delay', 'slow', place(), [['kept']], { pauseType: 'delay', timeout: '2', timeoutUnits: 'seconds' }),
    // A plan in a subflow, and one in a subflow inside another.
    {
      ...{ id: 'template', type: 'subflow', name: 'Plan', info: '' },
      in: [{ x: 40, y: 40, wires: [{ id: 'inner' }] }],
      out: [{ x: 300, y: 40, wires: [{ id: 'inner', port: 1 }] }],
    },
    node('wa-queue', 'inner', sub.place(), [[], []], { queue: 'everybody', timeout: 3 }),
    node('subflow:template', 'instance', place(), [['probe-instance']]),
    probe('instance', place()),
    node('subflow:template', 'second', place(), [['probe-instance']]),
    {
      ...{ id: 'around', type: 'subflow', name: 'Around', info: '' },
      in: [{ x: 40, y: 40, wires: [{ id: 'nested' }] }],
      out: [{ x: 300, y: 40, wires: [{ id: 'nested', port: 0 }] }],
    },
    node('subflow:template', 'nested', around.place(), [[]]),
    node('subflow:around', 'outer', place(), [['probe-outer']]),
    probe('outer', place()),
    // A tab with everything of its own.
    far.node,
    account({ id: 'account-far', key: 'FAR', phone: FAR }),
    node('wa-inbound', 'inbound-far', far.place(), [['route-far'], []], { account: 'account-far' }),
    node('wa-route', 'route-far', far.place(), [[], ['far-step']]),
    ...step('far-step', far.place, { timeout: 1 }),
  ];
}

describe('deploys while interactions wait', function () {
  this.timeout(60_000);
  let office: Office;
  let anna: Desk;
  let ben: Desk;
  /** As deployed last. */
  let current: FlowNode[] = flows();
  let contacts = 0;

  before(async () => {
    office = await Office.open({
      flows: current,
      agents: [{ username: 'anna' }, { username: 'ben' }, { username: 'chief', role: 'supervisor' }],
      red: { settings: { runtimeState: { enabled: true, ui: false } } },
    });
    anna = await office.desk('anna');
    ben = await office.desk('ben');
  });
  after(async () => {
    await office?.close();
  });

  const position = (from: string) => {
    const [row] = office.rows(
      'select plan_position as at, step_node as node, step_deadline as deadline, agent, unread from interaction where address = ?',
      from,
    );
    return row;
  };
  const events = (event: string, from: string): number =>
    office.rows(
      'select a.id from audit a join interaction i on i.id = a.interaction_id where a.event = ? and i.address = ?',
      event,
      from,
    ).length;
  /** Changes nodes by id; null removes one. */
  const changed = (changes: Record<string, Record<string, unknown> | null>): FlowNode[] =>
    current.filter(({ id }) => changes[id] !== null).map((one) => ({ ...one, ...changes[one.id] }));
  const deploy = async (flows: FlowNode[], type: 'full' | 'nodes' | 'flows') => {
    // As the editor does: credentials that are sent count as changed.
    current = flows.map(({ credentials: _, ...one }) => one);
    await office.deploy(current, type);
  };
  /** Somebody new writes, and waits in a node. */
  const waits = async (text: string, at: string, to = MAIN): Promise<string> => {
    const from = `+1202555${2000 + contacts++}`;
    expect(await office.deliver({ account: to, from, text })).to.equal(200);
    await eventually(() => expect(position(from)).to.include({ at: 'at', node: at }));
    return from;
  };
  const of = (name: string, from: string) => office.probes.of(name, (seen) => seen.whatsapp.contact.address === from);
  const comes = async (name: string, from: string, timeout?: number) => {
    const [seen] = await office.probes.wait(name, (one) => one.whatsapp.contact.address === from, 1, timeout);
    return seen!;
  };

  it('of every kind keep deadlines, also of a node that was moved, renamed and given another timeout', async () => {
    const from = await waits('kept', 'kept');
    const { deadline } = position(from);
    await deploy(changed({ kept: { name: 'Renamed', x: 500, y: 500 } }), 'nodes');
    await deploy(changed({ kept: { timeout: 60 } }), 'flows');
    await deploy(current, 'full');
    expect(position(from)).to.include({ at: 'at', deadline });
    const { whatsapp } = await comes('kept-timeout', from);
    expect(Date.now() - deadline).to.be.within(0, 1500);
    expect(whatsapp.step).to.deep.include({ outcome: 'timeout', agent: null, waitedSeconds: 3 });
    expect(of('kept-timeout', from)).to.have.length(1);
    await deploy(changed({ kept: { timeout: 3 } }), 'nodes');
  });

  it('and restarts give msg back with Buffers and Dates, like a step that saw neither', async () => {
    const plain = await waits('bytes', 'bytes');
    const seen = [await comes('look', plain)];
    const deployed = await waits('bytes', 'bytes');
    const restarted = await waits('bytes', 'bytes');
    await deploy(current, 'full');
    seen.push(await comes('look', deployed));
    await office.red.stop();
    await office.start();
    seen.push(await comes('look', restarted));
    for (const { mark } of seen) expect(mark).to.deep.equal(['00ff', 'x', DAY]);
    anna = await office.desk('anna');
    ben = await office.desk('ben');
  });

  it('a disabled node keeps what waits; what ends meanwhile comes when it runs again', async () => {
    const late = await waits('off', 'off');
    const rung = await waits('rung', 'rung');
    await deploy(changed({ off: { d: true }, rung: { d: true } }), 'nodes');
    // Offers go on.
    await ben.connect();
    const offer = await ben.offerOf(rung);
    await ben.ok('POST', `/offers/${offer.id}/accept`);
    await eventually(() => {
      for (const from of [late, rung]) expect(position(from)).to.include({ at: 'between', deadline: null });
    });
    // Deploys of others do not use up its attempts.
    for (let i = 0; i < 4; i++) await deploy(changed({ look: { name: `look ${i}` } }), 'nodes');
    expect(of('off-timeout', late)).to.deep.equal([]);
    await deploy(changed({ off: { d: false }, rung: { d: false } }), 'nodes');
    expect((await comes('off-timeout', late)).whatsapp.step).to.include({ outcome: 'timeout' });
    expect((await comes('rung-accepted', rung)).whatsapp.step).to.include({ outcome: 'accepted', agent: 'ben' });
    expect(of('rung-accepted', rung)).to.have.length(1);
    expect(events('step-orphaned', late) + events('plan-ended', late)).to.equal(0);
    ben.disconnect();
    ben = await office.desk('ben');
  });

  it('a deleted node gives up what waits: unassigned, unread; the next message starts the plan again', async () => {
    const from = await waits('gone', 'gone');
    await deploy(changed({ gone: null }), 'flows');
    await eventually(() => expect(position(from)).to.include({ at: 'none', agent: null, unread: 1 }));
    expect(events('step-orphaned', from)).to.equal(1);
    const chief = await office.desk('chief');
    const { unassigned } = await chief.show();
    expect(unassigned.map((ix: { contact: { address: string } }) => ix.contact.address)).to.include(from);
    expect(await office.deliver({ account: MAIN, from, text: 'kept now' })).to.equal(200);
    await eventually(() => expect(position(from)).to.include({ at: 'at', node: 'kept' }));
  });

  it('what waits leaves by the wires of the day', async () => {
    const from = await waits('wired', 'wired');
    const other = await waits('unwired', 'unwired');
    const now = {
      wired: { wires: [[], ['probe-wired-timeout']] },
      unwired: { wires: [['probe-unwired-accepted'], []] },
    };
    await deploy(changed(now), 'nodes');
    expect((await comes('wired-timeout', from)).whatsapp.step).to.include({ outcome: 'timeout' });
    await eventually(() => expect(position(other)).to.include({ at: 'none', agent: null }));
    expect(events('plan-ended', other)).to.equal(1);
    expect(of('unwired-timeout', other)).to.deep.equal([]);
  });

  it('a queue whose members change while it rings asks the new ones', async () => {
    await anna.connect();
    await ben.connect();
    const from = await waits('team', 'team');
    const offer = await anna.offerOf(from);
    await deploy(changed({ few: { agents: ['ben'] } }), 'nodes');
    await anna.until('offer-ended', ({ id }) => id === offer.id);
    const other = await ben.offerOf(from);
    expect((await anna.call('POST', `/offers/${offer.id}/accept`)).status).to.equal(410);
    await ben.ok('POST', `/offers/${other.id}/accept`);
    expect((await comes('team-accepted', from)).whatsapp.step).to.include({ agent: 'ben' });
  });

  it('an account whose key changes keeps its address, its conversations and what waits', async () => {
    const url = await office.receiveUrl('account');
    const from = await waits('kept', 'kept');
    const ringing = await anna.offerOf(from);
    await deploy(changed({ account: { key: 'SALES' } }), 'nodes');
    expect(await office.receiveUrl('account')).to.equal(url);
    await anna.ok('POST', `/offers/${ringing.id}/accept`);
    await comes('kept-accepted', from);
    expect(await office.deliver({ account: MAIN, from, text: 'again' })).to.equal(200);
    const { whatsapp } = await comes('handled', from);
    expect(whatsapp.account).to.include({ key: 'SALES' });
    expect(whatsapp.interaction.agent).to.equal('anna');
    expect((await anna.show()).tabs.map((ix: { account: { key: string } }) => ix.account.key)).to.deep.equal(['SALES']);
    anna.disconnect();
    ben.disconnect();
  });

  it('a plan in a subflow goes on over an edit of the subflow, in nested ones too; a deleted instance gives up what waits', async () => {
    const single = await waits('instance', 'instance-inner');
    const nested = await waits('outer', 'outer-nested-inner');
    const other = await waits('second', 'second-inner');
    await deploy(changed({ inner: { name: 'Edited' }, second: null }), 'nodes');
    await eventually(() => expect(position(other)).to.include({ at: 'none', agent: null }));
    expect(events('step-orphaned', other)).to.equal(1);
    expect((await comes('instance', single)).whatsapp.step).to.deep.include({ outcome: 'timeout', waitedSeconds: 3 });
    expect((await comes('outer', nested)).whatsapp.step).to.deep.include({ outcome: 'timeout', waitedSeconds: 3 });
    expect(events('step-orphaned', single) + events('step-orphaned', nested)).to.equal(0);
  });

  it('what is between two steps comes again only after a deploy that stopped nodes', async () => {
    const from = `+1202555${2000 + contacts++}`;
    expect(await office.deliver({ account: MAIN, from, text: 'slow' })).to.equal(200);
    await comes('plan', from);
    // Moved, rewired, added: nothing stops, and the message stays where it is.
    const added = probe('added', { z: 'main', x: 0, y: 0 });
    await deploy([...changed({ look: { x: 9, wires: [[added.id]] } }), added], 'nodes');
    const passing = `+1202555${2000 + contacts++}`;
    expect(await office.deliver({ account: MAIN, from: passing, text: 'slow' })).to.equal(200);
    await comes('plan', passing);
    expect(of('plan', from)).to.have.length(1);
    await deploy(current, 'full');
    await eventually(() => expect(of('plan', from)).to.have.length(2));
    await eventually(() => expect(position(from)).to.include({ at: 'at', node: 'kept' }));
    expect(of('plan', from)).to.have.length(2);
  });

  it('a disabled tab keeps what waits in it until it is enabled; what arrives then has no plan', async () => {
    const from = await waits('one', 'far-step', FAR);
    await deploy(changed({ far: { disabled: true } }), 'flows');
    await eventually(() => expect(position(from)).to.include({ at: 'between', deadline: null }));
    const other = '+12025559999';
    expect(await office.deliver({ account: FAR, from: other, text: 'two' })).to.equal(200);
    await eventually(() => expect(events('plan-ended', other)).to.equal(1));
    expect(position(other)).to.include({ at: 'none', unread: 1 });
    await deploy(changed({ far: { disabled: false } }), 'flows');
    expect((await comes('far-step-timeout', from)).whatsapp.step).to.include({ outcome: 'timeout', waitedSeconds: 1 });
    expect(of('far-step-timeout', from)).to.have.length(1);
    expect(events('step-orphaned', from)).to.equal(0);
  });

  it('stopped flows still receive; what ended and what came goes on when they start', async () => {
    const from = await waits('one', 'far-step', FAR);
    const state = (to: 'stop' | 'start') =>
      office.red.admin('/flows/state', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ state: to }),
      });
    expect((await state('stop')).status).to.equal(200);
    const other = '+12025559998';
    expect(await office.deliver({ account: FAR, from: other, text: 'two' })).to.equal(200);
    await eventually(() => expect(position(from)).to.include({ at: 'between', deadline: null }));
    expect((await state('start')).status).to.equal(200);
    await comes('far-step-timeout', from);
    await comes('far-step-timeout', other);
    expect(events('plan-ended', other)).to.equal(0);
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
