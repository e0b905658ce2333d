import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, tab } from './support/flows.ts';
import { complaints, deliver, eventually, Office } from './support/office.ts';

const MESSAGES = 200;
/** Events after which the power is cut. */
const CUT_AFTER = 60;

interface Listener {
  disabled?: boolean;
  removed?: boolean;
}

function flows({ disabled, removed }: Listener = {}): FlowNode[] {
  const { node: page, place } = tab('plan');
  const events = node('wa-events', 'events', place(), [['probe-event']], {
    events: ['message-in'],
    ...(disabled ? { d: true } : {}),
  });
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: '+12025550100' }),
    node('wa-inbound', 'inbound', place(), [['probe-in'], []]),
    probe('in', place()),
    ...(removed ? [] : [events]),
    probe('event', place()),
  ];
}

describe('events', function () {
  this.timeout(60_000);
  let office: Office;
  const texts = () => office.probes.of('event').map((seen) => seen.whatsapp.message.text as string);
  const write = async (text: string, from = '+12025550142') => {
    const { request } = office.simulator.signedRequest({ from, text });
    await eventually(async () => expect(await deliver(request)).to.equal(200));
  };
  const told = (text: string) => office.probes.wait('event', (seen) => seen.whatsapp.message.text === text);

  before(async () => {
    office = await Office.open({ flows: flows() });
  });
  after(async () => {
    await office?.close();
  });

  it('after a power cut go on where they were: none is missing, each conversation is in order', async () => {
    const requests = Array.from({ length: MESSAGES }, (_, i) =>
      office.simulator.signedRequest({ from: `+1202555${1000 + (i % 10)}`, text: `m${i}` }),
    );
    const acknowledged: string[] = [];
    let killed: Promise<void> | undefined;
    const sending = (async () => {
      for (const [i, { request }] of requests.entries()) {
        if ((await deliver(request)) === 200) acknowledged.push(`m${i}`);
        if (texts().length >= CUT_AFTER) killed ??= office.red.kill9();
      }
    })();
    await sending;
    if (!killed) {
      await office.probes.wait('event', undefined, CUT_AFTER);
      killed = office.red.kill9();
    }
    await killed;
    const before = texts();
    await office.start();
    for (const { request } of requests) await eventually(async () => expect(await deliver(request)).to.equal(200));
    for (let i = 0; i < MESSAGES; i++) await told(`m${i}`);
    const seen = texts();
    expect(acknowledged.filter((text) => !seen.includes(text))).to.deep.equal([]);
    expect(before.length).to.be.at.least(CUT_AFTER);
    // At least once: only what was on its way at the cut comes again.
    expect([...new Set(seen)]).to.deep.equal(requests.map((_, i) => `m${i}`));
    expect(seen.length).to.be.at.most(MESSAGES + 110);
  });

  it('after a stop and a start come once', async () => {
    await write('before the stop');
    await told('before the stop');
    await eventually(() => {
      const [{ position }] = office.rows('select position from event_cursor');
      const [{ id }] = office.rows("select max(id) as id from message where direction = 'in'");
      expect(position >= id).to.equal(true);
    });
    await office.red.stop();
    await office.start();
    await write('after the start');
    await told('after the start');
    expect(texts().slice(-2)).to.deep.equal(['before the stop', 'after the start']);
  });

  it('wait for a disabled node, and are no concern of one that was removed meanwhile', async () => {
    await office.deploy(flows({ disabled: true }));
    await write('while disabled');
    await office.probes.wait('in', (seen) => seen.payload === 'while disabled');
    await office.deploy(flows());
    await told('while disabled');
    await office.deploy(flows({ removed: true }));
    await eventually(() => expect(office.rows('select * from event_cursor')).to.deep.equal([]));
    await write('while removed');
    await office.probes.wait('in', (seen) => seen.payload === 'while removed');
    await office.deploy(flows());
    await eventually(() => expect(office.rows('select * from event_cursor')).to.have.length(1));
    await write('put back');
    await told('put back');
    expect(texts()).to.not.include('while removed');
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
