import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, deliver, Office } from './support/office.ts';

const AGENTS = 50;
const MESSAGES = 50;
const DELIVERIES = 4;

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: '+12025550100' }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'inbound', place(), [['probe-in'], []], { account: 'account' }),
    probe('in', place(), [['route']]),
    node('wa-route', 'route', place(), [['probe-handled'], ['probe-plan']]),
    probe('handled', place()),
    probe('plan', place(), [['queue']]),
    node('wa-queue', 'queue', place(), [['probe-accepted'], ['probe-timeout']], {
      queue: 'everybody',
      queueType: 'queue',
      timeout: 600,
    }),
    probe('accepted', place()),
    probe('timeout', place()),
  ];
}

describe('crowds', function () {
  this.timeout(60_000);
  let office: Office;
  let chief: Desk;

  before(async () => {
    const agents = Array.from({ length: AGENTS }, (_, i) => ({ username: `agent${i}` }));
    office = await Office.open({ flows: flows(), agents: [...agents, { username: 'chief', role: 'supervisor' }] });
    chief = await office.desk('chief');
  });
  after(async () => {
    await office?.close();
  });

  it(`${MESSAGES * DELIVERIES} simultaneous deliveries of ${MESSAGES} first messages are one conversation, in order, and one plan`, async () => {
    const from = '+12025550142';
    const requests = Array.from({ length: MESSAGES }, (_, i) =>
      office.simulator.signedRequest({ from, text: `m${i}` }),
    );
    const all = Array.from({ length: DELIVERIES }, () => requests).flat();
    const answers = await Promise.all(all.map(({ request }) => deliver(request)));
    expect(answers.every((status) => status === 200)).to.equal(true);

    await office.probes.wait('handled', undefined, MESSAGES - 1);
    const [interaction, ...others] = (await chief.show()).unassigned;
    expect(others).to.deep.equal([]);
    expect(interaction.unread).to.equal(MESSAGES);
    const { messages, more } = await chief.ok('GET', `/interactions/${interaction.id}/messages?limit=200`);
    expect(more).to.equal(false);
    const ids = requests.map(({ id }) => id);
    const stored = messages.map((m: { providerId: string }) => m.providerId);
    expect(stored).to.have.members(ids).and.to.have.length(MESSAGES);

    const arrived = office.probes.of('in').map((seen) => seen.whatsapp.message.id);
    expect(arrived).to.deep.equal(messages.map((m: { id: string }) => m.id));
    expect(new Set(office.probes.of('in').map((seen) => seen.whatsapp.interaction.id)).size).to.equal(1);
    expect(office.probes.of('in').filter((seen) => seen.whatsapp.interaction.isNew)).to.have.length(1);
    expect(office.probes.of('plan')).to.have.length(1);
    expect(office.probes.of('plan')[0]?.whatsapp.message.id).to.equal(messages[0].id);
    expect(office.probes.of('handled').every((seen) => seen.whatsapp.step.outcome === 'waiting')).to.equal(true);
    expect(office.rows('select count(*) as n from contact')[0].n).to.equal(1);
    await chief.ok('POST', `/interactions/${interaction.id}/close`, {});
  });

  it(`${AGENTS} agents of one address log in and accept one offer at once: one wins, all desks tell the truth`, async () => {
    const from = '+12025550143';
    const desks = await Promise.all(
      Array.from({ length: AGENTS }, async (_, i) => (await office.desk(`agent${i}`)).connect()),
    );
    expect(await office.deliver({ from, text: 'who wants me?' })).to.equal(200);
    const offers = await Promise.all(desks.map((desk) => desk.offerOf(from)));
    const replies = await Promise.all(desks.map((desk, i) => desk.call('POST', `/offers/${offers[i].id}/accept`)));
    const won = replies.flatMap((reply, i) => (reply.status === 200 ? [i] : []));
    expect(won).to.have.length(1);
    const lost = replies.filter((reply) => reply.status !== 200);
    expect(lost.map((reply) => [reply.status, reply.json.error.code])).to.deep.equal(
      lost.map(() => [409, 'offer_taken']),
    );
    const winner = `agent${won[0]}`;
    const { interaction } = replies[won[0] ?? 0]?.json ?? {};
    expect(interaction).to.include({ agent: winner, tabOpen: true });

    await Promise.all(
      desks.map(async (desk, i) => {
        await desk.until('offer-ended', (ended) => ended.id === offers[i].id);
        const shown = await desk.show();
        expect(shown.offers).to.deep.equal([]);
        expect(shown.unassigned).to.deep.equal([]);
        const tabs = desk.username === winner ? [interaction.id] : [];
        expect(shown.tabs.map((tab: { id: string }) => tab.id)).to.deep.equal(tabs);
        // What the stream said last is what is.
        const ended = desk.events.filter((e) => e.event === 'offer-ended' && e.data.id === offers[i].id);
        expect(ended.map((e) => e.data.reason)).to.deep.equal([desk.username === winner ? 'accepted' : 'rescinded']);
      }),
    );
    await office.probes.wait('accepted');
    expect(office.probes.of('accepted').map((seen) => seen.whatsapp.step.agent)).to.deep.equal([winner]);
    expect(office.probes.of('timeout')).to.deep.equal([]);
  });

  it('complains about nothing', () => {
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
