import { createHmac } from 'node:crypto';
import http from 'node:http';
import { expect } from 'chai';
import express from 'express';
import type { Provider, ProviderAccount, ProviderEvent, WebhookRequest } from '../../providers/provider.ts';
import { UnreadableWebhook } from '../../providers/provider.ts';
import { twilio } from '../../providers/twilio/index.ts';
import { mountFirst } from '../../server/mount.ts';
import { createWebhooks, receiveUrl, WEBHOOK_LIMIT, type WebhookAccount } from '../../server/webhooks.ts';
import { call, type FakeEngine, fakeEngine, listen, type MemoryLog, memoryLog, type TestServer } from './support.ts';

const TOKEN = 'proxytoken-0123456789abcdef';
const SECRET = 'fictional-auth-token';

/** Signs URL and raw bytes, reads JSON. */
const toy: Provider = {
  name: 'sinch',
  free: [],
  maxText: 100,
  check: () => [],
  verify: (account, { headers, url, body }) => headers['x-sig'] === sign(url, body, account.authToken),
  parse: ({ body }: WebhookRequest): ProviderEvent[] => {
    try {
      return JSON.parse(body.toString()) as ProviderEvent[];
    } catch {
      throw new UnreadableWebhook('no JSON');
    }
  },
  media: twilio.media,
  success: { status: 200, contentType: 'text/xml', body: '<Response/>' },
  send: async () => ({ outcome: 'ambiguous', code: 'none', message: 'none' }),
  templates: async () => [],
};

function sign(url: string, body: string | Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(url).update(body).digest('hex');
}

const providerAccount: ProviderAccount = {
  provider: 'sinch',
  phone: '+12025550100',
  accountSid: 'AC1',
  authToken: SECRET,
};
const EVENTS = JSON.stringify([{ kind: 'status', id: 'm1', status: 'sent' }]);

