import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { complaints, deliver, eventually, Office } from './support/office.ts';

const SINGLE = 300;
const TALKERS = 20;
const EACH = 10;
const DEPLOYS = 5;

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: '+12025550100' }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'inbound', place(), [['probe-in'], []], { account: 'account' }),
    probe('in', place(), [['route']]),
    node('wa-route', 'route', place(), [[], ['probe-plan']]),
    probe('plan', place(), [['step']]),
    node('wa-queue', 'step', place(), [[], []], { queue: 'everybody', queueType: 'queue', timeout: 600 }),
  ];
}

describe('deploys under load', function () {
  this.timeout(60_000);
  let office: Office;

  before(async () => {
    office = await Office.open({ flows: flows() });
  });
  after(async () => {
    await office?.close();
  });

  it('lose nothing, refuse nothing, keep the order of each conversation', async () => {
    const texts = (from: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ from, text: `${from} ${i}` }));
    const talkers = Array.from({ length: TALKERS }, (_, i) => texts(`+1202556${String(1000 + i)}`, EACH));
    const singles = Array.from({ length: SINGLE }, (_, i) => texts(`+1202557${String(1000 + i)}`, 1)).flat();
    const answers: number[] = [];
    const send = async (message: { from: string; text: string }) => {
      answers.push(await deliver(office.simulator.signedRequest(message).request));
    };
    // Each talker waits for the answer before writing on, so that the order of receipt is known.
    const talking = talkers.map(async (messages) => {
      for (const message of messages) await send(message);
    });
    const rest = [...singles];
    const crowd = Array.from({ length: 10 }, async () => {
      for (let message = rest.pop(); message; message = rest.pop()) await send(message);
    });
    const deploying = (async () => {
      for (let i = 0; i < DEPLOYS; i++) await office.red.deploy(office.connected(flows()), i % 2 ? 'nodes' : 'full');
    })();
    await Promise.all([...talking, ...crowd, deploying]);
    await office.red.deploy(office.connected(flows()));
    expect(answers.filter((status) => status !== 200)).to.deep.equal([]);

    // Every conversation waits in the step: nobody fell out of the plan.
    const contacts = SINGLE + TALKERS;
    await eventually(() => {
      // Shown by a failure: why a plan ended.
      expect(office.rows("select data from audit where event = 'plan-ended'")).to.deep.equal([]);
      const positions = office.rows('select plan_position as at, count(*) as n from interaction group by 1');
      expect(positions.map(({ at, n }) => [at, n])).to.deep.equal([['at', contacts]]);
    });
    for (const messages of [...talkers, singles]) {
      for (const { text } of messages) await office.probes.wait('in', (seen) => seen.payload === text);
    }
    for (const messages of talkers) {
      const seen = office.probes.of('in', ({ whatsapp }) => whatsapp.contact.address === messages[0]?.from);
      const first = [...new Set(seen.map(({ payload }) => payload))];
      expect(first).to.deep.equal(messages.map(({ text }) => text));
    }
    expect(complaints(office.red.log())).to.deep.equal([]);
  });
});
