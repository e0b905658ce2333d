import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import type { AccountConfig, Engine } from '../../core/api.ts';
import { startThread } from '../../core/host/thread.ts';
import type { InteractionView } from '../../core/views.ts';
import { twilio } from '../../providers/twilio/index.ts';
import { mountAdmin } from '../../server/admin.ts';
import { type Api, createApi } from '../../server/api.ts';
import { createHub, type Hub } from '../../server/events.ts';
import { mountFirst } from '../../server/mount.ts';
import { createWebhooks, receiveUrl, type WebhookAccount } from '../../server/webhooks.ts';
import { call, listen, type MemoryLog, memoryLog, type TestServer, until } from './support.ts';

const SECRET = 'fictional-auth-token';
const config: AccountConfig = {
  nodeId: 'n1',
  provider: 'twilio',
  phone: '+12025550100',
  key: 'SALES',
  name: 'Sales',
  color: '',
  list: 'Default',
  waitForAgent: 10,
  waitForQueue: 10,
  sound: true,
  shake: true,
  template: '',
  mandatoryDisposition: true,
  dispositionPause: 'Disposition',
  dispositions: [{ name: 'Sold' }],
  cannedAnswers: [],
  agents: ['*'],
  reopenMinutes: 0,
  autoCloseHours: 0,
  transferToAgent: true,
  transferToQueue: true,
  transferToAgentTimeout: 30,
  transferToQueueTimeout: 30,
};

