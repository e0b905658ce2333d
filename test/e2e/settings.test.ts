import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, queue, tab } from './support/flows.ts';
import { complaints, Office, type OfficeOptions, passwordOf } from './support/office.ts';

/** The bcrypt hash of `fictional-node-password`. */
const NODE_AUTH = { user: 'shop', pass: '$2b$08$mIv2vE55G2zMicscxdLOZeJUGzfNjlXM3aLBHZLMQhD3rM1pIHx8W' };
const BASIC = `Basic ${Buffer.from('shop:fictional-node-password').toString('base64')}`;
const FROM = '+12025550142';

function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    account({ id: 'account', key: 'MAIN', phone: '+12025550100' }),
    queue('everybody', 'Everybody'),
    node('wa-inbound', 'inbound', place(), [['route'], []], { account: 'account' }),
    node('wa-route', 'route', place(), [[], ['step']]),
    node('wa-queue', 'step', place(), [[], []], { queue: 'everybody', queueType: 'queue', timeout: 0 }),
  ];
}

interface Case {
  title: string;
  options: Partial<OfficeOptions>;
  /** Where the public app is. */
  root?: string;
  more?: (office: Office) => Promise<void>;
}

const cases: Case[] = [
  { title: 'the default settings', options: { red: { settings: {} } } },
  {
    title: 'own roots for the editor and the nodes',
    options: { red: { settings: { httpAdminRoot: '/red/', httpNodeRoot: 'pub/nodes' } } },
    root: '/pub/nodes',
    more: async (office) => {
      expect((await fetch(`http://127.0.0.1:${office.port}/whatsapp/api/openapi.json`)).status).to.equal(404);
      expect((await office.red.admin('/whatsapp/admin/agents')).status).to.equal(200);
      const document = (await (await fetch(`${office.red.url}/whatsapp/api/openapi.json`)).json()) as {
        servers: { url: string }[];
      };
      expect(document.servers[0]?.url).to.contain('/pub/nodes/whatsapp');
    },
  },
  {
    title: 'httpNodeAuth: webhooks pass, the API asks',
    options: { red: { settings: { httpNodeAuth: NODE_AUTH } }, headers: { authorization: BASIC } },
    more: async (office) => {
      const bare = await fetch(`${office.red.url}/whatsapp/api/session`);
      expect(bare.status).to.equal(401);
      expect(bare.headers.get('www-authenticate')).to.match(/^Basic/);
      const login = await fetch(`${office.red.url}/whatsapp/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-wa-request': '1' },
        body: JSON.stringify({ username: 'anna', password: passwordOf('anna') }),
      });
      expect(login.status).to.equal(401);
      expect(login.headers.get('set-cookie')).to.equal(null);
      expect((await office.red.admin('/whatsapp/admin/agents')).status).to.equal(200);
    },
  },
  {
    title: 'the editor disabled',
    options: { red: { settings: { disableEditor: true } } },
    more: async (office) => {
      expect((await fetch(`${office.red.adminUrl}/`)).status).to.equal(404);
      expect((await office.red.admin('/whatsapp/admin/agents')).status).to.equal(200);
    },
  },
  {
    title: 'no admin API at all',
    options: { red: { settings: { httpAdminRoot: false } } },
    more: async (office) => {
      expect((await fetch(`http://127.0.0.1:${office.port}/whatsapp/admin/agents`)).status).to.equal(404);
    },
  },
  {
    title: 'a public URL of the settings instead of a domain, a proxy before it, and an own middleware',
    options: {
      noDomain: true,
      red: {
        settings: { whatsappConnector: { publicUrl: 'https://wa.example.com/behind/' } },
        settingsCode: `module.exports.httpNodeMiddleware = (req, res, next) => {
          if (req.headers['x-gate'] === 'open') next(); else res.status(418).end('closed');
        };`,
      },
      headers: { 'x-gate': 'open' },
    },
    more: async (office) => {
      expect((await fetch(`${office.red.url}/whatsapp/api/session`)).status).to.equal(418);
      expect(await office.receiveUrl('account')).to.match(/^https:\/\/wa\.example\.com\/behind\/whatsapp\/webhooks\//);
    },
  },
];

describe('settings of Node-RED', function () {
  this.timeout(30_000);
  let office: Office | undefined;
  afterEach(async () => {
    await office?.close();
    office = undefined;
  });

  for (const { title, options, root = '', more } of cases) {
    it(title, async () => {
      office = await Office.open({ flows: flows(), agents: [{ username: 'anna' }], ...options });
      expect(office.red.url).to.equal(`http://127.0.0.1:${office.port}${root}`);
      const anna = await (await office.desk('anna')).connect();
      const { status } = await office.simulator.inbound({ from: FROM, text: 'Hello' });
      expect(status).to.equal(200);
      const offer = await anna.offerOf(FROM);
      const { interaction } = await anna.ok('POST', `/offers/${offer.id}/accept`);
      const { message } = await anna.ok('POST', `/interactions/${interaction.id}/messages`, { text: 'Hi' });
      expect(await office.simulator.waitForSend({ to: FROM })).to.include({ text: 'Hi' });
      await anna.until('message-status', (m) => m.id === message.id && m.status === 'delivered');
      await more?.(office);
      expect(complaints(office.red.log())).to.deep.equal([]);
    });
  }
});
