import { Ajv } from 'ajv';
import { expect } from 'chai';
import express from 'express';
import { CoreError } from '../../core/api.ts';
import type { InteractionView } from '../../core/views.ts';
import { type Api, createApi } from '../../server/api.ts';
import { createHub, type Hub } from '../../server/events.ts';
import type { LoginLimits } from '../../server/login-limits.ts';
import { mountBodyErrors } from '../../server/mount.ts';
import { hashToken } from '../../server/secrets.ts';
import {
  call,
  type FakeEngine,
  fakeEngine,
  listen,
  type MemoryLog,
  memoryLog,
  type Reply,
  type TestServer,
  withAgents,
} from './support.ts';

const JSON_HEADERS = { 'Content-Type': 'application/json', 'X-WA-Request': '1' };
const interaction = { id: 'i1' } as InteractionView;

describe('API', () => {
  let engine: FakeEngine;
  let log: MemoryLog;
  let clock: number;
  let hub: Hub;
  let api: Api;
  let server: TestServer;
  let store: Awaited<ReturnType<typeof withAgents>>;
  let base: string;
  let origins: string[];

  beforeEach(async () => {
    clock = Date.now();
    origins = [];
    log = memoryLog();
    engine = fakeEngine();
    store = await withAgents(engine, {
      ann: { password: 'ann-password' },
      bob: { password: 'bob-password', role: 'supervisor' },
    });
    await start();
  });
  afterEach(stop);

  async function stop() {
    await hub.close();
    api.close();
    await server.close();
  }

  async function start({
    parsed = false,
    root = '/',
    loginLimits,
  }: {
    parsed?: boolean;
    root?: string;
    loginLimits?: Partial<LoginLimits>;
  } = {}) {
    hub = createHub({ engine, log, now: () => clock });
    api = createApi({
      engine,
      hub,
      sessionHours: 12,
      origins: () => origins,
      log,
      now: () => clock,
      httpNodeRoot: root,
      loginLimits,
    });
    const app = express();
    const nodeApp = express();
    if (parsed) app.use(express.json({ limit: '5mb' }), express.urlencoded({ extended: true }));
    app.use(root, nodeApp);
    nodeApp.use(api);
    nodeApp.get('/hello', (_req, res) => {
      res.send('hello');
    });
    mountBodyErrors(nodeApp, root);
    server = await listen(app);
    base = `${server.url}${root.replace(/\/$/, '')}/whatsapp`;
  }

  async function restart(options: Parameters<typeof start>[0]) {
    await stop();
    await start(options);
  }

  const login = (username: string, password = `${username}-password`, headers: Record<string, string> = {}) =>
    call(`${base}/api/session`, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...headers },
      body: JSON.stringify({ username, password }),
    });
  const cookieOf = (reply: Reply) => reply.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
  const signIn = async (username: string) => cookieOf(await login(username));
  const send = (method: string, path: string, cookie: string, body?: unknown, headers: Record<string, string> = {}) =>
    call(base + path, {
      method,
      headers: { ...JSON_HEADERS, Cookie: cookie, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  describe('session', () => {
    it('logs in with a cookie of which the store knows the hash only', async () => {
      const reply = await login('ann');
      expect(reply.status).to.equal(200);
      expect(reply.json).to.deep.equal({ agent: { username: 'ann', name: 'ANN', role: 'agent' } });
      expect(reply.headers['cache-control']).to.equal('no-store');
      const header = reply.headers['set-cookie']?.[0] ?? '';
      const attributes = header.split('; ').slice(1);
      expect(attributes).to.have.members(['Max-Age=43200', 'Path=/whatsapp', 'HttpOnly', 'SameSite=Strict']);
      const token = cookieOf(reply).slice('wa_session='.length);
      expect(Buffer.from(token, 'base64url')).to.have.length(32);
      expect([...store.sessions.keys()]).to.deep.equal([hashToken(token)]);
      const who = await send('GET', '/api/session', cookieOf(reply));
      expect(who.json).to.deep.equal({ agent: { username: 'ann', name: 'ANN', role: 'agent' } });
    });

    it('marks the cookie Secure when the browser speaks https', async () => {
      const secure = async (headers: Record<string, string>) =>
        (await login('ann', undefined, headers)).headers['set-cookie']?.[0]?.includes('; Secure');
      expect(await secure({ 'X-Forwarded-Proto': 'https' })).to.equal(true);
      expect(await secure({ 'X-Forwarded-Proto': 'http, https' })).to.equal(false);
      expect(await secure({ Host: 'wa.example.com' })).to.equal(false);
      origins = ['https://wa.example.com/red'];
      expect(await secure({ Host: 'wa.example.com' })).to.equal(true);
      expect(await secure({})).to.equal(false);
    });

    it('keeps the cookie to the path of the public app', async () => {
      await restart({ root: '/nodes/' });
      expect((await login('ann')).headers['set-cookie']?.[0]).to.contain('Path=/nodes/whatsapp;');
    });

    it('401 for a wrong password, an unknown user and a disabled one, without telling which', async () => {
      const wrong = await login('ann', 'no');
      const unknown = await login('nobody', 'no');
      expect(wrong.status).to.equal(401);
      expect(unknown.text).to.equal(wrong.text);
      expect(unknown.status).to.equal(401);
      store.known.get('ann')!.disabled = true;
      expect((await login('ann', 'no')).text).to.equal(wrong.text);
      expect((await login('ann')).status).to.equal(403);
      expect(engine.inputs('openSession')).to.deep.equal([]);
    });

    it('429 with Retry-After after repeated failures, also for the right password; others go on', async () => {
      await restart({ loginLimits: { perUser: 3, perAddress: 6, seconds: 60 } });
      await login('ann');
      await login('ann');
      for (let n = 0; n < 3; n++) expect((await login('ann', 'no')).status).to.equal(401);
      const limited = await login('ann');
      expect(limited.status).to.equal(429);
      expect(limited.json.error.code).to.equal('too_many_attempts');
      expect(Number(limited.headers['retry-after'])).to.be.within(1, 60);
      expect((await login('bob')).status).to.equal(200);
      for (const user of ['x1', 'x2']) expect((await login(user, 'no')).status).to.equal(401);
      expect((await login('bob')).status).to.equal(429);
    });

    it('lets no more simultaneous guesses through than one after the other', async () => {
      await restart({ loginLimits: { perUser: 3 } });
      const replies = await Promise.all(Array.from({ length: 8 }, () => login('ann', 'no')));
      expect(replies.filter(({ status }) => status === 401)).to.have.length(3);
      expect(replies.filter(({ status }) => status === 429)).to.have.length(5);
    });

    it('logs out', async () => {
      const cookie = await signIn('ann');
      await send('GET', '/api/session', cookie);
      const out = await send('DELETE', '/api/session', cookie);
      expect(out.status).to.equal(204);
      expect(out.headers['set-cookie']?.[0]).to.match(/^wa_session=; Max-Age=0; Path=\/whatsapp/);
      expect(engine.inputs('leave')).to.deep.equal([{ username: 'ann' }]);
      expect(store.sessions.size).to.equal(0);
      expect((await send('GET', '/api/session', cookie)).status).to.equal(401);
      expect((await send('DELETE', '/api/session', cookie)).status).to.equal(204);
    });

    it('ends with its time, with being signed out, and is not asked from the store each time', async () => {
      const cookie = await signIn('ann');
      for (let n = 0; n < 5; n++) expect((await send('GET', '/api/session', cookie)).status).to.equal(200);
      expect(engine.inputs('findSession')).to.have.length(1);
      store.known.get('ann')!.disabled = true;
      engine.emit({ kind: 'signed-out', username: 'ann' });
      expect((await send('GET', '/api/session', cookie)).status).to.equal(401);
      const bob = await signIn('bob');
      clock += 12 * 3600 * 1000 - 1;
      expect((await send('GET', '/api/session', bob)).status).to.equal(200);
      clock += 1;
      expect((await send('GET', '/api/session', bob)).status).to.equal(401);
    });

    it('does not keep an answer of the store from before a log-out', async () => {
      const cookie = await signIn('ann');
      const find = engine.handlers.findSession!;
      engine.handlers.findSession = async (input) => {
        const found = await find(input);
        store.sessions.clear();
        engine.emit({ kind: 'signed-out', username: 'ann' });
        return found;
      };
      await send('GET', '/api/session', cookie);
      engine.handlers.findSession = find;
      expect((await send('GET', '/api/session', cookie)).status).to.equal(401);
    });

    it('takes no other cookie for a session', async () => {
      await signIn('ann');
      for (const cookie of [
        '',
        'wa_session=',
        'wa_session=short',
        `wa_session=${'x'.repeat(43)}`,
        'other=1; wa_sessionx=2',
      ]) {
        expect((await send('GET', '/api/session', cookie)).status, cookie).to.equal(401);
      }
      const cookie = await signIn('ann');
      expect((await send('GET', '/api/session', `a=b; ${cookie}; c=d`)).status).to.equal(200);
    });

    it('changes the password', async () => {
      const cookie = await signIn('ann');
      const put = (current: string, password: string) =>
        send('PUT', '/api/session/password', cookie, { current, password });
      expect((await put('wrong', 'new-password')).status).to.equal(403);
      expect((await put('ann-password', 'short')).status).to.equal(400);
      const changed = await put('ann-password', 'new-password');
      expect(changed.status).to.equal(204);
      expect((await send('GET', '/api/session', cookie)).status).to.equal(401);
      expect((await send('GET', '/api/session', cookieOf(changed))).status).to.equal(200);
      expect((await login('ann')).status).to.equal(401);
      expect((await login('ann', 'new-password')).status).to.equal(200);
      const [{ passwordHash } = {}] = engine.inputs('updateAgent');
      expect(passwordHash)
        .to.match(/^scrypt\$N=/)
        .and.not.contain('new-password');
    });
  });

  describe('where calls come from', () => {
    it('403 missing_header for state-changing calls without the header', async () => {
      const cookie = await signIn('ann');
      for (const value of [undefined, '', '0', 'true']) {
        const headers: Record<string, string> = { 'Content-Type': 'application/json', Cookie: cookie };
        if (value !== undefined) headers['X-WA-Request'] = value;
        const reply = await call(`${base}/api/presence`, { method: 'PUT', headers, body: '{"state":"available"}' });
        expect(reply.status).to.equal(403);
        expect(reply.json.error.code).to.equal('missing_header');
      }
      expect(engine.inputs('setPresence')).to.deep.equal([]);
    });

    it('checks the Origin, if one is sent, against the host and the public addresses', async () => {
      origins = ['https://wa.example.com/red', 'not a url'];
      const cookie = await signIn('ann');
      engine.handlers.markRead = () => ({ interaction });
      const read = async (origin: string, host?: string) =>
        send('POST', '/api/interactions/i1/read', cookie, undefined, {
          Origin: origin,
          ...(host ? { Host: host } : {}),
        });
      expect((await read(server.url)).status).to.equal(200);
      expect((await read('https://wa.example.com')).status).to.equal(200);
      expect((await read('https://desk.example.org', 'desk.example.org')).status).to.equal(200);
      expect((await read('https://desk.example.org', 'desk.example.org:443')).status).to.equal(200);
      for (const origin of [
        'https://evil.example.net',
        'http://wa.example.com',
        'null',
        'https://wa.example.com.evil.net',
        'x',
      ]) {
        const reply = await read(origin);
        expect(reply.status, origin).to.equal(403);
        expect(reply.json.error.code).to.equal('bad_origin');
      }
    });

    it('sends no CORS headers', async () => {
      const reply = await call(`${base}/api/session`, { headers: { Origin: 'https://evil.example.net' } });
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    });
  });

  describe('paths', () => {
    it('answers JSON for unknown ones and lets everything else pass', async () => {
      for (const path of ['/api', '/api/', '/api/nothing', '/api/offers/x/accept/y', '/api/interactions//take']) {
        const reply = await call(base + path);
        expect(reply.status, path).to.equal(404);
        expect(reply.json.error.code).to.equal('not_found');
      }
      expect((await call(`${server.url}/hello`)).text).to.equal('hello');
      expect((await call(`${base}/desk`)).json).to.equal(undefined);
      expect((await call(`${base}/apis`)).json).to.equal(undefined);
      expect(
        (await call(`${base}/api/interactions/%E0%A4%A/read`, { method: 'POST', headers: JSON_HEADERS })).status,
      ).to.equal(404);
    });

    it('405 with Allow for known ones with another method', async () => {
      const reply = await call(`${base}/api/session`, { method: 'PATCH' });
      expect(reply.status).to.equal(405);
      expect(reply.headers.allow).to.equal('POST, GET, DELETE');
    });

    it('401 without a session', async () => {
      for (const [method, path] of [
        ['GET', '/api/session'],
        ['GET', '/api/desk'],
        ['GET', '/api/events'],
        ['PUT', '/api/presence'],
        ['POST', '/api/offers/o1/accept'],
        ['GET', '/api/interactions/i1/messages'],
        ['POST', '/api/interactions/i1/messages'],
      ] as const) {
        const reply = await call(base + path, { method, headers: { 'X-WA-Request': '1' } });
        expect(reply.status, path).to.equal(401);
        expect(reply.json.error.code).to.equal('not_signed_in');
      }
    });

    it('answers HEAD as GET', async () => {
      engine.handlers.health = () => ({ ok: true });
      const reply = await call(`${base}/health`, { method: 'HEAD' });
      expect(reply.status).to.equal(200);
      expect(reply.text).to.equal('');
    });
  });

  describe('bodies', () => {
    for (const parsed of [false, true]) {
      describe(parsed ? 'already parsed by the admin app' : 'not parsed yet', () => {
        let cookie: string;
        beforeEach(async () => {
          await restart({ parsed });
          cookie = await signIn('ann');
          engine.handlers.setTab = () => ({ interaction });
          engine.handlers.markRead = () => ({ interaction });
        });
        const tab = (body: unknown, headers?: Record<string, string>) =>
          send('PUT', '/api/interactions/i1/tab', cookie, body, headers);

        it('takes what the schema says', async () => {
          expect((await tab({ open: true })).json).to.deep.equal({ interaction });
          expect(engine.inputs('setTab')).to.deep.equal([{ interaction: 'i1', username: 'ann', open: true }]);
          expect((await send('POST', '/api/interactions/i1/read', cookie)).status).to.equal(200);
          expect((await send('POST', '/api/interactions/i1/read', cookie, {})).status).to.equal(200);
        });

        it('400 that names unknown fields, wrong types and missing fields', async () => {
          const wrong = await tab({ open: 'true', colour: 1 });
          expect(wrong.status).to.equal(400);
          expect(wrong.json.error.code).to.equal('invalid_body');
          expect(wrong.json.error.message).to.contain('"colour" is unknown').and.contain('"open" must be boolean');
          expect(wrong.json.error.details).to.deep.equal([
            { field: 'colour', message: 'is unknown' },
            { field: 'open', message: 'must be boolean' },
          ]);
          expect((await tab({})).json.error.message).to.contain('"open" is missing');
          expect((await tab([])).status).to.equal(400);
          expect(
            (await send('POST', '/api/interactions/i1/read', cookie, { force: true })).json.error.message,
          ).to.contain('"force"');
          expect(engine.inputs('setTab')).to.deep.equal([]);
        });

        it('400 for malformed JSON, in JSON', async () => {
          const reply = await tab('{"open": tru');
          expect(reply.status).to.equal(400);
          expect(reply.json.error.code).to.equal('invalid_json');
        });

        it('413 above 1 MB', async () => {
          const reply = await tab(JSON.stringify({ open: true, x: 'x'.repeat(1024 * 1024) }));
          expect(reply.status).to.equal(413);
          expect(reply.json.error.code).to.equal('too_large');
        });

        it('415 for anything but JSON', async () => {
          const reply = await tab('open=true', { 'Content-Type': 'application/x-www-form-urlencoded' });
          expect(reply.status).to.equal(415);
          expect(reply.json.error.code).to.equal('unsupported_media_type');
        });
      });
    }
  });

  describe('the desk', () => {
    let cookie: string;
    beforeEach(async () => {
      cookie = await signIn('ann');
    });

    it('calls one command for each route and passes its answer on', async () => {
      const message = { id: 'm1' };
      const as = { username: 'ann' };
      const table: [string, string, unknown, number, Parameters<FakeEngine['inputs']>[0], unknown, unknown][] = [
        [
          'PUT',
          '/api/presence',
          { state: 'paused', pause: 'Lunch' },
          200,
          'setPresence',
          { ...as, state: 'paused', pause: 'Lunch' },
          { presence: 1 },
        ],
        ['GET', '/api/desk', undefined, 200, 'desk', as, { tabs: [] }],
        ['POST', '/api/offers/o%201/accept', undefined, 200, 'acceptOffer', { ...as, offer: 'o 1' }, { interaction }],
        ['POST', '/api/offers/o1/reject', undefined, 204, 'rejectOffer', { ...as, offer: 'o1' }, null],
        ['POST', '/api/interactions/i1/take', {}, 200, 'take', { ...as, interaction: 'i1' }, { interaction }],
        ['POST', '/api/interactions/i1/release', {}, 200, 'release', { ...as, interaction: 'i1' }, { interaction }],
        [
          'POST',
          '/api/interactions/search',
          { status: 'open', agent: null, limit: 5 },
          200,
          'search',
          { ...as, search: { status: 'open', agent: null, limit: 5 } },
          { interactions: [], next: null, total: 0, totalExact: true },
        ],
        ['GET', '/api/interactions/i1', undefined, 200, 'interaction', { ...as, interaction: 'i1' }, interaction],
        [
          'GET',
          '/api/interactions/i1/messages',
          undefined,
          200,
          'messages',
          { ...as, interaction: 'i1' },
          { messages: [], more: false },
        ],
        [
          'GET',
          '/api/interactions/i1/messages?limit=20&before=m9',
          undefined,
          200,
          'messages',
          { ...as, interaction: 'i1', limit: 20, before: 'm9' },
          { messages: [message], more: true },
        ],
        [
          'POST',
          '/api/interactions/i1/messages',
          { text: 'Hi' },
          202,
          'sendMessage',
          { ...as, interaction: 'i1', text: 'Hi' },
          { message },
        ],
        [
          'PUT',
          '/api/interactions/i1/tab',
          { open: false },
          200,
          'setTab',
          { ...as, interaction: 'i1', open: false },
          { interaction },
        ],
        [
          'POST',
          '/api/interactions/i1/read',
          undefined,
          200,
          'markRead',
          { ...as, interaction: 'i1' },
          { interaction },
        ],
        [
          'POST',
          '/api/interactions/i1/close',
          { disposition: ['Sold', 'Online'], note: 'n', lastMessageId: 'm1' },
          200,
          'closeInteraction',
          { ...as, interaction: 'i1', disposition: ['Sold', 'Online'], note: 'n', lastMessageId: 'm1' },
          { interaction },
        ],
      ];
      for (const [method, path, body, status, command, input, answer] of table) {
        engine.calls.length = 0;
        Object.assign(engine.handlers, { [command]: () => answer });
        const reply = await send(method, path, cookie, body);
        expect(reply.status, path).to.equal(status);
        expect(engine.inputs(command), path).to.deep.equal([input]);
        if (status === 204) expect(reply.text).to.equal('');
        else expect(reply.json, path).to.deep.equal(answer);
      }
    });

    it('hands the idempotency key over', async () => {
      engine.handlers.sendMessage = () => ({ message: { id: 'm1' } as never });
      const post = (key: string) =>
        send('POST', '/api/interactions/i1/messages', cookie, { text: 'Hi' }, { 'Idempotency-Key': key });
      expect((await post('k1')).status).to.equal(202);
      expect(engine.inputs('sendMessage')).to.deep.equal([
        { interaction: 'i1', username: 'ann', text: 'Hi', idempotencyKey: 'k1' },
      ]);
      expect((await post('k'.repeat(201))).status).to.equal(400);
    });

    it('answers refusals of the engine with their status, code and details', async () => {
      engine.handlers.closeInteraction = () => {
        throw new CoreError('disposition_required', 422, 'Choose one', { dispositions: ['Sold'] });
      };
      const reply = await send('POST', '/api/interactions/i1/close', cookie, {});
      expect(reply.status).to.equal(422);
      expect(reply.json).to.deep.equal({
        error: { code: 'disposition_required', message: 'Choose one', details: { dispositions: ['Sold'] } },
      });
      engine.handlers.acceptOffer = () => {
        throw new CoreError('offer_ended', 410, 'Over');
      };
      const ended = await send('POST', '/api/offers/o1/accept', cookie);
      expect(ended.status).to.equal(410);
      expect(ended.json).to.deep.equal({ error: { code: 'offer_ended', message: 'Over' } });
      expect(log.lines).to.deep.equal([]);
    });

    it('500 for what nobody expected: the cause is in the log, not in the answer', async () => {
      engine.handlers.desk = () => {
        throw new TypeError('some inner thing');
      };
      const reply = await send('GET', '/api/desk', cookie);
      expect(reply.status).to.equal(500);
      expect(reply.text).to.not.contain('inner thing');
      expect(log.lines.join()).to.contain('inner thing');
    });

    it('400 for wrong queries', async () => {
      for (const [query, named] of [
        ['limit=many', '"limit" must be integer'],
        ['limit=0', '"limit" must be >= 1'],
        ['page=2', '"page" is unknown'],
        ['limit=1&limit=2', '"limit" must be given once'],
      ]) {
        const reply = await send('GET', `/api/interactions/i1/messages?${query}`, cookie);
        expect(reply.status, query).to.equal(400);
        expect(reply.json.error.code).to.equal('invalid_query');
        expect(reply.json.error.message).to.contain(named);
      }
      expect((await send('GET', '/api/desk?x=1', cookie)).status).to.equal(400);
    });

    it('400 for texts that are too long or empty, and for wrong presences', async () => {
      for (const text of ['', 'x'.repeat(4097)]) {
        expect((await send('POST', '/api/interactions/i1/messages', cookie, { text })).status).to.equal(400);
      }
      const reply = await send('PUT', '/api/presence', cookie, { state: 'offline' });
      expect(reply.json.error.message).to.contain('"state" must be one of available, paused');
    });
  });

  describe('health', () => {
    it('200 while the store answers, 503 when it does not; without a session', async () => {
      engine.handlers.health = () => ({ ok: true });
      const well = await call(`${base}/health`);
      expect(well.status).to.equal(200);
      expect(well.json).to.deep.equal({ status: 'ok' });
      engine.handlers.health = () => {
        throw new Error('gone');
      };
      const ill = await call(`${base}/health`, { headers: { Cookie: `wa_session=${'x'.repeat(43)}` } });
      expect(ill.status).to.equal(503);
      expect(ill.headers['retry-after']).to.equal('5');
    });
  });

  describe('the API document', () => {
    it('is made from the schemas that check the calls', async () => {
      const reply = await call(`${base}/api/openapi.json`);
      expect(reply.status).to.equal(200);
      const { openapi, paths, servers, components } = reply.json;
      expect(openapi).to.equal('3.1.0');
      expect(servers).to.deep.equal([{ url: '/whatsapp' }]);
      expect(Object.keys(paths)).to.include.members([
        '/api/session',
        '/api/offers/{id}/accept',
        '/api/interactions/{id}/messages',
        '/api/interactions/search',
        '/health',
      ]);
      const post = paths['/api/interactions/{id}/messages'].post;
      expect(post.requestBody.content['application/json'].schema).to.deep.include({
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      });
      expect(Object.keys(post.responses)).to.include.members(['202', '400', '401', '403', '409']);
      expect(components.securitySchemes.session).to.deep.equal({ type: 'apiKey', in: 'cookie', name: 'wa_session' });
      const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
      for (const methods of Object.values(paths) as Record<
        string,
        { responses: Record<string, { content?: Record<string, { schema: object }> }> }
      >[]) {
        for (const { responses } of Object.values(methods)) {
          for (const { content = {} } of Object.values(responses)) {
            for (const { schema } of Object.values(content)) {
              if (!('$ref' in schema)) ajv.compile(schema);
            }
          }
        }
      }
    });
  });
});
