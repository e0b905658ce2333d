import { expect } from 'chai';
import { PROVIDER_NAMES } from '../../providers/provider.ts';
import { account, node, probe, SECRETS, tab } from './support/flows.ts';
import { complaints, Office } from './support/office.ts';

interface Check {
  what: string;
  state: string;
  message: string;
}
interface Answer {
  ok: boolean;
  problems: { code: string }[];
  checks: Check[];
  error?: { code: string; message: string };
}

describe('the health of an account', function () {
  this.timeout(60_000);
  let office: Office;
  const accounts = PROVIDER_NAMES.map((provider, n) =>
    account({ id: `account-${provider}`, key: provider.slice(0, 5), provider, phone: `+1202555010${n}` }),
  );

  before(async () => {
    const { node: page, place } = tab('plan');
    const inbound = node('wa-inbound', 'inbound', place(), [['probe-in'], []], { account: '' });
    office = await Office.open({ flows: [page, ...accounts, inbound, probe('in', place())] });
  });
  after(async () => {
    await office?.close();
  });

  const ask = async (path: string, body: object = {}): Promise<Answer & { status: number }> => {
    const response = await office.red.admin(`/whatsapp/admin/accounts/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  };
  const states = ({ checks }: Answer) => Object.fromEntries(checks.map(({ what, state }) => [what, state]));

  for (const provider of PROVIDER_NAMES) {
    it(`at ${provider}: credentials, number, where messages go, and whether this server answers there`, async () => {
      const answer = await ask(`account-${provider}/test`);
      expect(answer.problems).to.deep.equal([]);
      expect(answer.ok).to.equal(true);
      // Meta keeps the address of the app to itself; a loopback address is none for a provider.
      expect(states(answer)).to.deep.equal({
        ...{ credentials: 'ok', number: 'ok', address: 'unknown' },
        webhook: provider === 'meta' ? 'unknown' : 'ok',
      });
    });

    it(`at ${provider}: the Receive URL is entered there by a button, and messages come`, async () => {
      const { simulator } = office;
      const registered = simulator.simulation.world.accounts().find((one) => one.provider === provider)!;
      simulator.register({ ...registered, webhookUrl: 'http://127.0.0.1:9/elsewhere', publicUrl: undefined });
      if (provider !== 'meta') {
        const before = await ask(`account-${provider}/test`);
        expect(before.ok).to.equal(false);
        expect(states(before).webhook).to.equal('failed');
      }
      const after = await ask(`account-${provider}/receive-url`);
      expect(after, JSON.stringify(after)).to.include({ status: 200, ok: true });
      expect(states(after).webhook).to.equal('ok');
      const sent = await simulator.inbound({ account: registered.id, from: '+12025550142', text: provider });
      expect(sent.status).to.equal(200);
      const [seen] = await office.probes.wait('in', ({ payload }) => payload === provider);
      expect(seen?.whatsapp.account.key).to.equal(provider.slice(0, 5));
    });
  }

  it('says which credentials are wrong, in the words of the provider, without repeating them', async () => {
    const answer = await ask('account-twilio/test', { authToken: 'ffffffffffffffffffffffffffffffff' });
    expect(answer.ok).to.equal(false);
    expect(states(answer).credentials).to.equal('failed');
    expect(JSON.stringify(answer)).not.to.contain('ffffffffffffffff').and.not.contain(SECRETS.twilio.authToken);
    const sinch = await ask('account-sinch/test', { appId: '01OTHER' });
    expect(states(sinch)).to.include({ credentials: 'ok', number: 'failed' });
    const meta = await ask('account-meta/test', { appId: '999' });
    expect(states(meta)).to.include({ credentials: 'ok', number: 'failed' });
  });

  it('takes what stands in the dialog, before it was ever deployed', async () => {
    const values = {
      ...{ provider: 'twilio', phone: '+1 202 555 0100', baseUrl: office.simulator.url, ...SECRETS.twilio },
      domain: office.red.url,
    };
    const answer = await ask('never-deployed/test', values);
    expect(answer).to.include({ ok: true });
    expect(states(answer)).to.deep.equal({ credentials: 'ok', number: 'ok', address: 'unknown' });
    const { error, status } = await ask('never-deployed/receive-url', values);
    expect([status, error?.code]).to.deep.equal([409, 'not_deployed']);
    expect((await ask('never-deployed/test')).status).to.equal(404);
    const empty = await ask('never-deployed/test', { provider: 'sinch' });
    expect(empty.ok).to.equal(false);
    expect(empty.problems.map(({ code }) => code)).to.include.members(['auth_token_missing', 'base_url_missing']);
    expect((await ask('account-twilio/test', { unknown: 'x' })).error?.code).to.equal('invalid_body');
  });

  it('a password that was not typed again is the deployed one, but goes nowhere else', async () => {
    const same = await ask('account-twilio/test', { authToken: '__PWRD__', phone: '+12025550100' });
    expect(same.ok).to.equal(true);
    const elsewhere = await ask('account-twilio/test', {
      ...{ authToken: '__PWRD__', baseUrl: 'http://127.0.0.1:9' },
    });
    expect(elsewhere.problems.map(({ code }) => code)).to.deep.equal(['auth_token_missing']);
  });

  it('a domain behind which somebody else answers is told', async () => {
    const { checks } = await ask('account-twilio/test', { domain: office.simulator.url });
    const address = checks.find(({ what }) => what === 'address');
    expect(address).to.include({ state: 'failed' });
    expect(address?.message).to.match(/Something else answers/);
    const { checks: unknown } = await ask('account-twilio/test', { domain: 'https://nobody.invalid' });
    expect(unknown.find(({ what }) => what === 'address')?.message).to.match(/its name is not known|cannot be reached/);
  });

  it('complains about nothing', () => {
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
