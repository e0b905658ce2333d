/** What somebody with a browser, and without rights, gets from Dashboard and from the API; and what they can make the flows do. */
import http from 'node:http';
import { expect } from 'chai';
import { io, type Socket } from 'socket.io-client';
import type { FlowNode } from '../support/node-red.ts';
import { packageName } from '../support/node-red.ts';
import type { Desk } from './support/desk.ts';
import { account, node, probe, queue, tab } from './support/flows.ts';
import { Office } from './support/office.ts';

const PHONE = '+12025550100';
const OTHER_PHONE = '+12025550101';
const CUSTOMER = '+12025550142';
const QUESTION = 'Is the frame no. WTU-4711 insured?';
const ANSWER = 'Yes, until the 31st.';
const NOTE = 'Asks for the third time.';
const MORE = 'And the wheels?';

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  const dashboard: FlowNode[] = [
    { id: 'base', type: 'ui-base', name: 'B', path: '/dashboard', acceptsClientConfig: ['ui-notification'] },
    { id: 'theme', type: 'ui-theme', name: 'T', colors: {}, sizes: {} },
    { id: 'screen', type: 'ui-page', name: 'P', ui: 'base', path: '/p', layout: 'grid', theme: 'theme', order: 1 },
    { id: 'group', type: 'ui-group', name: 'G', page: 'screen', width: '6', height: '1', order: 1 },
  ];
  return [
    page,
    ...dashboard,
    account({ id: 'acc', key: 'ONE', phone: PHONE, agents: ['anna', 'ben'] }),
    account({ id: 'acc-two', key: 'TWO', phone: OTHER_PHONE, agents: ['carla'] }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'in', place(), [['route'], []], { account: 'acc' }),
    node('wa-route', 'route', place(), [['probe-handled'], ['step']]),
    node('wa-queue', 'step', place(), [['probe-accepted'], []], { queue: 'everybody', queueType: 'queue', timeout: 0 }),
    probe('handled', place()),
    probe('accepted', place()),
    node('ui-wa-desk', 'desk', place(), [], { group: 'group', order: 1, width: '6', height: '8' }),
    node('ui-template', 'widget', place(), [['probe-widget']], {
      group: 'group',
      order: 2,
      width: '6',
      height: '1',
      format: '<p>Hello</p>',
      templateScope: 'local',
    }),
    probe('widget', place()),
    // What a forged message would be aimed at: whatever comes out of here goes to the customer.
    node('function', 'before-send', place(), [['send']], { func: 'return msg;', outputs: 1 }),
    node('wa-send', 'send', place(), [[]], { account: 'acc', mode: 'text', text: '{{payload}}', to: CUSTOMER }),
  ];
}

