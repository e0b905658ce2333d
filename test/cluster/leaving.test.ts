import { once } from 'node:events';
import { expect } from 'chai';
import pg from 'pg';
import { Desk } from '../e2e/support/desk.ts';
import { account, node, probe, queue, tab } from '../e2e/support/flows.ts';
import { eventually, Office, passwordOf } from '../e2e/support/office.ts';
import type { FlowNode } from '../support/node-red.ts';
import { databaseUrl } from '../support/postgres.ts';

const NUMBER = '+12025550100';
const ZOE = '+12025550142';

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account-main', key: 'MAIN', phone: NUMBER }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'in', place(), [['probe-in'], []], { account: 'account-main' }),
    probe('in', place(), [['step']]),
    node('wa-queue', 'step', place(), [[], []], { queue: 'everybody', queueType: 'queue', timeout: 0 }),
  ];
}

describe('a Node-RED that is told to stop', function () {
  this.timeout(90_000);
  let one: Office;
  let other: Office | undefined;
  afterEach(async () => {
    await one?.close();
    await other?.close();
    other = undefined;
  });

  /** Anna answers Zoe, and the provider takes its time. */
  async function answering(): Promise<{ anna: Desk; interaction: string; message: string }> {
    const anna = await (await one.desk('anna')).connect();
    await one.simulator.inbound({ account: NUMBER, from: ZOE, name: 'Zoe', text: 'Hello' });
    const { id } = await anna.offerOf(ZOE);
    const { interaction } = await anna.ok('POST', `/offers/${id}/accept`);
    one.simulator.behave({ sendDelay: 2000, statuses: 'none' });
    const sent = await anna.ok('POST', `/interactions/${interaction.id}/messages`, { text: 'Hi Zoe' });
    return { anna, interaction: interaction.id, message: sent.message.id };
  }

  it('says so, finishes what it holds, sends its desks to another one and leaves the rest to that', async () => {
    const database = await databaseUrl();
    one = await Office.open({ flows: flows(), database, agents: [{ username: 'anna' }] });
    other = await Office.prepare({ flows: flows(), database });
    await other.start(flows());
    // Each has heard of the other by then.
    const admin = new pg.Client({ connectionString: database });
    await admin.connect();
    const count = async (sql: string) => Number((await admin.query(`select count(*) as n from ${sql}`)).rows[0].n);
    await eventually(async () => expect(await count('runtime where nodes is not null')).to.equal(2));
    const { anna, interaction, message } = await answering();
    await eventually(async () => expect(await count("outgoing where state = 'sending'")).to.equal(1));

    const heard: string[] = [];
    const stream = anna.follow(
      one.red.url,
      (event) => heard.push(event),
      () => false,
    );
    await eventually(() => expect(heard).to.include('hello'));
    const ended = once(one.red.process, 'exit');
    one.red.process.kill('SIGTERM');
    const health = () => fetch(`${one.red.url}/whatsapp/health`);
    await eventually(async () => expect((await health()).status).to.equal(503));
    expect(((await (await health()).json()) as { error: { code: string } }).error.code).to.equal('stopping');
    // What comes to it nevertheless is done: balancers need a moment.
    expect((await anna.call('GET', '/desk')).status).to.equal(200);
    expect((await anna.call('GET', '/events')).status).to.equal(503);
    expect(heard).to.not.include('leaving');
    expect(await one.deliver({ account: NUMBER, from: '+12025550143', text: 'late' })).to.equal(200);
    await eventually(() => expect(other!.probes.of('in').map((seen) => seen.payload)).to.deep.equal(['late']));
    await stream;
    expect(heard.at(-1)).to.equal('leaving');
    expect(await ended).to.deep.equal([0, null]);
    expect(await count('runtime')).to.equal(1);
    expect(one.simulator.sends({ text: 'Hi Zoe' })).to.have.length(1);
    expect(await count(`message where id = '${message}' and status = 'sent'`)).to.equal(1);
    expect(await count('outgoing')).to.equal(0);
    // Its session is as good there, and so is its conversation.
    const there = Desk.as(other.red.url, anna);
    const { tabs } = await there.ok('GET', '/desk');
    expect(tabs.map((tab: { id: string }) => tab.id)).to.deep.equal([interaction]);
    await admin.end();
  });

  it('alone with its file, ends what it sends before it ends, at once otherwise', async () => {
    one = await Office.open({ flows: flows(), agents: [{ username: 'anna' }] });
    const { anna, interaction } = await answering();
    await one.simulator.waitForSend({ text: 'Hi Zoe' });
    await one.red.stop();
    await one.start();
    const again = await Desk.signIn(one.red.url, 'anna', passwordOf('anna'));
    const { messages } = await again.ok('GET', `/interactions/${interaction}/messages`);
    expect(messages.at(-1)).to.include({ text: 'Hi Zoe', status: 'sent' });
    expect(messages.at(-1).error ?? null).to.equal(null);
    expect(anna.events.at(-1)?.event).to.equal('leaving');
    expect(one.simulator.sends({ text: 'Hi Zoe' })).to.have.length(1);
    const begun = Date.now();
    await one.red.stop();
    expect(Date.now() - begun).to.be.below(3000);
  });
});