describe('webhooks', () => {
  let engine: FakeEngine;
  let log: MemoryLog;
  let clock: number;
  let accounts: Record<string, WebhookAccount | 'undeployed' | 'starting' | 'unavailable'>;
  let server: TestServer;

  const middleware = (httpNodeRoot = '/') =>
    createWebhooks({ httpNodeRoot, account: (id) => accounts[id] ?? 'unknown', engine, log, now: () => clock });

  beforeEach(() => {
    clock = 1_700_000_000_000;
    engine = fakeEngine({ ingest: () => null });
    log = memoryLog();
    const one = { key: 'SALES', proxyToken: TOKEN, provider: toy, account: providerAccount };
    accounts = {
      a1: { ...one, id: 'a1', publicUrl: 'https://wa.example.com' },
      meta: {
        ...one,
        id: 'meta',
        publicUrl: 'https://wa.example.com/',
        provider: { ...toy, name: 'meta' },
        account: { ...providerAccount, verifyToken: 'verify-me' },
      },
      old: 'undeployed',
      early: 'starting',
    };
  });
  afterEach(async () => {
    await server?.close();
  });

  const start = async (httpNodeRoot?: string) => {
    const webhooks = middleware(httpNodeRoot);
    server = await listen((req, res) =>
      webhooks(req, res, () => {
        res.writeHead(418);
        res.end('next');
      }),
    );
  };
  const path = (id = 'a1', token = TOKEN, query = '') => `/whatsapp/webhooks/${id}/${token}${query}`;
  const deliver = (body: string | Buffer = EVENTS, { at = path() }: { at?: string } = {}) =>
    call(server.url + at, { method: 'POST', body, headers: { 'x-sig': sign(`https://wa.example.com${at}`, body) } });

  it('acknowledges only what is stored', async () => {
    let stored: (() => void) | undefined;
    engine.handlers.ingest = () =>
      new Promise((resolve) => {
        stored = () => resolve(null);
      });
    await start();
    let answered = false;
    const reply = deliver().then((done) => {
      answered = true;
      return done;
    });
    while (!stored) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answered).to.equal(false);
    stored();
    const { status, text, headers } = await reply;
    expect(status).to.equal(200);
    expect(text).to.equal('<Response/>');
    expect(headers['content-type']).to.equal('text/xml');
    expect(engine.inputs('ingest')).to.deep.equal([{ account: 'a1', events: JSON.parse(EVENTS) }]);
    expect(log.lines).to.deep.equal([]);
  });

  it('checks the signature over the public URL with the query, whatever the Host header says', async () => {
    await start('/nodes/');
    accounts.a1 = { ...(accounts.a1 as WebhookAccount), publicUrl: 'https://wa.example.com/nodes/' };
    const at = `/nodes${path('a1', TOKEN, '?wa=42')}`;
    const headers = { 'x-sig': sign(`https://wa.example.com${at}`, EVENTS), Host: 'evil.example.net' };
    expect((await call(server.url + at, { method: 'POST', body: EVENTS, headers })).status).to.equal(200);
    expect((await call(server.url + path(), { method: 'POST', body: EVENTS })).status).to.equal(418);
  });

  it('takes bodies in pieces', async () => {
    await start();
    const body = JSON.stringify([{ kind: 'status', id: 'x'.repeat(300_000), status: 'sent' }]);
    expect((await deliver(body)).status).to.equal(200);
    expect(engine.inputs('ingest')).to.have.length(1);
  });

  it('does not bother the store with a webhook without events', async () => {
    await start();
    expect((await deliver('[]')).status).to.equal(200);
    expect(engine.calls).to.deep.equal([]);
  });

  it('says in the log if a webhook is for another number, and acknowledges it', async () => {
    const { provider, ...more } = accounts.a1 as WebhookAccount;
    accounts.a1 = { ...more, provider: { ...provider, misdirected: () => 'it is for another number' } };
    await start();
    expect((await deliver('[]')).status).to.equal(200);
    expect((await deliver()).status).to.equal(200);
    expect(engine.inputs('ingest')).to.have.length(1);
    expect(log.lines).to.have.length(1);
    expect(log.lines.join()).to.contain('SALES: webhook ignored: it is for another number');
  });

  it('403 for a wrong signature, logged once with the URL and without the token', async () => {
    await start();
    const reply = await call(server.url + path('a1', TOKEN, '?wa=1'), {
      method: 'POST',
      body: EVENTS,
      headers: { 'x-sig': 'no' },
    });
    expect(reply.status).to.equal(403);
    expect(reply.json.error.code).to.equal('bad_signature');
    expect(log.lines).to.have.length(1);
    expect(log.lines[0]).to.contain('https://wa.example.com/whatsapp/webhooks/a1/***?wa=1');
    expect(log.lines[0]).to.not.contain(TOKEN);
    expect(engine.calls).to.deep.equal([]);
  });

  it('403 if the check itself fails', async () => {
    accounts.a1 = {
      ...(accounts.a1 as WebhookAccount),
      provider: {
        ...toy,
        verify: () => {
          throw new TypeError(SECRET);
        },
      },
    };
    await start();
    expect((await deliver()).status).to.equal(403);
    expect(log.lines.join()).to.not.contain(SECRET);
  });

  it('404 for a wrong token and for an unknown account, with the same answer', async () => {
    await start();
    const wrong = await deliver(EVENTS, { at: path('a1', `${TOKEN.slice(0, -1)}x`) });
    const unknown = await deliver(EVENTS, { at: path('nobody-knows-me') });
    expect(wrong.status).to.equal(404);
    expect(unknown.status).to.equal(404);
    expect(wrong.text).to.equal(unknown.text);
    expect(log.lines).to.have.length(2);
    expect(log.lines.join()).to.not.contain(TOKEN.slice(0, -1)).and.to.not.contain('nobody-knows-me');
    for (const at of ['/whatsapp/webhooks/', '/whatsapp/webhooks/a1', `${path()}/`, `${path()}/more`]) {
      expect((await deliver(EVENTS, { at })).status, at).to.equal(404);
    }
    expect(engine.calls).to.deep.equal([]);
  });

  it('400 for what cannot be read', async () => {
    await start();
    const reply = await deliver('{"private text"');
    expect(reply.status).to.equal(400);
    expect(log.lines).to.deep.equal(['warn SALES: webhook refused (400): unreadable: no JSON']);
    expect(engine.calls).to.deep.equal([]);
  });

  it('413 above 1 MB, with and without a length; exactly 1 MB is taken', async () => {
    await start();
    const body = Buffer.alloc(WEBHOOK_LIMIT + 1, 'x');
    expect((await deliver(body)).status).to.equal(413);
    const chunked = await new Promise<number>((resolve, reject) => {
      const request = http.request(server.url + path(), { method: 'POST', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      for (let sent = 0; sent < 3; sent++) request.write(Buffer.alloc(WEBHOOK_LIMIT / 2, 'x'));
      request.end();
    });
    expect(chunked).to.equal(413);
    expect(engine.calls).to.deep.equal([]);
    expect(log.lines).to.have.length(2);
    const most = Buffer.alloc(WEBHOOK_LIMIT, ' ');
    most.write('[]');
    expect((await deliver(most)).status).to.equal(200);
  });

  it('503 with Retry-After if the store fails or the account is not deployed', async () => {
    await start();
    engine.handlers.ingest = () => {
      throw new Error('disk full');
    };
    const down = await deliver();
    expect(down.status).to.equal(503);
    expect(Number(down.headers['retry-after'])).to.be.greaterThan(0);
    const undeployed = await deliver(EVENTS, { at: path('old') });
    expect(undeployed.status).to.equal(503);
    expect(Number(undeployed.headers['retry-after'])).to.be.greaterThan(0);
    expect(undeployed.json.error.code).to.equal('account_not_deployed');
    // A 404 might be the end of it for the provider.
    const early = await deliver(EVENTS, { at: path('early') });
    expect(early.status).to.equal(503);
    expect(early.json.error.code).to.equal('starting');
    expect(log.lines.map((line) => line.split(' ', 1)[0])).to.deep.equal(['error', 'error', 'info']);
    // The store does not open: what would get a 404 would not be repeated.
    accounts = { ...accounts, shut: 'unavailable' };
    const shut = await deliver(EVENTS, { at: path('shut') });
    expect(shut.status).to.equal(503);
    expect(Number(shut.headers['retry-after'])).to.be.greaterThan(0);
    expect(log.lines).to.have.length(4);
  });

  it('405 for other methods; GET is for the handshake of Meta only', async () => {
    await start();
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const reply = await call(server.url + path(), { method });
      expect(reply.status, method).to.equal(405);
      expect(reply.headers.allow).to.equal('POST, GET');
    }
    const get = await call(server.url + path());
    expect(get.status).to.equal(405);
    expect(get.headers.allow).to.equal('POST');
  });

  it('answers the handshake of Meta', async () => {
    await start();
    const ask = (token: string, mode = 'subscribe') =>
      call(`${server.url}${path('meta')}?hub.mode=${mode}&hub.challenge=1158201444&hub.verify_token=${token}`);
    const right = await ask('verify-me');
    expect(right.status).to.equal(200);
    expect(right.text).to.equal('1158201444');
    expect(right.headers['content-type']).to.match(/^text\/plain/);
    expect((await ask('verify-mf')).status).to.equal(403);
    expect((await ask('')).status).to.equal(403);
    expect((await ask('verify-me', 'other')).status).to.equal(403);
    expect(log.lines.join()).to.not.contain('verify-mf');
    const meta = accounts.meta as WebhookAccount;
    accounts.meta = { ...meta, account: { ...meta.account, verifyToken: undefined } };
    expect((await ask('')).status).to.equal(403);
  });

  it('logs a flood of refusals a few times only, and later how many there were', async () => {
    await start();
    const refused = () => call(server.url + path(), { method: 'POST', body: EVENTS, headers: { 'x-sig': 'no' } });
    for (let n = 0; n < 20; n++) await refused();
    expect(log.lines).to.have.length(5);
    clock += 61_000;
    await refused();
    expect(log.lines).to.have.length(6);
    expect(log.lines[5]).to.contain('15 more');
  });

  it('leaves nothing behind when the sender goes away in the middle', async () => {
    await start();
    await new Promise<void>((resolve) => {
      const request = http.request(server.url + path(), {
        method: 'POST',
        agent: false,
        headers: { 'content-length': '100', 'x-sig': 'x' },
      });
      request.on('error', () => resolve());
      request.write('half');
      setTimeout(() => request.destroy(), 30);
    });
    expect((await deliver()).status).to.equal(200);
    expect(engine.calls).to.have.length(1);
    expect(log.lines).to.deep.equal([]);
  });

  it('says so when another middleware has eaten the body', async () => {
    const app = express();
    app.use(express.json());
    app.use(middleware());
    server = await listen(app);
    const headers = { 'x-sig': 'x', 'content-type': 'application/json' };
    const reply = await call(server.url + path(), { method: 'POST', body: EVENTS, headers });
    expect(reply.status).to.equal(500);
    expect(reply.json.error.code).to.equal('body_consumed');
  });

  it('takes a webhook of Twilio as Twilio signs it', async () => {
    accounts.a1 = {
      ...(accounts.a1 as WebhookAccount),
      provider: twilio,
      account: { ...providerAccount, provider: 'twilio' },
    };
    await start();
    const form = {
      Body: 'Hello there',
      From: 'whatsapp:+12025550142',
      MessageSid: `SM${'0'.repeat(32)}`,
      To: 'whatsapp:+12025550100',
    };
    const url = receiveUrl(accounts.a1);
    const data =
      url +
      Object.entries(form)
        .map(([name, value]) => name + value)
        .join('');
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': createHmac('sha1', SECRET).update(data).digest('base64'),
    };
    const body = new URLSearchParams(form).toString();
    const reply = await call(server.url + path(), { method: 'POST', body, headers });
    expect(reply.status).to.equal(200);
    expect(reply.text).to.contain('<Response/>');
    const [{ events } = { events: [] }] = engine.inputs('ingest');
    expect(events[0]).to.include({ kind: 'message', text: 'Hello there' });
    const forged = await call(server.url + path(), { method: 'POST', body: body.replace('Hello', 'Hallo'), headers });
    expect(forged.status).to.equal(403);
  });

  for (const { admin, nodes } of [
    { admin: '/', nodes: '/' },
    { admin: '/admin/', nodes: '/nodes/' },
  ]) {
    it(`stands before body parsers and logins with the roots ${admin} and ${nodes}`, async () => {
      const app = express();
      const adminApp = express();
      adminApp.use(express.json(), express.urlencoded({ extended: true }));
      const nodeApp = express();
      app.use(admin, adminApp);
      app.use(nodes, (_req, res) => {
        res.status(401).end('login');
      });
      app.use(nodes, nodeApp);
      accounts.a1 = { ...(accounts.a1 as WebhookAccount), publicUrl: `https://wa.example.com${nodes}` };
      const webhooks = middleware(nodes);
      mountFirst(nodeApp, webhooks);
      const unmount = mountFirst(nodeApp, webhooks);
      const stack = (app as unknown as { _router: { stack: { handle: unknown }[] } })._router.stack;
      expect(stack.filter((layer) => layer.handle === webhooks)).to.have.length(1);
      expect(stack[0]?.handle).to.equal(webhooks);
      server = await listen(app);
      const at = nodes.slice(0, -1) + path();
      const headers = { 'Content-Type': 'application/json', 'x-sig': sign(`https://wa.example.com${at}`, EVENTS) };
      expect((await call(server.url + at, { method: 'POST', body: EVENTS, headers })).status).to.equal(200);
      expect((await call(`${server.url}${nodes}other`)).status).to.equal(401);
      unmount();
      expect((await call(server.url + at, { method: 'POST', body: EVENTS, headers })).status).to.equal(401);
    });
  }

  it('mounts on an app that stands alone', async () => {
    const app = express();
    app.use(express.json());
    mountFirst(app, middleware());
    server = await listen(app);
    const headers = { 'Content-Type': 'application/json', 'x-sig': sign(`https://wa.example.com${path()}`, EVENTS) };
    expect((await call(server.url + path(), { method: 'POST', body: EVENTS, headers })).status).to.equal(200);
  });
});
