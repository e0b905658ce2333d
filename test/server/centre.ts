/** A contact centre over HTTP: the API over the engine as it is shipped, and people who are logged in. */
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import express from 'express';
import type { AccountConfig, Engine, QueueConfig } from '../../core/api.ts';
import { startShared } from '../../core/cluster/engine.ts';
import { startThread } from '../../core/host/thread.ts';
import type { DeskView, Role } from '../../core/views.ts';
import { createApi } from '../../server/api.ts';
import { createHub } from '../../server/events.ts';
import { createMetrics } from '../../server/metrics.ts';
import { createPages } from '../../server/pages.ts';
import { answers } from '../../server/schemas.ts';
import { hashToken, newToken } from '../../server/secrets.ts';
import { account, queue } from '../core/support.ts';
import { databaseUrl, onPostgres } from '../support/postgres.ts';
import { call, listen, type MemoryLog, memoryLog, type Reply } from './support.ts';

const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });

/** What an events stream says. */
export interface Stream {
  events: { event: string; data: unknown }[];
  /** Resolves with the data of the first event that matches, also of one that came before. The test's time is its limit. */
  until<T>(event: string, matches?: (data: T) => boolean): Promise<T>;
  hangUp(): void;
}

export interface Person {
  username: string;
  cookie: string;
  /** JSON, or CSV if the body is a text. */
  send(method: string, path: string, body?: unknown): Promise<Reply>;
  desk(): Promise<DeskView>;
  /** A live connection, open when it resolves. */
  connect(query?: string): Promise<Stream>;
}

export interface TestCentre {
  engine: Engine;
  url: string;
  log: MemoryLog;
  accountId: string;
  /** Not logged in. */
  nobody: Person;
  person(username: string, role?: Role, more?: { capacity?: number; connected?: boolean }): Promise<Person>;
  /** A contact writes. Gives the id of the interaction. */
  write(from?: string, text?: string): Promise<string>;
  sync(accounts?: Partial<AccountConfig>[], queues?: (Partial<QueueConfig> & { name: string })[]): Promise<void>;
  close(): Promise<void>;
}

/** Of `GET /whatsapp/metrics`. */
export const METRICS_TOKEN = 'metrics-token';

export async function openCentre({
  accounts = [{}],
  queues = [{ name: 'Sales' }],
  pages,
}: {
  accounts?: Partial<AccountConfig>[];
  queues?: (Partial<QueueConfig> & { name: string })[];
  /** The folder of the built pages: they are served too then. */
  pages?: string;
} = {}): Promise<TestCentre> {
  const directory = await mkdtemp(join(tmpdir(), 'wa-centre-'));
  const settings = { offlineAfter: 60 };
  const metrics = createMetrics();
  const engine = onPostgres
    ? await startShared({ url: await databaseUrl(), settings, onGroup: metrics.committed })
    : await startThread({ file: join(directory, 'connector.db'), settings, onGroup: metrics.committed });
  const log = memoryLog();
  const hub = createHub({ engine, log, now: Date.now });
  engine.onEffects(metrics.effects);
  const api = createApi({
    ...{ engine: metrics.measured(engine), hub, sessionHours: 12, origins: () => [], log, now: Date.now },
    httpNodeRoot: '/',
    metrics: { text: metrics.text, token: METRICS_TOKEN },
  });
  const app = express();
  if (pages !== undefined) app.use(createPages({ directory: pages, log }));
  const server = await listen(app.use(api));
  const url = `${server.url}/whatsapp/api`;
  let messages = 0;
  const as = (username: string, cookie: string): Person => {
    const headers = { 'X-WA-Request': '1', ...(cookie === '' ? {} : { Cookie: cookie }) };
    const send: Person['send'] = (method, path, body) =>
      call(url + path, {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'Content-Type': typeof body === 'string' ? 'text/csv' : 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
    return {
      username,
      cookie,
      send,
      desk: async () => (await send('GET', '/desk')).json,
      connect: (query = '') =>
        new Promise<Stream>((resolve, reject) => {
          const events: Stream['events'] = [];
          const looking = new Set<() => void>();
          const until = <T>(event: string, matches: (data: T) => boolean = () => true) =>
            new Promise<T>((found) => {
              const look = () => {
                const one = events.find((e) => e.event === event && matches(e.data as T));
                if (!one) return;
                looking.delete(look);
                found(one.data as T);
              };
              looking.add(look);
              look();
            });
          let text = '';
          const request = http.get(`${url}/events${query}`, { headers, agent: false }, (response) => {
            if (response.statusCode !== 200) reject(new Error(`the stream was answered ${response.statusCode}`));
            response.on('error', () => {});
            response.on('data', (chunk: Buffer) => {
              text += chunk;
              const blocks = text.split('\n\n');
              text = blocks.pop()!;
              for (const block of blocks) {
                const event = /^event: (.*)$/m.exec(block)?.[1];
                const data = /^data: (.*)$/m.exec(block)?.[1];
                if (event) events.push({ event, data: JSON.parse(data ?? 'null') });
                if (event === 'hello') resolve({ events, until, hangUp: () => request.destroy() });
              }
              for (const look of [...looking]) look();
            });
          });
          request.on('error', reject);
        }),
    };
  };
  const centre: TestCentre = {
    engine,
    url,
    log,
    accountId: '',
    nobody: as('nobody', ''),
    async person(username, role = 'agent', { capacity = 3, connected = true } = {}) {
      await engine.run('createAgent', { username, name: username, role, capacity, passwordHash: '-' });
      const token = newToken();
      const tokenHash = hashToken(token);
      await engine.run('openSession', { username, tokenHash, expiresAt: Date.now() + 3_600_000 });
      const made = as(username, `wa_session=${token}`);
      if (connected) await made.connect();
      return made;
    },
    async write(from = '+12025550142', text = 'Hello') {
      const peer = { address: from, phone: from, profileName: `Z ${from}` };
      const events = [{ kind: 'message' as const, id: `SM${++messages}`, peer, type: 'text' as const, text }];
      await engine.run('ingest', { account: centre.accountId, events });
      const search = { conditions: [{ field: 'contact.address', operator: 'equals', value: from }], limit: 1 };
      return (await engine.run('search', { username: null, search })).interactions[0]!.id;
    },
    async sync(given = accounts, named = queues) {
      const answer = await engine.run('syncConfig', {
        accounts: given.map(account),
        queues: named.map(queue),
        nodes: null,
      });
      centre.accountId = (answer.accounts.acc as { id: string }).id;
    },
    async close() {
      await hub.close();
      api.close();
      await server.close();
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await centre.sync();
  return centre;
}

/** Fails if an answer is not as the API document says. */
export function documented(name: keyof typeof answers, json: unknown): void {
  const check = ajv.compile(answers[name]);
  expect(check(json), JSON.stringify(check.errors)).to.equal(true);
}

export const refused = (reply: Reply): string => `${reply.status} ${reply.json?.error?.code}`;
