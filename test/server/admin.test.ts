import { expect } from 'chai';
import express, { type RequestHandler } from 'express';
import { CoreError } from '../../core/api.ts';
import { mountAdmin } from '../../server/admin.ts';
import { verifyPassword } from '../../server/passwords.ts';
import {
  agentView,
  call,
  type FakeEngine,
  fakeEngine,
  listen,
  type MemoryLog,
  memoryLog,
  type TestServer,
} from './support.ts';

describe('administration in the editor', () => {
  let engine: FakeEngine;
  let log: MemoryLog;
  let server: TestServer;
  let granted: Set<string>;
  let started: number;
  let simulated: unknown[];

  const needsPermission =
    (permission: string): RequestHandler =>
    (_req, res, next) => {
      if (granted.has(permission)) next();
      else res.status(401).end();
    };

  const start = async (parsed: boolean) => {
    const app = express();
    if (parsed) app.use(express.json({ limit: '5mb' }), express.urlencoded({ extended: true }));
    const adminApp = express();
    app.use('/admin', adminApp);
    mountAdmin(adminApp, needsPermission, {
      engine: async () => {
        started++;
        return engine;
      },
      receiveUrl: ({ id, proxyToken }) => `https://wa.example.com/whatsapp/webhooks/${id}/${proxyToken}`,
      test: async (id) => {
        if (id === 'bad') throw new CoreError('unauthorised', 422, 'The provider refuses the token');
        return { ok: true, message: `${id} works` };
      },
      connect: async (id, values) => ({ ok: true, id, values }),
      templates: async () => ({ templates: [], listedAt: null, error: null }),
      simulator: async (body) => {
        simulated.push(body);
        return {
          url: 'http://127.0.0.1:1/',
          baseUrl: 'http://127.0.0.1:1',
          provider: 'twilio',
          accountSid: 'AC',
          authToken: 't',
          phone: '+12025550100',
        };
      },
      log,
    });
    server = await listen(app);
  };
  beforeEach(() => {
    log = memoryLog();
    engine = fakeEngine();
    granted = new Set(['whatsapp.read', 'whatsapp.write']);
    started = 0;
    simulated = [];
  });
  afterEach(async () => {
    await server.close();
  });
  const send = (method: string, path: string, body?: unknown) =>
    call(`${server.url}/admin/whatsapp/admin${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const ann = { username: 'ann', name: 'Ann', password: 'ann-password', role: 'supervisor', capacity: 3 };

  it('asks for the permission to read or to write', async () => {
    await start(true);
    granted = new Set(['whatsapp.read']);
    engine.handlers.listAgents = () => ({ agents: [], next: null });
    engine.handlers.accountStatus = () => ({
      id: 'a1',
      proxyToken: 't',
      nodeId: null,
      lastInboundAt: null,
      lastError: null,
    });
    expect((await send('GET', '/agents')).status).to.equal(200);
    expect((await send('GET', '/accounts/a1')).status).to.equal(200);
    for (const [method, path] of [
      ['POST', '/agents'],
      ['PATCH', '/agents/ann'],
      ['DELETE', '/agents/ann'],
      ['POST', '/accounts/a1/test'],
      ['POST', '/simulator'],
    ] as const) {
      expect((await send(method, path, {})).status, path).to.equal(401);
    }
    granted.clear();
    expect((await send('GET', '/agents')).status).to.equal(401);
    expect((await send('GET', '/accounts/a1')).status).to.equal(401);
  });

  for (const parsed of [true, false]) {
    it(`creates agents; the password is only kept as a hash (${parsed ? 'parsed' : 'unparsed'} body)`, async () => {
      await start(parsed);
      engine.handlers.createAgent = ({ username, role }) => agentView(username, role);
      const reply = await send('POST', '/agents', ann);
      expect(reply.status).to.equal(201);
      expect(reply.json).to.deep.include({ username: 'ann', role: 'supervisor' });
      expect(reply.text).to.not.contain('assword');
      const [input] = engine.inputs('createAgent');
      const { passwordHash, ...rest } = input!;
      expect(rest).to.deep.equal({ username: 'ann', name: 'Ann', role: 'supervisor', capacity: 3 });
      expect(await verifyPassword('ann-password', passwordHash)).to.equal(true);
      const { role: _role, capacity: _capacity, ...least } = ann;
      await send('POST', '/agents', least);
      expect(engine.inputs('createAgent')[1]).to.include({ role: 'agent', capacity: 5 });
    });
  }

  it('400 that names what is wrong', async () => {
    await start(true);
    for (const [change, named] of [
      [{ username: 'ann smith' }, '"username" must be 1–64 letters'],
      [{ username: 'x'.repeat(65) }, '"username"'],
      [{ username: '' }, '"username"'],
      [{ password: 'short' }, '"password"'],
      [{ capacity: 0 }, '"capacity"'],
      [{ capacity: 101 }, '"capacity"'],
      [{ capacity: '5' }, '"capacity" must be integer'],
      [{ role: 'root' }, '"role" must be one of agent, supervisor, admin'],
      [{ passwordHash: 'x' }, '"passwordHash" is unknown'],
      [{ name: undefined }, '"name" is missing'],
    ] as const) {
      const reply = await send('POST', '/agents', { ...ann, ...change });
      expect(reply.status, named).to.equal(400);
      expect(reply.json.error.code).to.equal('invalid_body');
      expect(reply.json.error.message).to.contain(named);
      expect(reply.text).to.not.contain('ann-password');
    }
    expect(started).to.equal(0);
    expect((await send('PATCH', '/agents/ann', {})).status).to.equal(400);
    expect((await send('PATCH', '/agents/ann', { username: 'bob' })).json.error.message).to.contain(
      '"username" is unknown',
    );
    const form = await call(`${server.url}/admin/whatsapp/admin/agents`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'username=ann',
    });
    expect(form.status).to.equal(415);
  });

  it('lists agents in pages', async () => {
    await start(true);
    engine.handlers.listAgents = () => ({ agents: [agentView('ann')], next: 'ann' });
    const reply = await send('GET', '/agents?limit=1&cursor=aaa');
    expect(reply.json).to.deep.equal({ agents: [agentView('ann')], next: 'ann' });
    expect(engine.inputs('listAgents')[0]).to.deep.equal({ limit: 1, cursor: 'aaa' });
    expect((await send('GET', '/agents?limit=none')).json.error.code).to.equal('invalid_query');
  });

  it('changes and deletes agents', async () => {
    await start(true);
    engine.handlers.updateAgent = ({ username }) => agentView(username);
    engine.handlers.deleteAgent = () => null;
    const changed = await send('PATCH', '/agents/ann%40x', { disabled: true, capacity: 7, password: 'new-password' });
    expect(changed.status).to.equal(200);
    const { passwordHash, ...rest } = engine.inputs('updateAgent')[0]!;
    expect(rest).to.deep.equal({ username: 'ann@x', disabled: true, capacity: 7 });
    expect(await verifyPassword('new-password', passwordHash!)).to.equal(true);
    const deleted = await send('DELETE', '/agents/ann');
    expect(deleted.status).to.equal(204);
    expect(engine.inputs('deleteAgent')).to.deep.equal([{ username: 'ann' }]);
  });

  it('passes refusals of the engine on', async () => {
    await start(true);
    engine.handlers.createAgent = () => {
      throw new CoreError('username_taken', 409, 'There is one');
    };
    const reply = await send('POST', '/agents', ann);
    expect(reply.status).to.equal(409);
    expect(reply.json.error.code).to.equal('username_taken');
  });

  it('shows an account with its Receive URL', async () => {
    await start(true);
    engine.handlers.accountStatus = ({ idOrNode }) => {
      if (idOrNode !== 'n1') throw new CoreError('not_found', 404, 'There is no such account');
      return { id: 'a1', proxyToken: 'tok', nodeId: 'n1', lastInboundAt: null, lastError: 'x' };
    };
    const reply = await send('GET', '/accounts/n1');
    expect(reply.json).to.deep.equal({
      id: 'a1',
      receiveUrl: 'https://wa.example.com/whatsapp/webhooks/a1/tok',
      proxyToken: 'tok',
      lastInboundAt: null,
      lastError: 'x',
    });
    expect((await send('GET', '/accounts/other')).status).to.equal(404);
  });

  it('tests an account and starts the simulator', async () => {
    await start(true);
    expect((await send('POST', '/accounts/n1/test', {})).json).to.deep.equal({ ok: true, message: 'n1 works' });
    expect((await send('POST', '/accounts/bad/test')).status).to.equal(422);
    expect((await send('POST', '/simulator', { account: 'n1' })).json).to.have.keys(
      'url',
      'baseUrl',
      'provider',
      'accountSid',
      'authToken',
      'phone',
    );
    const fresh = { id: 'n2', key: 'SALES', name: 'Sales', phone: '' };
    expect((await send('POST', '/simulator', { account: fresh })).status).to.equal(200);
    expect((await send('POST', '/simulator', { account: 'n1', provider: 'meta' })).status).to.equal(200);
    expect(simulated).to.deep.equal([{ account: 'n1' }, { account: fresh }, { account: 'n1', provider: 'meta' }]);
    expect((await send('POST', '/simulator', { account: 'n1', provider: 'other' })).status).to.equal(400);
    expect((await send('POST', '/simulator', { account: { ...fresh, secret: 1 } })).status).to.equal(400);
  });
});
