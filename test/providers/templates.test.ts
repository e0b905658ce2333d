/** Templates of all providers, against the simulator. */
import { expect } from 'chai';
import { providerOf } from '../../providers/index.ts';
import { PROVIDER_NAMES, type ProviderAccount } from '../../providers/provider.ts';
import { fillTemplate } from '../../providers/template.ts';
import { startSimulator } from '../../simulator/server.ts';
import { META_ACCOUNT, SINCH_ACCOUNT, TWILIO_ACCOUNT } from './support.ts';

const ACCOUNTS = { twilio: TWILIO_ACCOUNT, sinch: SINCH_ACCOUNT, meta: META_ACCOUNT };

for (const name of PROVIDER_NAMES) {
  describe(`templates of ${name}`, () => {
    const provider = providerOf(name);
    let simulator: Awaited<ReturnType<typeof startSimulator>>;
    let account: ProviderAccount;

    before(async () => {
      simulator = await startSimulator();
      account = { ...ACCOUNTS[name], baseUrl: simulator.url };
      simulator.register({ ...account, webhookUrl: 'http://127.0.0.1:9/hook' });
    });
    after(() => simulator.close());

    it('are listed with their state, text and variables', async () => {
      const list = await provider.templates(account);
      const said = list.map((one) => [one.name, one.language, one.state, one.category, one.unsupported]);
      expect(said).to.deep.equal([
        ['order_update', 'en_US', 'approved', 'utility', ''],
        ['appointment', 'en_US', 'approved', 'utility', ''],
        ['we_have_news', 'en_US', 'approved', 'utility', ''],
        ['autumn_sale', 'en_US', 'paused', 'marketing', ''],
        ['lottery', 'en_US', 'rejected', 'marketing', ''],
      ]);
      expect(list[1]).to.deep.include({
        text: 'Your appointment\nHello {{1}}, we look forward to seeing you on {{2}} at {{3}}.\nReply to change it',
        variables: ['1', '2', '3'],
      });
    });

    it('are sent with their variables', async () => {
      const template = (await provider.templates(account))[0]!;
      const variables = { 1: 'Zoe', 2: '42' };
      const { id, language } = template;
      const to = { address: '+12025550142', phone: '+12025550142' };
      const result = await provider.send(account, {
        id: 'm1',
        to,
        text: fillTemplate(template, variables),
        template: { id, name: template.name, language, variables },
      });
      expect(result).to.include({ outcome: 'sent' });
      const [sent] = simulator.sends();
      expect(sent!.text).to.equal('Hi Zoe, your order 42 has been shipped and should arrive tomorrow.');
      expect(sent!.template!.variables).to.deep.equal(variables);
    });

    it('raise what is safe to show when they cannot be listed', async () => {
      const wrong = { ...account, authToken: 'not-the-token:at-all' };
      const error = await provider.templates(wrong).catch((e: Error) => e);
      expect(error).to.include({ name: 'ProviderError', reason: 'account' });
      expect((error as Error).message).not.to.contain('not-the-token');
      const nowhere = { ...account, baseUrl: 'http://127.0.0.1:1' };
      expect(await provider.templates(nowhere).catch((e: Error) => e)).to.include({ name: 'ProviderError' });
    });
  });
}
