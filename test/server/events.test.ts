import http from 'node:http';
import net from 'node:net';
import { expect } from 'chai';
import { CoreError, type Effect } from '../../core/api.ts';
import { type Api, createApi } from '../../server/api.ts';
import { createHub, type Hub, type HubOptions } from '../../server/events.ts';
import {
  call,
  type FakeEngine,
  fakeEngine,
  listen,
  type MemoryLog,
  memoryLog,
  type TestServer,
  until,
  withAgents,
} from './support.ts';

interface Received {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: events are looked into by the assertions
  data: any;
}

interface Stream {
  status: number;
  headers: http.IncomingHttpHeaders;
  events: Received[];
  /** How often it said that it works. */
  alive: number;
  ended: boolean;
  close(): void;
}

/** A reader of server-sent events. */
function follow(url: string, cookie: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers: { Cookie: cookie }, agent: false }, (response) => {
      const stream: Stream = {
        status: response.statusCode ?? 0,
        headers: response.headers,
        events: [],
        alive: 0,
        ended: false,
        close: () => request.destroy(),
      };
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = /^event: ([^\n]*)/m.exec(block)?.[1];
          const data = /^data: ([^\n]*)/m.exec(block)?.[1];
          if (event === 'alive') stream.alive++;
          else if (event && data) stream.events.push({ event, data: JSON.parse(data) });
        }
      });
      const end = () => {
        stream.ended = true;
      };
      response.on('end', end);
      response.on('error', end);
      response.on('close', end);
      resolve(stream);
    });
    request.on('error', reject);
  });
}