/** The server on the engine as it is shipped: a thread over a SQLite file. */
describe('server and engine', () => {
  let directory: string;
  let engine: Engine;
  let hub: Hub;
  let api: Api;
  let server: TestServer;
  let log: MemoryLog;
  let account: WebhookAccount;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wa-server-'));
    log = memoryLog();
    engine = await startThread({ file: join(directory, 'connector.db'), settings: { offlineAfter: 60 } });
    const { accounts } = await engine.run('syncConfig', { accounts: [config], queues: [], nodes: null });
    const known = accounts.n1!;
    if ('error' in known) throw new Error(known.error.message);
    account = {
      id: known.id,
      key: 'SALES',
      proxyToken: known.proxyToken,
      provider: twilio,
      account: { provider: 'twilio', phone: config.phone, accountSid: 'AC1', authToken: SECRET },
      publicUrl: 'https://wa.example.com',
    };
    hub = createHub({ engine, log, now: Date.now });
    api = createApi({ engine, hub, sessionHours: 12, origins: () => [], log, now: Date.now, httpNodeRoot: '/' });
    const webhooks = createWebhooks({
      httpNodeRoot: '/',
      account: (id) => (id === account.id ? account : 'unknown'),
      engine,
      log,
      now: Date.now,
    });
    const app = express();
    const adminApp = express();
    const nodeApp = express();
    adminApp.use(express.json(), express.urlencoded({ extended: true }));
    mountAdmin(adminApp, () => (_req, _res, next) => next(), {
      engine: () => engine,
      receiveUrl: () => receiveUrl(account),
      test: async () => ({ ok: true }),
      connect: async (id, values) => ({ ok: true, id, values }),
      templates: async () => ({ templates: [], listedAt: null, error: null }),
      simulator: async () => ({ url: '', provider: 'twilio', accountSid: '', authToken: '', phone: '' }),
      log,
    });
    app.use('/', adminApp);
    app.use('/', nodeApp);
    nodeApp.use(api);
    mountFirst(nodeApp, webhooks);
    server = await listen(app);
  });
  afterEach(async () => {
    await hub.close();
    api.close();
    await server.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  const json = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    call(server.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-WA-Request': '1', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const createAgent = (username: string, role = 'agent') =>
    json('POST', '/whatsapp/admin/agents', { username, name: username, password: `${username}-password`, role });
  const signIn = async (username: string) => {
    const reply = await json('POST', '/whatsapp/api/session', { username, password: `${username}-password` });
    expect(reply.status).to.equal(200);
    return { Cookie: reply.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '' };
  };
  const deliver = (sid: string, text: string) => {
    const form = {
      Body: text,
      From: 'whatsapp:+12025550142',
      MessageSid: sid,
      ProfileName: 'Zoe',
      To: `whatsapp:${config.phone}`,
    };
    const url = receiveUrl(account);
    const data =
      url +
      Object.entries(form)
        .map((pair) => pair.join(''))
        .join('');
    return call(server.url + url.slice(account.publicUrl.length), {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': createHmac('sha1', SECRET).update(data).digest('base64'),
      },
      body: new URLSearchParams(form).toString(),
    });
  };
  const follow = (headers: Record<string, string>) =>
    new Promise<{ text: () => string; ended: () => boolean }>((resolve, reject) => {
      const request = http.get(`${server.url}/whatsapp/api/events`, { headers, agent: false }, (response) => {
        let text = '';
        let ended = false;
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('close', () => {
          ended = true;
        });
        response.on('error', () => {});
        resolve({ text: () => text, ended: () => ended });
      });
      request.on('error', reject);
    });

  it('searches what the caller may see, and names what is wrong with a search', async () => {
    for (const [username, role] of [
      ['ann', 'agent'],
      ['bob', 'agent'],
      ['eve', 'supervisor'],
    ] as const)
      await createAgent(username, role);
    const [ann, bob, eve] = [await signIn('ann'), await signIn('bob'), await signIn('eve')];
    await deliver('SM1', 'Is the Größe 3 there?');
    const search = (body: unknown, headers: Record<string, string>) =>
      json('POST', '/whatsapp/api/interactions/search', body, headers);
    const asked = { conditions: [{ field: 'messages', operator: 'contains', value: 'GRÖSSE' }] };
    expect((await search(asked, ann)).json).to.deep.include({ interactions: [], total: 0, totalExact: true });
    asked.conditions[0]!.value = 'größe 3';
    const { status, json: found } = await search(asked, ann);
    expect(status).to.equal(200);
    expect(found).to.deep.include({ next: null, total: 1, totalExact: true });
    const { id } = found.interactions[0] as InteractionView;
    expect(found.interactions[0]).to.deep.equal(
      (await json('GET', `/whatsapp/api/interactions/${id}`, undefined, ann)).json,
    );

    await json('POST', `/whatsapp/api/interactions/${id}/take`, undefined, ann);
    const totals = async (body: unknown) => {
      const answers = await Promise.all([ann, bob, eve].map((headers) => search(body, headers)));
      return answers.map((reply) => reply.json.total);
    };
    expect(await totals({})).to.deep.equal([1, 0, 1]);
    expect(await totals({ agent: null })).to.deep.equal([0, 0, 0]);
    expect(await totals({ agent: 'ann', status: 'open', account: 'sales', read: false })).to.deep.equal([1, 0, 1]);

    for (const [body, code, named] of [
      [{ conditions: [{ field: 'colour', operator: 'equals', value: 1 }] }, 'unknown_field', '"colour"'],
      [{ conditions: [{ field: 'tags', operator: 'like', value: 1 }] }, 'unknown_operator', '"like"'],
      [{ conditions: [{ field: 'tags', operator: 'equals', value: 1 }] }, 'invalid_value', 'conditions.0.value'],
      [{ conditions: [{ field: 'messages', operator: 'contains', value: 'x' }] }, 'too_short', 'conditions.0.value'],
      [{ conditions: [{ field: 'tags', operator: 'isEmpty', on: 1 }] }, 'invalid_body', '"conditions.0.on" is unknown'],
      [{ limit: 'all' }, 'invalid_body', '"limit" must be integer'],
      [{ cursor: 'x' }, 'invalid_cursor', 'cursor'],
    ] as const) {
      const refused = await search(body, eve);
      expect([refused.status, refused.json.error.code]).to.deep.equal([400, code]);
      expect(refused.json.error.message).to.contain(named);
      expect(refused.json.error.details[0].field).to.be.a('string');
    }
    expect((await search({}, {})).status).to.equal(401);
  });

  it('carries a message from its webhook to the desk, an answer back, and the close', async () => {
    expect((await createAgent('ann')).status).to.equal(201);
    expect((await createAgent('ann')).status).to.equal(409);
    const ann = await signIn('ann');
    const stream = await follow(ann);
    await until(() => stream.text().includes('event: hello'), 'hello');

    expect((await deliver('SM1', 'Hello')).status).to.equal(200);
    expect((await deliver('SM1', 'Hello')).status).to.equal(200);
    const before = (await json('GET', '/whatsapp/api/desk', undefined, ann)).json;
    expect(before.presence.state).to.equal('available');
    expect(before.unassigned).to.have.length(1);
    const { id } = before.unassigned[0] as InteractionView;

    const taken = await json('POST', `/whatsapp/api/interactions/${id}/take`, undefined, ann);
    expect(taken.json.interaction).to.include({ id, agent: 'ann', tabOpen: true });
    await until(() => stream.text().includes('event: interaction'), 'the event');

    const { messages, more } = (await json('GET', `/whatsapp/api/interactions/${id}/messages`, undefined, ann)).json;
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include({ text: 'Hello', author: 'contact', interactionId: id });
    expect(more).to.equal(false);

    const answer = () =>
      json(
        'POST',
        `/whatsapp/api/interactions/${id}/messages`,
        { text: 'Hi Zoe' },
        { ...ann, 'Idempotency-Key': 'k1' },
      );
    const [first, again] = [await answer(), await answer()];
    expect(first.status).to.equal(202);
    expect(again.json.message.id).to.equal(first.json.message.id);

    expect(
      (await json('POST', `/whatsapp/api/interactions/${id}/read`, undefined, ann)).json.interaction.unread,
    ).to.equal(0);
    expect(
      (await json('PUT', `/whatsapp/api/interactions/${id}/tab`, { open: false }, ann)).json.interaction.tabOpen,
    ).to.equal(false);
    const refused = await json('POST', `/whatsapp/api/interactions/${id}/close`, {}, ann);
    expect(refused.status).to.equal(422);
    expect(refused.json.error.code).to.equal('disposition_required');
    const closed = await json(
      'POST',
      `/whatsapp/api/interactions/${id}/close`,
      { disposition: ['Sold'], lastMessageId: messages[0].id },
      ann,
    );
    expect(closed.json.interaction).to.deep.include({ status: 'closed', disposition: ['Sold'] });
    expect((await json('GET', '/whatsapp/health')).status).to.equal(200);
    expect(log.lines).to.deep.equal([]);
  });

  it('ends streams and sessions of agents that are disabled, and the stream of one who logs out', async () => {
    await createAgent('ann');
    await createAgent('ben');
    const [ann, ben] = [await signIn('ann'), await signIn('ben')];
    const [one, two] = [await follow(ann), await follow(ben)];
    await until(() => one.text().includes('hello') && two.text().includes('hello'), 'both');
    await json('PATCH', '/whatsapp/admin/agents/ann', { disabled: true });
    await until(() => one.ended(), 'the end');
    expect((await json('GET', '/whatsapp/api/session', undefined, ann)).status).to.equal(401);
    expect((await json('GET', '/whatsapp/api/session', undefined, ben)).status).to.equal(200);
    expect((await json('DELETE', '/whatsapp/api/session', undefined, ben)).status).to.equal(204);
    await until(() => two.ended(), 'the end');
    expect((await json('GET', '/whatsapp/api/session', undefined, ben)).status).to.equal(401);
    const { agents } = (await json('GET', '/whatsapp/admin/agents')).json;
    expect(
      agents.map(({ username, presence }: { username: string; presence: { state: string } }) => [
        username,
        presence.state,
      ]),
    ).to.deep.equal([
      ['ann', 'offline'],
      ['ben', 'offline'],
    ]);
  });

  it('shows who may see what: 403 for others, 404 for unknown ids', async () => {
    await createAgent('ann');
    await createAgent('ben');
    const [ann, ben] = [await signIn('ann'), await signIn('ben')];
    await follow(ann);
    await deliver('SM1', 'Hello');
    const desk = (await json('GET', '/whatsapp/api/desk', undefined, ann)).json;
    const { id } = desk.unassigned[0] as InteractionView;
    expect((await json('GET', `/whatsapp/api/interactions/${id}`, undefined, ben)).json.id).to.equal(id);
    await json('POST', `/whatsapp/api/interactions/${id}/take`, undefined, ann);
    expect((await json('GET', `/whatsapp/api/interactions/${id}`, undefined, ben)).status).to.equal(403);
    expect((await json('POST', `/whatsapp/api/interactions/${id}/take`, undefined, ben)).status).to.be.oneOf([
      403, 409,
    ]);
    expect((await json('GET', '/whatsapp/api/interactions/nope', undefined, ann)).status).to.equal(404);
    expect((await json('POST', '/whatsapp/api/offers/nope/accept', undefined, ann)).status).to.be.oneOf([404, 410]);
    const status = (await json('GET', `/whatsapp/admin/accounts/${config.nodeId}`)).json;
    expect(status).to.include({
      id: account.id,
      receiveUrl: receiveUrl(account),
      proxyToken: account.proxyToken,
      lastError: null,
    });
    expect(Date.parse(status.lastInboundAt)).to.be.greaterThan(Date.now() - 60_000);
  });

  it('503 once the engine is gone', async () => {
    await engine.close();
    const reply = await deliver('SM1', 'Hello');
    expect(reply.status).to.equal(503);
    expect(reply.headers['retry-after']).to.equal('5');
    expect((await json('GET', '/whatsapp/health')).status).to.equal(503);
    expect((await json('POST', '/whatsapp/api/session', { username: 'ann', password: 'x' })).status).to.equal(503);
  });
});
