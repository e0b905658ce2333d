import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, deliver, eventually, Office } from './support/office.ts';

const MESSAGES = 500;
const CONTACTS = 80;
const CONNECTIONS = 50;
/** Acknowledgements after which the power is cut. */
const CUT_AFTER = 180;

const MAIN = '+12025550100';
const SLOW = '+12025550101';

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: MAIN }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'inbound', place(), [['probe-in'], []], { account: 'account' }),
    probe('in', place(), [['route']]),
    node('wa-route', 'route', place(), [[], ['step']]),
    node('wa-queue', 'step', place(), [['probe-accepted'], ['probe-timeout']], {
      queue: 'everybody',
      queueType: 'queue',
      timeout: 600,
    }),
    probe('accepted', place()),
    probe('timeout', place()),
    account({ id: 'account-slow', key: 'SLOW', phone: SLOW }),
    node('wa-inbound', 'in-slow', place(), [['route-slow'], []], { account: 'account-slow' }),
    node('wa-route', 'route-slow', place(), [[], ['probe-left']]),
    probe('left', place(), [['delay']]),
    node('delay', 'delay', place(), [['step']], { pauseType: 'delay', timeout: '500', timeoutUnits: 'milliseconds' }),
  ];
}

type Json = Record<string, unknown>;

const contactOf = (i: number) => `+1202555${String(1000 + (i % CONTACTS))}`;

describe('a power cut', function () {
  this.timeout(60_000);
  let office: Office;

  before(async () => {
    office = await Office.open({
      flows: flows(),
      agents: [
        { username: 'anna', capacity: 100 },
        { username: 'chief', role: 'supervisor' },
      ],
    });
  });
  after(async () => {
    await office?.close();
  });

  it(`while ${MESSAGES} messages arrive loses none that was acknowledged, and doubles none`, async () => {
    const requests = Array.from({ length: MESSAGES }, (_, i) =>
      office.simulator.signedRequest({ account: MAIN, from: contactOf(i), text: `m${i}` }),
    );
    const acknowledged = new Set<string>();
    let killed: Promise<void> | undefined;
    let next = 0;
    const connection = async () => {
      while (next < requests.length) {
        const { id, request } = requests[next++] as (typeof requests)[0];
        if ((await deliver(request)) === 200) acknowledged.add(id);
        if (acknowledged.size >= CUT_AFTER) killed ??= office.red.kill9();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    await killed;
    expect(acknowledged.size).to.be.within(CUT_AFTER, MESSAGES - 1);
    const before = office.probes.of('in').length;

    await office.start();
    const chief = await office.desk('chief');
    const stored = async () => {
      const { unassigned, tabs, assigned } = await chief.show();
      expect([...tabs, ...assigned]).to.deep.equal([]);
      expect(new Set(unassigned.map((ix: { contact: { address: string } }) => ix.contact.address)).size).to.equal(
        unassigned.length,
      );
      const pages = await Promise.all(
        unassigned.map((ix: { id: string }) => chief.ok('GET', `/interactions/${ix.id}/messages?limit=200`)),
      );
      return pages.flatMap(({ messages }) => messages as { id: string; providerId: string }[]);
    };
    const afterRestart = await stored();
    const ids = afterRestart.map((m) => m.providerId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect([...acknowledged].filter((id) => !ids.includes(id))).to.deep.equal([]);

    // The flow gets every one of them, at least once.
    for (const { id } of afterRestart) await office.probes.wait('in', (seen) => seen.whatsapp.message.id === id);
    expect(before).to.be.above(0);

    // The provider repeats what it got no answer for; ours repeats everything.
    const again = await Promise.all(requests.map(({ request }) => deliver(request)));
    expect(again.every((status) => status === 200)).to.equal(true);
    const all = (await stored()).map((m) => m.providerId);
    expect(all).to.have.length(MESSAGES);
    expect(all).to.have.members(requests.map(({ id }) => id));

    // Each conversation has one plan, which goes on: it rings, and is accepted once.
    const anna = await (await office.desk('anna')).connect();
    const offers = await Promise.all(Array.from({ length: CONTACTS }, (_, i) => anna.offerOf(contactOf(i))));
    await Promise.all(offers.map((offer) => anna.ok('POST', `/offers/${offer.id}/accept`)));
    await office.probes.wait('accepted', undefined, CONTACTS);
    const accepted = office.probes.of('accepted').map((seen) => seen.whatsapp.contact.address);
    expect(new Set(accepted).size).to.equal(CONTACTS);
    expect(accepted).to.have.length(CONTACTS);
    expect(office.probes.of('timeout')).to.deep.equal([]);
    expect((await anna.show()).tabs).to.have.length(CONTACTS);
  });

  it('between two steps gives the message out again', async () => {
    const from = '+12025550142';
    expect(await office.deliver({ account: SLOW, from, text: 'slowly' })).to.equal(200);
    const [before] = await office.probes.wait('left');
    await office.red.kill9();
    await office.start();
    const [, again] = await office.probes.wait('left', undefined, 2);
    expect(again?.whatsapp.message.id).to.equal(before?.whatsapp.message.id);
    const anna = await (await office.desk('anna')).connect();
    const offer = await anna.offerOf(from);
    await anna.ok('POST', `/offers/${offer.id}/accept`);
    await office.probes.wait('accepted', (seen) => seen.whatsapp.contact.address === from);
    expect(office.probes.of('accepted', (seen) => seen.whatsapp.contact.address === from)).to.have.length(1);
  });

  it('after a proper stop nothing is handed over again, and what waited waits on', async () => {
    const from = '+12025550143';
    expect(await office.deliver({ account: MAIN, from, text: 'before the stop' })).to.equal(200);
    await eventually(() => expect(office.rows('select * from handover')).to.deep.equal([]));
    const seen = office.probes.of('in').length;
    await office.red.stop();
    await office.start();
    const anna = await (await office.desk('anna')).connect();
    // It rang already, and rings on: a desk that connects reads what there is.
    const { offers } = await anna.show();
    expect(offers.map((offer: { interaction: Json }) => (offer.interaction.contact as Json).address)).to.deep.equal([
      from,
    ]);
    await anna.ok('POST', `/offers/${offers[0].id}/accept`);
    await office.probes.wait('accepted', (seen) => seen.whatsapp.contact.address === from);
    expect(office.probes.of('in')).to.have.length(seen);
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
