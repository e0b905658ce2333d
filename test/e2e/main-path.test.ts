import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, Office } from './support/office.ts';

const PHONES = {
  twilio: '+12025550100',
  sinch: '+12025550101',
  sticky: '+12025550102',
  meta: '+12025550103',
} as const;
const PROVIDERS = ['twilio', 'sinch', 'meta'] as const;

/** wa-inbound → wa-route → wa-queue with a probe at each output; and once more with a plan that ends when it is accepted. */
function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account-twilio', key: 'TWI', phone: PHONES.twilio }),
    account({ id: 'account-sinch', key: 'SIN', phone: PHONES.sinch, provider: 'sinch' }),
    account({ id: 'account-meta', key: 'META', phone: PHONES.meta, provider: 'meta' }),
    account({ id: 'account-sticky', key: 'STI', phone: PHONES.sticky, waitForAgent: 1, waitForQueue: 1 }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'in-twilio', place(), [['probe-in'], ['probe-status']], { account: 'account-twilio' }),
    node('wa-inbound', 'in-sinch', place(), [['probe-in'], ['probe-status']], { account: 'account-sinch' }),
    node('wa-inbound', 'in-meta', place(), [['probe-in'], ['probe-status']], { account: 'account-meta' }),
    probe('in', place(), [['route']]),
    probe('status', place()),
    node('wa-route', 'route', place(), [[], ['step']]),
    node('wa-queue', 'step', place(), [['probe-accepted'], ['probe-timeout']], {
      queue: 'everybody',
      queueType: 'queue',
      timeout: 0,
    }),
    probe('accepted', place()),
    probe('timeout', place()),
    node('wa-inbound', 'in-sticky', place(), [['route-sticky'], []], { account: 'account-sticky' }),
    node('wa-route', 'route-sticky', place(), [['probe-handled'], ['probe-plan']]),
    probe('handled', place()),
    probe('plan', place(), [['step-sticky']]),
    node('wa-queue', 'step-sticky', place(), [[], []], { queue: 'everybody', queueType: 'queue', timeout: 0 }),
  ];
}

