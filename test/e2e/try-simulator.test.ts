import { expect } from 'chai';
import { PROVIDER_NAMES } from '../../providers/provider.ts';
import { account, node, probe, tab } from './support/flows.ts';
import { complaints, eventually, Office } from './support/office.ts';

/** What stands in the fields of the account dialog afterwards. */
interface Filled {
  url: string;
  provider: (typeof PROVIDER_NAMES)[number];
  phone: string;
  baseUrl: string;
  appId?: string;
  [credential: string]: string | undefined;
}

describe('try it with the phone simulator', function () {
  this.timeout(60_000);
  let office: Office;

  const flows = (filled: Filled[]) => {
    const { node: page, place } = tab('plan');
    const accounts = filled.map(({ url: _, provider, phone, baseUrl, appId = '', ...credentials }) =>
      account({ id: `account-${provider}`, key: provider.slice(0, 5), provider, phone, baseUrl, appId, credentials }),
    );
    const inbound = node('wa-inbound', 'inbound', place(), [['probe-in'], []], { account: '' });
    return [page, ...accounts, inbound, probe('in', place())];
  };

  before(async () => {
    office = await Office.open({ flows: flows([]) });
  });
  after(async () => {
    await office?.close();
  });

  it('fills in an account of each provider, whose phone then reaches the flow, also after a restart', async () => {
    const filled: Filled[] = [];
    for (const provider of PROVIDER_NAMES) {
      const response = await office.red.admin('/whatsapp/admin/simulator', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ account: { id: `account-${provider}`, phone: '' }, provider }),
      });
      expect(response.status, provider).to.equal(200);
      filled.push((await response.json()) as Filled);
    }
    const api = `${filled[0]!.url}/api`;
    const post = async (path: string, body: object) => {
      const response = await fetch(api + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await response.json()) as { phone: { id: string }; message: { id: string } };
    };
    const writeToAll = async (text: string) => {
      // The simulator is told of accounts at the end of a deploy, which nobody waits for.
      await eventually(async () => {
        const { accounts } = (await (await fetch(`${api}/accounts`)).json()) as { accounts: { provider: string }[] };
        expect(accounts.map(({ provider }) => provider)).to.have.members([...PROVIDER_NAMES]);
      });
      const { phone } = await post('/phones', { phone: '+12025550142', name: 'Zoe' });
      for (const { provider, phone: number } of filled) {
        const to = `${provider}-${number.slice(1)}`;
        await post(`/phones/${phone.id}/messages`, { account: to, text: `${text} ${provider}` });
        const [seen] = await office.probes.wait('in', ({ payload }) => payload === `${text} ${provider}`);
        expect(seen?.whatsapp.account.phone).to.equal(number);
      }
    };
    await office.deploy(flows(filled));
    await writeToAll('Hello');
    const { log } = (await (await fetch(`${api}/log`)).json()) as { log: { what: string; status: number }[] };
    expect(log.find(({ what }) => what === 'handshake')).to.include({ status: 200 });
    await office.red.stop();
    await office.start();
    await writeToAll('Again');
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
