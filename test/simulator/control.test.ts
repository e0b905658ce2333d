import http from 'node:http';
import { expect } from 'chai';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { answerMeta, META, SINCH, startReceiver, TWILIO } from './receiver.ts';

describe('simulator: its own API', () => {
  let simulator: Simulator;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let answer = 200;

  beforeEach(async () => {
    answer = 200;
    receiver = await startReceiver(() => answer);
    simulator = await startSimulator({ statusDelay: 5 });
  });
  afterEach(async () => {
    await simulator.close();
    await receiver.close();
  });

  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${simulator.url}/api${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: text ? JSON.parse(text) : null };
  };
  const registration = () => ({ ...TWILIO, webhookUrl: `${receiver.url}/hooks/a1/proxy-token-very-secret` });

  it('registers an account once per provider and phone, and never gives a secret out', async () => {
    expect((await call('POST', '/accounts', registration())).status).to.equal(201);
    const again = await call('POST', '/accounts', { ...registration(), name: 'Calder Cycles', key: 'SUP' });
    expect(again.status).to.equal(200);
    await call('POST', '/accounts', { ...SINCH, webhookUrl: `${receiver.url}/hooks/s1/another-secret` });
    const listed = await call('GET', '/accounts');
    expect(listed.body.accounts).to.have.length(2);
    expect(listed.body.accounts[0]).to.include({ id: 'twilio-12025550100', name: 'Calder Cycles', key: 'SUP' });
    for (const secret of [TWILIO.authToken, SINCH.authToken, SINCH.webhookSecret, 'very-secret', 'another-secret']) {
      expect(listed.text + again.text).not.to.contain(secret);
    }
    expect((await call('DELETE', '/accounts/twilio-12025550100')).status).to.equal(204);
    expect((await call('DELETE', '/accounts/twilio-12025550100')).status).to.equal(404);
  });

  it('names the field that is wrong', async () => {
    for (const [field, value] of [
      ['provider', 'other'],
      ['phone', '12025550100'],
      ['accountSid', ''],
      ['authToken', 7],
      ['webhookUrl', 'javascript:alert(1)'],
      ['publicUrl', 'ftp://example.com'],
      ['webhookHeaders', { a: 1 }],
    ] as const) {
      const refused = await call('POST', '/accounts', { ...registration(), [field]: value });
      expect(refused.status, field).to.equal(400);
      expect(refused.body.error.message).to.contain(field);
    }
    for (const field of ['appId', 'webhookSecret', 'verifyToken']) {
      const refused = await call('POST', '/accounts', { ...META, webhookUrl: receiver.url, [field]: '' });
      expect(refused.status, field).to.equal(400);
      expect(refused.body.error.message).to.contain(field);
    }
    expect((await call('POST', '/phones', { phone: '0123' })).status).to.equal(400);
    expect((await call('PATCH', '/behaviour', { nonsense: true })).status).to.equal(400);
    expect((await call('PATCH', '/behaviour', { send: 'maybe' })).status).to.equal(400);
    expect((await call('GET', '/nothing')).status).to.equal(404);
  });

  it('takes a Receive URL for Meta that knows the verify token, and no other', async () => {
    const hook = await startReceiver(answerMeta);
    try {
      const meta = { ...META, webhookUrl: `${hook.url}/hook` };
      const refused = await call('POST', '/accounts', { ...meta, verifyToken: 'another' });
      expect(refused.status).to.equal(400);
      expect(refused.body.error).to.include({ code: 'handshake_failed' });
      expect(refused.body.error.message).to.match(/verify token/);
      // Success without the challenge is no answer.
      const silent = await call('POST', '/accounts', { ...META, webhookUrl: receiver.url });
      expect(silent.body.error.message).to.match(/challenge/);
      expect((await call('GET', '/accounts')).body.accounts).to.deep.equal([]);
      expect((await call('POST', '/accounts', meta)).status).to.equal(201);
      const log = (await call('GET', '/log')).text;
      for (const secret of [META.verifyToken, META.authToken, META.webhookSecret]) expect(log).not.to.contain(secret);

      hook.received.length = 0;
      expect((await call('POST', '/crowd', { count: 30, text: 'Hi', together: true })).status).to.equal(202);
      await simulator.settled();
      expect(hook.received).to.have.length(1);
      expect(JSON.parse(hook.received[0]!.body).entry[0].changes[0].value.messages).to.have.length(30);
      await call('POST', '/accounts', registration());
      const twilio = { account: TWILIO.phone, count: 2, together: true };
      expect((await call('POST', '/crowd', twilio)).body.error.message).to.match(/only Meta/);
    } finally {
      await hook.close();
    }
  });

  it('lets customers be created, write and read', async () => {
    const account = (await call('POST', '/accounts', registration())).body.account.id;
    const created = await call('POST', '/phones', { name: 'Marta Ferri', phone: '+39 347 555 0142' });
    expect(created.status).to.equal(201);
    expect(created.body.phone).to.include({ id: '393475550142', name: 'Marta Ferri', phone: '+393475550142' });
    expect((await call('POST', '/phones', { phone: '+393475550142' })).status).to.equal(200);
    const anonymous = await call('POST', '/phones', {});
    expect(anonymous.body.phone.phone).to.match(/^\+1\d{3}5550\d{3}$/);
    expect((await call('GET', '/phones')).body.phones).to.have.length(2);

    const path = '/phones/393475550142/messages';
    const written = await call('POST', path, { account, text: 'Buongiorno' });
    expect(written.status).to.equal(202);
    expect(written.body.message.status).to.equal('sending');
    await simulator.settled();
    const { messages } = (await call('GET', `${path}?account=${account}`)).body;
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include({ text: 'Buongiorno', direction: 'in', status: 'delivered' });
    expect((await call('POST', path, { account, text: '  ' })).body.error.code).to.equal('empty');
    expect((await call('POST', path, { account: 'x', text: 'a' })).status).to.equal(404);
    expect((await call('POST', '/phones/1/messages', { account, text: 'a' })).status).to.equal(404);
  });

  it('says in plain words what failed, and sends again with the same id', async () => {
    await call('POST', '/accounts', registration());
    await call('POST', '/phones', { name: 'Luis', phone: '+34612555019' });
    answer = 403;
    const path = '/phones/34612555019/messages';
    const { id } = (await call('POST', path, { text: '¿Hola?' })).body.message;
    await simulator.settled();
    const failed = (await call('GET', path)).body.messages[0];
    expect(failed.status).to.equal('failed');
    expect(failed.error.message).to.match(/signature was refused \(403\)/);
    answer = 200;
    expect((await call('POST', `${path}/${id}/again`, {})).status).to.equal(202);
    await simulator.settled();
    expect((await call('GET', path)).body.messages[0].status).to.equal('delivered');
    expect((await call('POST', `${path}/${id}/again`, {})).status).to.equal(409);
    expect(receiver.received.map(({ body }) => new URLSearchParams(body).get('MessageSid'))).to.deep.equal([id, id]);
    const unreachable = await startReceiver();
    await call('POST', '/accounts', { ...registration(), webhookUrl: `${unreachable.url}/x` });
    await unreachable.close();
    await call('POST', path, { text: 'Anybody?' });
    await simulator.settled();
    expect((await call('GET', path)).body.messages[1].error.message).to.match(/Is Node-RED running/);
  });

  it('tells live what happens', async () => {
    await call('POST', '/accounts', registration());
    const abort = new AbortController();
    const stream = await fetch(`${simulator.url}/api/events`, { signal: abort.signal });
    expect(stream.headers.get('content-type')).to.match(/^text\/event-stream/);
    await simulator.inbound({ from: '+12025550142', name: 'Zoë', text: 'live' });
    simulator.behave({ neverRead: true });
    let text = '';
    const reader = stream.body!.getReader();
    while (!text.includes('event: behaviour')) text += Buffer.from((await reader.read()).value!).toString('utf8');
    abort.abort();
    const names = [...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1]);
    expect(names).to.deep.equal(['hello', 'phone', 'message', 'log', 'message', 'behaviour']);
    expect(text).not.to.contain(TWILIO.authToken);
  });

  it('delays, doubles and forges webhooks on request, and forgets it again', async () => {
    await call('POST', '/accounts', registration());
    await call('PATCH', '/behaviour', { webhookTwice: true, webhookDelay: 60 });
    const { ms, status } = await simulator.inbound({ from: '+12025550142', text: 'twice' });
    expect(status).to.equal(200);
    expect(ms).to.be.at.least(0);
    expect(receiver.received).to.have.length(2);
    expect(receiver.received[0]!.body).to.equal(receiver.received[1]!.body);
    expect((await call('DELETE', '/behaviour')).body.behaviour).to.include({ webhookTwice: false, webhookDelay: 0 });
    const crowd = await call('POST', '/crowd', { count: 50, text: 'All at once' });
    expect(crowd.status).to.equal(202);
    await simulator.settled();
    expect(receiver.received).to.have.length(52);
    expect((await call('GET', '/log')).body.log.at(-1)).to.include({ direction: 'out', what: 'webhook', status: 200 });
  });

  it('is closed to other pages: foreign hosts, foreign origins, forms', async () => {
    const withHost = (host: string) =>
      new Promise<number>((resolve) => {
        http.get({ port: simulator.port, host: '127.0.0.1', path: '/api/phones', headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
      });
    expect(await withHost('rebound.example.com')).to.equal(421);
    expect(await withHost(`192.168.1.20:${simulator.port}`)).to.equal(421);
    expect(await withHost(`localhost:${simulator.port}`)).to.equal(200);
    expect(await withHost(`[::1]:${simulator.port}`)).to.equal(200);
    const person = { name: 'Mallory' };
    expect((await call('POST', '/phones', person, { origin: 'https://evil.example.com' })).status).to.equal(403);
    expect((await call('POST', '/phones', person, { origin: 'null' })).status).to.equal(403);
    expect((await call('POST', '/phones', person, { 'content-type': 'text/plain' })).status).to.equal(415);
    expect((await call('POST', '/phones', person, { origin: simulator.url })).status).to.equal(201);
  });

  it('says when its port is taken', async () => {
    let problem: NodeJS.ErrnoException | undefined;
    await startSimulator({ port: simulator.port }).catch((error: NodeJS.ErrnoException) => {
      problem = error;
    });
    expect(problem?.code).to.equal('EADDRINUSE');
  });
});
