import { expect } from 'chai';
import { PROVIDER_NAMES } from '../../providers/provider.ts';
import { account, node, tab } from './support/flows.ts';
import { complaints, eventually, Office } from './support/office.ts';

describe('read receipts and typing', function () {
  this.timeout(60_000);
  let office: Office;

  before(async () => {
    const { node: page, place } = tab('plan');
    const accounts = PROVIDER_NAMES.map((provider, n) =>
      account({ id: `account-${provider}`, key: provider.slice(0, 5), provider, phone: `+1202555010${n}` }),
    );
    const inbound = node('wa-inbound', 'inbound', place(), [[], []], { account: '' });
    office = await Office.open({ flows: [page, ...accounts, inbound], agents: [{ username: 'anna' }] });
  });
  after(async () => {
    await office?.close();
  });

  for (const [n, provider] of PROVIDER_NAMES.entries())
    it(`reach the customer of ${provider}`, async () => {
      const anna = await office.desk('anna');
      const events: string[] = [];
      const stop = office.simulator.simulation.world.listen((event) => events.push(event.type));
      const { message } = await office.simulator.inbound({
        ...{ account: `+1202555010${n}`, from: `+1202555014${n}`, text: 'Hello' },
      });
      const desk = (await anna.call('GET', '/desk')).json as { unassigned: { id: string; account: { key: string } }[] };
      const { id } = desk.unassigned.find((one) => one.account.key === provider.slice(0, 5))!;
      expect((await anna.call('POST', `/interactions/${id}/take`)).status).to.equal(200);
      const status = () => office.simulator.simulation.world.message(message.id)?.status;
      expect((await anna.call('POST', `/interactions/${id}/read`)).status).to.equal(200);
      if (provider === 'meta') await eventually(() => expect(status()).to.equal('read'));
      expect((await anna.call('POST', `/interactions/${id}/typing`)).status).to.equal(204);
      await eventually(() => expect(status()).to.equal('read'));
      await eventually(() => expect(events).to.include('typing'));
      stop();
    });

  it('complains about nothing', () => {
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
