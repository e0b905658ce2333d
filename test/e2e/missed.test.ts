import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, SECRETS, tab } from './support/flows.ts';
import { complaints, deliver, eventually, Office } from './support/office.ts';
import { watchStatuses } from './support/statuses.ts';

const MAIN = '+12025550100';
const SECOND = '+12025550101';
const ANN = '+12025550142';
const BOB = '+12025550143';

function flows({ second = false, token = SECRETS.twilio.authToken } = {}): FlowNode[] {
  const { node: page, place } = tab('plan');
  const credentials = { ...SECRETS.twilio, authToken: token };
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: MAIN, credentials }),
    ...(second ? [account({ id: 'account-2', key: 'TWO', phone: SECOND })] : []),
    node('wa-inbound', 'inbound', place(), [['probe-in'], []]),
    probe('in', place()),
    node('wa-events', 'events', place(), [['probe-trouble']], { events: ['account-error'] }),
    probe('trouble', place()),
  ];
}

describe('messages missed at the provider', function () {
  this.timeout(60_000);
  let office: Office;
  const texts = () => office.probes.of('in').map((seen) => seen.whatsapp.message.text as string);
  const seen = (text: string) => office.probes.wait('in', (one) => one.whatsapp.message.text === text);
  /** A customer writes; the provider has the message, whatever its webhook meets. */
  const write = (from: string, text: string, to = MAIN) => office.simulator.inbound({ account: to, from, text });

  before(async () => {
    office = await Office.open({ flows: flows() });
  });
  after(async () => {
    await office?.close();
  });

  it('while Node-RED is down enter in their order at the start, once', async () => {
    expect((await write(ANN, 'before')).status).to.equal(200);
    await seen('before');
    await eventually(() => expect(office.rows('select * from handover')).to.deep.equal([]));
    await office.red.kill9();
    const missed = [];
    for (const [from, text] of [
      [ANN, 'one'],
      [BOB, 'first'],
      [ANN, 'two'],
      [BOB, 'second'],
    ] as const)
      missed.push(await write(from, text));
    expect(missed.map((outcome) => outcome.status)).to.deep.equal([0, 0, 0, 0]);
    await office.start();
    for (const text of ['one', 'two', 'first', 'second']) await seen(text);
    // The provider brings one of them after all.
    const { request } = office.simulator.signedRequest({
      account: MAIN,
      from: ANN,
      text: 'two',
      id: missed[2]!.message.id,
    });
    expect(await deliver(request)).to.equal(200);
    await write(ANN, 'after');
    await seen('after');
    expect(texts()).to.deep.equal(['before', 'one', 'first', 'two', 'second', 'after']);
    const [{ n }] = office.rows('select count(*) as n from interaction');
    expect(n).to.equal(2);
    expect(complaints(office.red.log())).to.deep.equal([]);
  });

  it('of an account that is new are none: nothing old is fetched', async () => {
    office.simulator.register({
      ...{ provider: 'twilio', phone: SECOND, ...SECRETS.twilio, name: 'TWO', key: 'TWO' },
      ...{ webhookUrl: 'http://127.0.0.1:9/', publicUrl: 'https://wa.example.com/' },
    });
    const old = await write(ANN, 'long ago', SECOND);
    // The provider knows whole seconds only.
    old.message.at -= 2000;
    await office.deploy(flows({ second: true }));
    expect((await write(ANN, 'now', SECOND)).status).to.equal(200);
    await seen('now');
    expect(texts()).to.not.include('long ago');
  });

  it('while an account was not deployed enter when it is back', async () => {
    await office.deploy(flows());
    await eventually(async () => expect((await write(BOB, 'unheard', SECOND)).status).to.equal(503));
    await office.deploy(flows({ second: true }));
    await seen('unheard');
    expect(texts().filter((text) => text === 'long ago')).to.deep.equal([]);
  });

  it('say why they cannot be fetched, without a secret, and come once they can', async () => {
    const statuses = await watchStatuses(office.red);
    const wrong = 'fedcba9876543210fedcba9876543210';
    await office.red.deploy(office.connected(flows({ second: true, token: wrong })));
    const [trouble] = await office.probes.wait('trouble');
    expect(trouble!.payload).to.deep.include({ event: 'account-error', actor: 'system', interaction: null });
    expect(trouble!.whatsapp.account).to.include({ key: 'MAIN' });
    expect((trouble!.payload as { data: { error: string } }).data.error).to.match(/^20003: Twilio refused the list/);
    await statuses.until('inbound', /^Twilio refused/);
    expect((await write(ANN, 'refused')).status).to.equal(403);
    await office.red.deploy(office.connected(flows({ second: true })));
    await seen('refused');
    await statuses.until('inbound', /^(last message|ready)/);
    await eventually(() =>
      expect(office.rows('select last_error from account')).to.deep.equal([{ last_error: null }, { last_error: null }]),
    );
    statuses.close();
    expect(office.red.log()).to.match(/MAIN: missed messages cannot be fetched, this is tried again: Twilio refused/);
    for (const secret of [wrong, SECRETS.twilio.authToken]) expect(office.red.log()).to.not.contain(secret);
  });
});
