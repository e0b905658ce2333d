/** Templates from the provider's list to the customer's phone, by an agent, by a flow, and in place of a text that comes too late. */
import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, tab } from './support/flows.ts';
import { complaints, Office } from './support/office.ts';

const PHONES = { twilio: '+12025550100', sinch: '+12025550101', meta: '+12025550102' } as const;
const PROVIDERS = ['twilio', 'sinch', 'meta'] as const;
const UPDATE = 'Hi Zoe, your order 4711 has been shipped and should arrive tomorrow.';

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  const ofProvider = PROVIDERS.flatMap((provider) => [
    account({
      id: `account-${provider}`,
      key: provider.slice(0, 5).toUpperCase(),
      phone: PHONES[provider],
      provider,
      agents: ['anna'],
      windowTemplate: 'we_have_news',
    }),
    node('wa-inbound', `in-${provider}`, place(), [['send'], []], { account: `account-${provider}` }),
  ]);
  return [
    page,
    ...ofProvider,
    node('wa-send', 'send', place(), [['probe-sent']], {
      mode: 'template',
      template: 'order_update',
      variables: { 1: '{{whatsapp.contact.name}}', 2: '{{payload}}' },
    }),
    probe('sent', place()),
  ];
}

describe('templates', function () {
  this.timeout(60_000);
  let office: Office;
  let anna: Desk;
  let ben: Desk;

  before(async () => {
    office = await Office.open({ flows: flows(), agents: [{ username: 'anna', capacity: 20 }, { username: 'ben' }] });
    anna = await (await office.desk('anna')).connect();
    ben = await office.desk('ben');
  });
  after(() => office?.close());

  const idOf = (provider: string): string =>
    office.rows('select id from account where node_id = ?', `account-${provider}`)[0].id;

  for (const provider of PROVIDERS) {
    const customer = `+1202555014${PROVIDERS.indexOf(provider)}`;

    it(`${provider}: a flow answers with one, its variables filled in`, async () => {
      await office.simulator.inbound({ account: PHONES[provider], from: customer, name: 'Zoe', text: '4711' });
      const [sent] = await office.probes.wait('sent', (seen) => seen.whatsapp.contact.address === customer);
      // What people call themselves Sinch does not say.
      const text = provider === 'sinch' ? UPDATE.replace('Zoe', customer) : UPDATE;
      expect(sent?.whatsapp.message).to.include({ direction: 'out', text });
      expect((await office.simulator.waitForSend({ account: PHONES[provider], to: customer })).text).to.equal(text);
    });

    it(`${provider}: agents of the account see the list, and write first with one`, async () => {
      const path = `/accounts/${idOf(provider)}/templates`;
      const { templates } = await anna.ok('GET', path);
      const update = templates.find((one: { name: string }) => one.name === 'order_update');
      expect(update).to.deep.include({ state: 'approved', variables: ['1', '2'] });
      expect((await ben.call('GET', path)).status).to.equal(403);

      const stranger = `+1202555015${PROVIDERS.indexOf(provider)}`;
      const start = { account: idOf(provider), address: stranger };
      const incomplete = { ...start, template: { id: update.id, variables: { 1: 'Zoe' } } };
      const refused = await anna.call('POST', '/interactions', incomplete);
      expect([refused.status, refused.json.error.code]).to.deep.equal([422, 'template_variables']);
      const sale = templates.find((one: { name: string }) => one.name === 'autumn_sale');
      // Sinch does not list what may not be sent.
      if (sale) {
        const paused = await anna.call('POST', '/interactions', { ...start, template: { id: sale.id } });
        expect([paused.status, paused.json.error.code]).to.deep.equal([422, 'template_paused']);
      }
      expect(office.simulator.sends({ account: PHONES[provider], to: stranger })).to.deep.equal([]);

      const complete = { ...start, template: { id: update.id, variables: { 1: 'Zoe', 2: '4711' } } };
      const { interaction } = await anna.ok('POST', '/interactions', complete);
      expect((await office.simulator.waitForSend({ account: PHONES[provider], to: stranger })).text).to.equal(UPDATE);
      const { messages } = await anna.ok('GET', `/interactions/${interaction.id}/messages`);
      expect(messages.map((m: { text: string }) => m.text)).to.deep.equal([UPDATE]);
    });

    it(`${provider}: the account's own stands in for a text outside of the window`, async () => {
      const stranger = `+1202555016${PROVIDERS.indexOf(provider)}`;
      await anna.ok('POST', '/interactions', { account: idOf(provider), address: stranger, text: 'It is ready.' });
      const { text } = await office.simulator.waitForSend({ account: PHONES[provider], to: stranger });
      expect(text).to.match(/^Hello, we have an answer to your question/);
    });
  }

  it('who wrote STOP is not written to until START', async () => {
    const from = '+12025550170';
    const write = (text: string) => office.simulator.inbound({ account: PHONES.twilio, from, text });
    await write('4711');
    await office.probes.wait('sent', (seen) => seen.whatsapp.contact.address === from);
    await write('Stop.');
    const id = office.rows(
      'select i.id from interaction i join address a on a.contact_id = i.contact_id where a.address = ?',
      from,
    )[0].id;
    await anna.ok('POST', `/interactions/${id}/take`);
    const refused = await anna.call('POST', `/interactions/${id}/messages`, { text: 'One more thing' });
    expect([refused.status, refused.json.error.code]).to.deep.equal([409, 'opted_out']);
    await write('START');
    await anna.ok('POST', `/interactions/${id}/messages`, { text: 'Welcome back' });
    await office.simulator.waitForSend({ account: PHONES.twilio, to: from, text: 'Welcome back' });
  });

  it('complains about nothing but the answer of the flow to STOP', () => {
    const said = complaints(office.red.log());
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/wa-send:send.*asked for no more messages/);
  });
});