describe('events', () => {
  let engine: FakeEngine;
  let log: MemoryLog;
  let hub: Hub;
  let api: Api;
  let server: TestServer;
  let clock: number;
  let streams: Stream[];

  const start = async (options: Partial<HubOptions> = {}) => {
    hub = createHub({ engine, log, now: () => clock, ...options });
    api = createApi({
      engine,
      hub,
      sessionHours: 12,
      origins: () => [],
      log,
      now: () => clock,
      httpNodeRoot: '/',
      loginLimits: { perUser: 100 },
    });
    server = await listen((req, res) => api(req, res, () => res.writeHead(404).end()));
  };
  beforeEach(async () => {
    clock = Date.now();
    streams = [];
    log = memoryLog();
    engine = fakeEngine();
    await withAgents(engine, {
      ann: { password: 'ann-password' },
      ben: { password: 'ben-password' },
      sue: { password: 'sue-password', role: 'supervisor' },
    });
  });
  afterEach(async () => {
    for (const stream of streams) stream.close();
    await hub.close();
    api.close();
    await server.close();
  });

  const signIn = async (username: string) => {
    const reply = await call(`${server.url}/whatsapp/api/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-WA-Request': '1' },
      body: JSON.stringify({ username, password: `${username}-password` }),
    });
    return reply.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
  };
  const open = async (cookie: string, query = '') => {
    const stream = await follow(`${server.url}/whatsapp/api/events${query}`, cookie);
    streams.push(stream);
    if (stream.status === 200) await until(() => stream.events.length > 0, 'hello');
    return stream;
  };
  const publish = (
    to: string[],
    event: Extract<Effect, { kind: 'publish' }>['event'],
    data: unknown,
    interaction: string | null = null,
  ) => engine.emit({ kind: 'publish', to, event, json: JSON.stringify(data), interaction });

  it('begins with hello and is not buffered on its way', async () => {
    await start();
    const stream = await open(await signIn('ann'));
    expect(stream.headers['content-type']).to.match(/^text\/event-stream/);
    expect(stream.headers['cache-control']).to.contain('no-store').and.contain('no-transform');
    expect(stream.headers['x-accel-buffering']).to.equal('no');
    const [connect] = engine.inputs('connect');
    expect(connect?.username).to.equal('ann');
    expect(stream.events).to.deep.equal([
      {
        event: 'hello',
        data: {
          connection: connect?.connection,
          presence: { state: 'available', pause: null, since: '2026-01-01T00:00:00.000Z' },
          serverTime: new Date(clock).toISOString(),
        },
      },
    ]);
  });

  it('carries events to those they are for, in order, and to each of their streams', async () => {
    await start();
    const ann = await signIn('ann');
    const [one, two, ben] = await Promise.all([open(ann), open(ann), open(await signIn('ben'))]);
    publish(['ann'], 'offer', { id: 'o1', text: 'line\nbreak and \u2028' });
    publish(['ann', 'ben', 'nobody'], 'queues', [1]);
    await until(() => one.events.length === 3 && two.events.length === 3 && ben.events.length === 2, 'the events');
    expect(one.events.slice(1)).to.deep.equal([
      { event: 'offer', data: { id: 'o1', text: 'line\nbreak and \u2028' } },
      { event: 'queues', data: [1] },
    ]);
    expect(ben.events[1]?.event).to.equal('queues');
  });

  it('keeps what happens while connecting until after hello', async () => {
    await start();
    const connect = engine.handlers.connect!;
    engine.handlers.connect = (input) => {
      publish(['ann'], 'offer', { id: 'early' });
      return connect(input);
    };
    const stream = await open(await signIn('ann'));
    await until(() => stream.events.length === 2, 'both');
    expect(stream.events.map(({ event }) => event)).to.deep.equal(['hello', 'offer']);
  });

  it('answers an error if the engine refuses the connection', async () => {
    await start();
    engine.handlers.connect = () => {
      throw new CoreError('store_unavailable', 503, 'down');
    };
    const stream = await open(await signIn('ann'));
    expect(stream.status).to.equal(503);
    expect(hub.size).to.equal(0);
  });

  it('tells the engine when a stream is gone, and while streams live', async () => {
    await start({ heartbeat: 20 });
    const stream = await open(await signIn('ann'));
    const [{ connection } = { connection: '' }] = engine.inputs('connect');
    await until(() => engine.inputs('heartbeat').length > 0, 'a heartbeat');
    expect(engine.inputs('heartbeat')[0]).to.deep.equal({ connections: [connection] });
    stream.close();
    await until(() => engine.inputs('disconnect').length > 0, 'the disconnect');
    expect(engine.inputs('disconnect')).to.deep.equal([{ connection }]);
    expect(hub.size).to.equal(0);
    const beats = engine.inputs('heartbeat').length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(engine.inputs('heartbeat').length).to.equal(beats);
  });

  it('connects again what the engine takes for lost', async () => {
    engine.handlers.heartbeat = ({ connections }) => ({ lost: connections });
    await start({ heartbeat: 20 });
    const stream = await open(await signIn('ann'));
    await until(() => engine.inputs('connect').length > 1, 'a second connect');
    const [first, second] = engine.inputs('connect');
    expect(second).to.deep.equal(first);
    stream.close();
  });

  it('says that it works, so that proxies keep the stream, and ends it with its session', async () => {
    await start({ keepAlive: 20 });
    const stream = await open(await signIn('ann'));
    await until(() => stream.alive >= 2, 'signs of life');
    clock += 12 * 3600 * 1000;
    await until(() => stream.ended, 'the end');
  });

  it('ends with logging out and with being signed out', async () => {
    await start();
    const ann = await signIn('ann');
    const stream = await open(ann);
    const ben = await open(await signIn('ben'));
    await call(`${server.url}/whatsapp/api/session`, {
      method: 'DELETE',
      headers: { Cookie: ann, 'X-WA-Request': '1' },
    });
    await until(() => stream.ended, 'the end');
    expect(ben.ended).to.equal(false);
    engine.emit({ kind: 'signed-out', username: 'ben' });
    await until(() => ben.ended, 'the end');
    expect(hub.size).to.equal(0);
  });

  it('lets supervisors watch an interaction, and nobody else', async () => {
    await start();
    engine.handlers.spy = ({ interaction }) => {
      if (interaction !== 'i1') throw new CoreError('not_found', 404, 'unknown');
      return { id: 'i1' } as never;
    };
    expect((await open(await signIn('ann'), '?watch=i1')).status).to.equal(403);
    const sue = await signIn('sue');
    expect((await open(sue, '?watch=i2')).status).to.equal(404);
    const stream = await open(sue, '?watch=i1');
    publish(['ann'], 'message', { id: 'm1', interactionId: 'i1' }, 'i1');
    publish(['ann'], 'message', { id: 'm2', interactionId: 'i2' }, 'i2');
    publish(['ann', 'sue'], 'interaction', { id: 'i1' }, 'i1');
    publish(['ann'], 'queues', { id: 'i1' });
    publish(['ann'], 'message-status', { id: 'm1', interactionId: 'i1' }, 'i1');
    await until(() => stream.events.length >= 4, 'the events');
    expect(stream.events.slice(1).map(({ event }) => event)).to.deep.equal([
      'message',
      'interaction',
      'message-status',
    ]);
  });

  it('cuts a reader that does not keep up; others go on', async () => {
    await start({ maxBuffer: 64 * 1024 });
    const cookie = await signIn('ann');
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /whatsapp/api/events HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const ben = await open(await signIn('ben'));
    await until(() => hub.size === 2, 'both streams');
    for (let n = 0; n < 400 && hub.size === 2; n++) {
      publish(['ann'], 'message', { text: 'x'.repeat(50_000) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(hub.size).to.equal(1);
    expect(log.lines.join()).to.contain('too slow');
    expect(ben.ended).to.equal(false);
    socket.destroy();
  });

  it('ends the oldest stream of an agent with too many', async () => {
    await start({ maxStreams: 2 });
    const cookie = await signIn('ann');
    const first = await open(cookie);
    await open(cookie);
    const third = await open(cookie);
    await until(() => first.ended, 'the end of the first');
    expect(third.ended).to.equal(false);
    expect(hub.size).to.equal(2);
  });

  it('ends all streams on close, and takes no new ones', async () => {
    await start();
    const cookie = await signIn('ann');
    const stream = await open(cookie);
    await hub.close();
    await until(() => stream.ended, 'the end');
    expect(engine.inputs('disconnect')).to.have.length(1);
    expect((await open(cookie)).status).to.equal(503);
    expect(engine.inputs('connect')).to.have.length(1);
  });
});