describe('the main path', function () {
  this.timeout(60_000);
  let office: Office;
  let anna: Desk;

  before(async () => {
    office = await Office.open({ flows: flows(), agents: [{ username: 'anna' }, { username: 'ben' }] });
    anna = await (await office.desk('anna')).connect();
  });
  after(async () => {
    await office?.close();
  });

  for (const provider of PROVIDERS) {
    it(`a signed ${provider} text finds an agent, is answered once, ticks, and is closed`, async () => {
      const { simulator, probes } = office;
      const from = { twilio: '+12025550142', sinch: '+12025550143', meta: '+12025550147' }[provider];
      // Statuses are called back by hand below.
      simulator.behave({ statuses: 'none' });
      const written = await simulator.inbound({ account: PHONES[provider], from, name: 'Zoe', text: 'Grüße 👋' });
      expect(written.status).to.equal(200);

      const offer = await anna.offerOf(from);
      expect(offer.interaction).to.deep.include({ status: 'open', agent: null, unread: 1 });
      expect(offer.interaction.contact).to.deep.include({ address: from, list: 'Default' });
      // Sinch does not say what people call themselves.
      expect(offer.interaction.contact.name).to.equal(provider === 'sinch' ? from : 'Zoe');
      expect(offer.queue).to.equal('Everybody');
      expect(offer.notification.text).to.contain('Grüße 👋');
      const [arrived] = await probes.wait('in', (seen) => seen.whatsapp.contact.address === from);
      expect(arrived?.payload).to.equal('Grüße 👋');
      expect(arrived?.whatsapp.message.providerId).to.equal(written.message.id);

      const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
      expect(interaction).to.deep.include({ agent: 'anna', queue: 'Everybody', tabOpen: true, waiting: null });
      const [accepted] = await probes.wait('accepted', (seen) => seen.whatsapp.contact.address === from);
      expect(accepted?.whatsapp.step).to.deep.include({ outcome: 'accepted', agent: 'anna' });
      expect(accepted?.whatsapp.message.id).to.equal(arrived?.whatsapp.message.id);

      const path = `/interactions/${interaction.id}`;
      const text = 'Hello Zoe, *what* can I do? 🚲';
      const key = { 'idempotency-key': `${provider}-1` };
      const [{ message }, { message: again }] = [
        await anna.ok('POST', `${path}/messages`, { text }, key),
        await anna.ok('POST', `${path}/messages`, { text }, key),
      ];
      expect(message).to.deep.include({ status: 'queued', direction: 'out', author: 'anna', text });
      expect(again.id).to.equal(message.id);
      const send = await simulator.waitForSend({ account: PHONES[provider], to: from });
      expect(send.text).to.equal(text);
      await anna.until('message-status', (m) => m.id === message.id && m.status === 'sent');

      // Shuffled and doubled, as providers do.
      for (const status of ['read', 'sent', 'delivered', 'read', 'delivered'] as const) {
        expect((await simulator.callback(send.id, status))?.status).to.equal(200);
      }
      await anna.until('message-status', (m) => m.id === message.id && m.status === 'read');
      const { messages } = await anna.ok('GET', `${path}/messages`);
      expect(messages.map((m: { status: string; text: string }) => [m.text, m.status])).to.deep.equal([
        ['Grüße 👋', 'received'],
        [text, 'read'],
      ]);
      // What is lower than what was known is no news, neither for the desk nor for the flow.
      const ticks = anna.events.filter((e) => e.event === 'message-status' && e.data.id === message.id);
      expect(ticks.map((e) => e.data.status)).to.deep.equal(['sent', 'read']);
      const told = probes.of('status', (seen) => seen.whatsapp.message.id === message.id);
      expect(told.map((seen) => seen.whatsapp.message.status)).to.deep.equal(['read']);
      expect(simulator.sends({ account: PHONES[provider], to: from })).to.have.length(1);

      const closed = await anna.ok('POST', `${path}/close`, { lastMessageId: messages[1].id });
      expect(closed.interaction).to.deep.include({ status: 'closed', tabOpen: false, unread: 0 });
      expect((await anna.show()).tabs).to.deep.equal([]);
      expect(probes.of('accepted', (seen) => seen.whatsapp.contact.address === from)).to.have.length(1);
      expect(probes.of('timeout')).to.deep.equal([]);
    });

    it(`${provider}: statuses that overtake the answer of the send are kept`, async () => {
      const from = { twilio: '+12025550144', sinch: '+12025550145', meta: '+12025550148' }[provider];
      office.simulator.behave({ statuses: 'reversed', statusesFirst: true, autoRead: 0 });
      await office.simulator.inbound({ account: PHONES[provider], from, text: 'quick' });
      const offer = await anna.offerOf(from);
      const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
      const { message } = await anna.ok('POST', `/interactions/${interaction.id}/messages`, { text: 'quicker' });
      await anna.until('message-status', (m) => m.id === message.id && m.status === 'read');
      await office.simulator.settled();
      const { messages } = await anna.ok('GET', `/interactions/${interaction.id}/messages`);
      expect(messages.at(-1).status).to.equal('read');
      expect(office.simulator.sends({ to: from, account: PHONES[provider] })).to.have.length(1);
      await anna.ok('POST', `/interactions/${interaction.id}/close`, {});
      office.simulator.calm();
    });
  }

  it('meta: the handshake at the Receive URL, then several people in one webhook, what they share and what they tap', async () => {
    const { simulator, probes } = office;
    const handshake = simulator.simulation.world.log.find(({ what }) => what === 'handshake');
    expect(handshake).to.include({ status: 200, failed: false });
    const account = PHONES.meta;
    const [zoe, ada] = ['+12025550151', '+12025550152'];
    const contacts = [{ name: { formatted_name: 'Ben' }, phones: [{ phone: '+1 202-555-0153' }] }];
    const batch = [
      { account, from: zoe, name: 'Zoe', text: 'one' },
      { account, from: ada, name: 'Ada', content: { type: 'contacts', contacts } },
      { account, from: zoe, text: 'two' },
    ];
    expect((await simulator.together(batch)).status).to.equal(200);
    const arrived = await probes.wait('in', ({ whatsapp }) => [zoe, ada].includes(whatsapp.contact.address), 3);
    const shown = arrived.map(({ payload, whatsapp }) => [whatsapp.contact.name, whatsapp.message.type, payload]);
    expect(shown.sort()).to.deep.equal([
      ['Ada', 'contact', 'Ben +1 202-555-0153'],
      ['Zoe', 'text', 'one'],
      ['Zoe', 'text', 'two'],
    ]);

    // A user with a user name has no number: answers go to the user id.
    const user = 'US.13491208655302741918';
    await simulator.inbound({ account, from: user, name: 'Una', text: 'Which?' });
    for (const from of [zoe, ada, user]) {
      const offer = await anna.offerOf(from);
      await anna.ok('POST', `/offers/${offer.id}/accept`);
      const path = `/interactions/${offer.interaction.id}`;
      const { message } = await anna.ok('POST', `${path}/messages`, { text: 'Yours' });
      const send = await simulator.waitForSend({ account, to: from });
      await anna.until('message-status', (m) => m.id === message.id && m.status === 'delivered');
      expect(send.request).to.include(from === user ? { recipient: user } : { to: from });
      await anna.ok('POST', `${path}/close`, {});
    }
  });

  it('a known agent first, then their queue, then the plan', async () => {
    const { simulator, probes } = office;
    const from = '+12025550146';
    await simulator.inbound({ account: PHONES.sticky, from, text: 'one' });
    const first = await anna.offerOf(from);
    const { interaction } = await anna.ok('POST', `/offers/${first.id}/accept`);
    await simulator.inbound({ account: PHONES.sticky, from, text: 'two' });
    const [inTab] = await probes.wait('handled', (seen) => seen.payload === 'two');
    expect(inTab?.whatsapp.step).to.deep.include({ outcome: 'tab', agent: 'anna' });

    await anna.ok('PUT', `/interactions/${interaction.id}/tab`, { open: false });
    anna.clear();
    const start = performance.now();
    await simulator.inbound({ account: PHONES.sticky, from, text: 'three' });
    // To the agent who has it, for a second …
    const mine = await anna.offerOf(from);
    expect(mine.queue).to.equal(null);
    expect(mine.interaction.agent).to.equal('anna');
    await anna.until('offer-ended', (ended) => ended.id === mine.id);
    const agentWait = performance.now() - start;
    // … to the queue that delivered it, for another …
    const ours = await anna.until('offer', (offer) => offer.queue === 'Everybody');
    await anna.until('offer-ended', (ended) => ended.id === ours.id);
    // … and then it is nobody's, and runs through the plan.
    const [left] = await probes.wait('plan', (seen) => seen.payload === 'three');
    const wait = performance.now() - start;
    expect(left?.whatsapp.step).to.deep.include({ outcome: 'timeout' });
    expect(left?.whatsapp.interaction.agent).to.equal(null);
    expect(agentWait).to.be.within(900, 2000);
    expect(wait).to.be.within(1900, 3500);
    const planned = await anna.until('offer', (offer) => offer.id !== mine.id && offer.id !== ours.id);
    const again = await anna.ok('POST', `/offers/${planned.id}/accept`);
    expect(again.interaction).to.include({ id: interaction.id, agent: 'anna', unread: 3 });
    await anna.ok('POST', `/interactions/${interaction.id}/close`, {});
  });

  it('complains about nothing', () => {
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