describe('without rights', function () {
  this.timeout(60_000);
  let office: Office;
  let anna: Desk;
  let socket: Socket;
  /** All that Dashboard's socket said. */
  const heard: unknown[] = [];
  let interaction: string;

  before(async () => {
    const agents = ['anna', 'ben', 'carla'].map((username) => ({ username }));
    office = await Office.open({ flows: flows(), agents, dashboard: true });
    anna = await (await office.desk('anna')).connect();
    socket = io(office.red.url, { path: '/dashboard/socket.io', transports: ['polling'] });
    socket.onAny((...event) => heard.push(event));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    await office.simulator.inbound({ account: PHONE, from: CUSTOMER, name: 'Zoe Zeller', text: QUESTION });
    const offer = await anna.offerOf(CUSTOMER);
    ({
      interaction: { id: interaction },
    } = await anna.ok('POST', `/offers/${offer.id}/accept`));
    await anna.ok('POST', `/interactions/${interaction}/messages`, { text: ANSWER });
    await anna.ok('POST', `/interactions/${interaction}/notes`, { text: NOTE });
    await office.simulator.waitForSend({ account: PHONE, to: CUSTOMER });
  });
  after(async () => {
    socket?.close();
    await office?.close();
  });

  it('a browser cannot make a node emit, except widgets of others', async () => {
    const sends = office.simulator.sends({ account: PHONE, to: CUSTOMER }).length;
    const from = office.red.log().length;
    for (const id of ['before-send', 'send', 'desk', 'step', 'in'])
      for (const event of ['widget-send', 'widget-change', 'widget-action'])
        socket.emit(event, id, { payload: 'forged', whatsapp: { contact: { address: CUSTOMER } } });
    // Of the same socket, and later: when it has arrived the others have been seen.
    socket.emit('widget-send', 'widget', { payload: 'mine' });
    await office.probes.wait('widget', (seen) => seen.payload === 'mine');
    await office.simulator.settled();
    expect(office.simulator.sends({ account: PHONE, to: CUSTOMER })).to.have.length(sends);
    expect(office.probes.all.filter((seen) => seen.payload === 'forged')).to.deep.equal([]);
    const log = office.red.log().slice(from);
    expect(log.match(/Dropped "widget-send" .* function before-send/g)).to.have.length(1);
    expect(log.match(/Dropped "/g), 'a flood is told once').to.have.length(1);
  });

  it('nothing of a conversation is in what Dashboard gives out', async () => {
    const ids = flows().map((one) => one.id);
    // Loads of every node, answered over the socket, and of what Dashboard keeps.
    for (const id of ids) socket.emit('widget-load', id);
    const given: string[] = [];
    /** As it stands: `fetch` would resolve `..` by itself. */
    const get = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const asked = http.get(`${office.red.url}`, { path }, async (response) => {
          let text = '';
          for await (const part of response.setEncoding('utf8')) text += part;
          given.push(text);
          resolve(response.statusCode ?? 0);
        });
        asked.once('error', reject);
      });
    expect(await get('/dashboard/')).to.equal(200);
    expect(await get('/dashboard/_setup')).to.equal(200);
    for (const id of ids)
      for (const store of ['datastore', 'statestore'])
        expect(await get(`/dashboard/_debug/${store}/${id}`), `${store} of ${id}`).to.equal(200);
    const resources = `/resources/${packageName}`;
    expect(await get(`${resources}/ui-wa-desk.umd.js`)).to.equal(200);
    const database = 'whatsapp-connector/connector.db';
    for (const path of ['', `/../${database}`, `/../../../../${database}`, `/%2e%2e/%2e%2e/%2e%2e/%2e%2e/${database}`])
      expect(await get(resources + path), path).to.be.within(400, 499);
    socket.emit('widget-send', 'widget', { payload: 'last' });
    await office.probes.wait('widget', (seen) => seen.payload === 'last');
    expect(heard).to.have.length.greaterThan(0);
    const all = JSON.stringify(heard) + given.join('\n');
    expect(all).to.contain('ui-wa-desk');
    for (const secret of [QUESTION, ANSWER, NOTE, CUSTOMER, 'Zoe Zeller', interaction, '0123456789abcdef'])
      expect(all, secret).not.to.contain(secret);
  });

  describe('each call of the API', () => {
    interface Call {
      method: string;
      path: string;
    }
    let calls: Call[];
    /** Those that need no session, and what they answer. */
    const open = ['POST /api/session', 'DELETE /api/session', 'GET /api/openapi.json', 'GET /health'];

    before(async () => {
      const { paths } = await (await fetch(`${office.red.url}/whatsapp/api/openapi.json`)).json();
      calls = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
      );
      expect(calls).to.have.length.greaterThan(60);
    });

    /** What makes a call valid, so that it is refused for who asks and not for what. */
    const bodies: Record<string, unknown> = {
      'POST messages': { text: 'from somebody else' },
      'POST notes': { text: 'from somebody else' },
      'PUT tab': { open: true },
      'POST transfer': { queue: 'Everybody' },
      'POST close': { lastMessageId: 'zzzz' },
      'PUT snooze': { until: new Date(Date.now() + 3_600_000).toISOString() },
      'PUT tags': { tags: ['stolen'] },
      'POST assign': { agent: 'ben' },
    };
    const bodyOf = ({ method, path }: Call) => bodies[`${method} ${path.split('/').pop()}`] ?? {};

    const filled = (path: string) => path.replace('{id}', interaction).replace(/\{\w+\}/g, 'anna');

    it('is refused without a session', async () => {
      const wrong: string[] = [];
      for (const { method, path } of calls) {
        if (open.includes(`${method} ${path}`)) continue;
        const response = await fetch(`${office.red.url}/whatsapp${filled(path)}`, {
          method,
          headers: method === 'GET' ? {} : { 'x-wa-request': '1', 'content-type': 'application/json' },
          ...(method === 'GET' ? {} : { body: '{}' }),
        });
        const text = await response.text();
        if (response.status !== 401) wrong.push(`${method} ${path}: ${response.status} ${text}`);
      }
      expect(wrong).to.deep.equal([]);
    });

    // Ben may answer for the account, but Anna has the conversation; Carla has nothing to do with the account.
    for (const username of ['ben', 'carla']) {
      it(`gives ${username} nothing of the conversation that Anna has`, async () => {
        const desk = await office.desk(username);
        const wrong: string[] = [];
        for (const call of calls) {
          const { method, path } = call;
          // Those end the session, or the test.
          if (/session|events$/.test(path)) continue;
          const reply = await desk.call(
            method,
            filled(path.replace(/^\/api/, '')),
            method === 'GET' ? undefined : bodyOf(call),
          );
          const text = JSON.stringify(reply.json) ?? '';
          if ([QUESTION, ANSWER, NOTE, CUSTOMER, 'Zoe'].some((secret) => text.includes(secret)))
            wrong.push(`${method} ${path}: ${text}`);
          if (path.startsWith('/api/interactions/{id}') && ![403, 404, 409].includes(reply.status))
            wrong.push(`${method} ${path}: ${reply.status} ${text}`);
        }
        expect(wrong).to.deep.equal([]);
      });
    }

    it('streams the conversation to Anna only', async () => {
      const others = await Promise.all(['ben', 'carla'].map(async (name) => (await office.desk(name)).connect()));
      await office.simulator.inbound({ account: PHONE, from: CUSTOMER, name: 'Zoe Zeller', text: MORE });
      await anna.until('message', (message) => message.text === MORE);
      // Something that all of them hear, afterwards.
      for (const desk of others) await desk.ok('PUT', '/presence', { state: 'paused' });
      for (const desk of others) await desk.until('presence', ({ state }) => state === 'paused');
      for (const desk of others)
        for (const secret of [QUESTION, ANSWER, NOTE, MORE, CUSTOMER, 'Zoe'])
          expect(JSON.stringify(desk.events), `${desk.username}: ${secret}`).not.to.contain(secret);
    });

    it('leaves the conversation as it was', async () => {
      const { messages } = await anna.ok('GET', `/interactions/${interaction}/messages`);
      expect(messages.map((m: { text: string }) => m.text)).to.deep.equal([QUESTION, ANSWER, NOTE, MORE]);
      const view = await anna.ok('GET', `/interactions/${interaction}`);
      expect(view.interaction ?? view).to.deep.include({ status: 'open', agent: 'anna', tabOpen: true });
    });
  });
});
