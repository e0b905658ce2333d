import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FlowNode, packageName } from '../support/node-red.ts';
import { root } from '../support/package.ts';
import { node, probe, SECRETS, tab } from './support/flows.ts';
import { complaints, eventually, Office } from './support/office.ts';
import { type Statuses, watchStatuses } from './support/statuses.ts';

const PHONE = '+12025550100';

async function example(name: string): Promise<FlowNode[]> {
  return JSON.parse(await readFile(join(root, 'examples', name), 'utf8')) as FlowNode[];
}

/** As the editor imports: every id is a new one. */
function regenerated(flows: FlowNode[]): FlowNode[] {
  let text = JSON.stringify(flows);
  for (const { id } of flows) text = text.replaceAll(id, randomBytes(8).toString('hex'));
  return JSON.parse(text) as FlowNode[];
}

/** A flow that was there before: counts its calls in memory, so that it shows whether it was restarted. */
function others(): FlowNode[] {
  const { node: page, place } = tab('others');
  const func = "msg.payload = String(context.set('n', (context.get('n') || 0) + 1) || context.get('n')); return msg;";
  return [
    page,
    node('http in', 'counter', place(), [['count']], { url: '/counter', method: 'get' }),
    node('function', 'count', place(), [['answer']], { func, outputs: 1 }),
    node('http response', 'answer', place(), []),
  ];
}

const typed = (flows: FlowNode[], type: string): FlowNode[] => flows.filter((one) => one.type === type);
const theAccount = (flows: FlowNode[]): FlowNode => typed(flows, 'whatsapp-account')[0] as FlowNode;

for (const version of [5, 4] as const) {
  for (const dashboard of [false, true]) {
    describe(`examples in Node-RED ${version} ${dashboard ? 'with' : 'without'} Dashboard`, function () {
      this.timeout(30_000);
      let office: Office;
      let statuses: Statuses;
      let names: string[];

      before(async () => {
        names = (await readdir(join(root, 'examples'))).filter((name) => name.endsWith('.json'));
        office = await Office.open({ flows: [], version, dashboard });
        statuses = await watchStatuses(office.red);
      });
      after(async () => {
        statuses?.close();
        await office?.close();
      });

      const settled = async (flows: FlowNode[]) => {
        for (const { id } of typed(flows, 'wa-inbound')) await statuses.until(id, /^not configured$/);
      };

      it('each deployed into an empty Node-RED', async () => {
        expect(names).to.include.members(['flows.json', 'flows-with-desk.json']).and.to.have.length.above(7);
        for (const name of names) {
          if (name === 'flows-with-desk.json' && !dashboard) continue;
          const from = office.red.log().length;
          const flows = await example(name);
          await office.red.deploy(flows);
          await settled(flows);
          const log = office.red.log().slice(from);
          expect(complaints(log), name).to.deep.equal([]);
          expect(log, name).not.to.match(/missing types/);
        }
      });

      it('all beside flows that go on, and out again', async () => {
        const from = office.red.log().length;
        const mine = others();
        const counter = async () => (await fetch(`${office.red.url}/counter`)).text();
        await office.red.deploy(mine);
        expect(await counter()).to.equal('1');
        let flows = mine;
        for (const name of names) {
          if (name === 'flows-with-desk.json') continue;
          const added = regenerated(await example(name));
          flows = [...flows, ...added];
          await office.red.deploy(flows, 'nodes');
          await settled(added);
        }
        expect(await counter()).to.equal('2');
        await office.red.deploy(mine, 'nodes');
        expect(await counter()).to.equal('3');
        expect(complaints(office.red.log().slice(from))).to.deep.equal([]);
      });

      if (dashboard) {
        it('the desk on its dashboard', async () => {
          const flows = await example('flows-with-desk.json');
          await office.red.deploy(flows);
          const base = typed(flows, 'ui-base')[0]?.path as string;
          expect((await fetch(`${office.red.url}${base}/`)).status).to.equal(200);
          const bundle = await fetch(`${office.red.adminUrl}/resources/${packageName}/ui-wa-desk.umd.js`);
          expect(bundle.status).to.equal(200);
          const setup = JSON.stringify(await (await fetch(`${office.red.url}${base}/_setup`)).json());
          expect(setup).not.to.contain('authToken');
        });
        return;
      }

      it('imported twice: the first goes on, the second says which number or key is taken', async () => {
        const { place } = tab('9d31da872abd2daa');
        const first = (await example('flows.json')).map((one) =>
          one.type === 'whatsapp-account' ? { ...one, credentials: SECRETS.twilio } : one,
        );
        // A message that arrives shows that the first still receives.
        const inbound = typed(first, 'wa-inbound')[0] as FlowNode;
        const watched = [
          ...first.map((one) => (one === inbound ? { ...one, wires: [['probe-in'], []] } : one)),
          probe('in', { ...place(), z: String(inbound.z) }),
        ];
        await office.deploy(watched);
        const url = await office.receiveUrl(theAccount(first).id);
        const arrives = async (text: string) => {
          const { status } = await office.simulator.inbound({ account: PHONE, from: '+12025550142', text });
          expect(status).to.equal(200);
          await office.probes.wait('in', (seen) => seen.payload === text);
        };
        // An account that was there before is deployed again: until its flows have started the provider is asked to repeat.
        await eventually(() => arrives('one'));

        const second = regenerated(await example('flows.json'));
        const secondInbound = typed(second, 'wa-inbound')[0]?.id ?? '';
        let from = 0;
        // Before the first in the file too: who was there first keeps the number.
        const orders = { after: [...watched, ...second], before: [...second, ...watched] };
        for (const [order, flows] of Object.entries(orders)) {
          from = office.red.log().length;
          await office.red.deploy(office.connected(flows));
          await office.red.waitForLog(/Calder Cycles.*The number \+12025550100 is used by .*Calder Cycles/, { from });
          await statuses.until(secondInbound, /number .* used/i);
          await statuses.until(inbound.id, /^(ready|last message)/);
          await eventually(() => arrives(order));
        }
        const otherNumber = second.map((one) =>
          one.type === 'whatsapp-account' ? { ...one, name: 'Branch', phone: '+12025550101' } : one,
        );
        from = office.red.log().length;
        await office.red.deploy(office.connected([...otherNumber, ...watched]));
        await statuses.until(secondInbound, /key .* used/i);
        await office.red.waitForLog(/"Branch".*key DEMO is used by .*Calder Cycles/, { from });
        await eventually(() => arrives('key'));
        expect(await office.receiveUrl(theAccount(first).id)).to.equal(url);

        // Without the first the same number may live again, as the same account.
        await office.red.deploy([]);
        const third = regenerated(watched).map((one) =>
          one.type === 'whatsapp-account' ? { ...one, credentials: SECRETS.twilio } : one,
        );
        await office.deploy(third);
        expect(await office.receiveUrl(theAccount(third).id)).to.equal(url);
        await eventually(() => arrives('again'));
        const { length: conversations } = office.rows('select id from interaction');
        expect(conversations).to.equal(1);
        expect(office.red.uncaught()).to.deep.equal([]);
      });
    });
  }
}
