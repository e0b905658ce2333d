/**
 * What an attacker may try from outside, each refused. Most of it is tested where it is refused:
 *
 * - addresses that lead into the private network (SSRF), redirects, names that change their mind, credentials that would follow:
 *   `server/media.test.ts` (fetching), `providers/media.test.ts` (who sees the credentials), `nodes/send.test.ts`
 * - paths and names that lead elsewhere: `server/media.test.ts` (names), `server/pages.test.ts`, `server/supervising.test.ts` and
 *   `e2e/media.test.ts` (archives)
 * - HTML and formulas in names and texts: `server/supervising.test.ts` (transcripts), `server/administration.test.ts` (CSV),
 *   `ui/desk.test.ts`, `ui/files.test.ts`, `ui/notices.test.ts`; pages that pretend to be pictures: `server/media.test.ts`
 * - too large, never ending, packed: `server/media.test.ts`, `server/webhooks.test.ts`; pictures that fill the memory:
 *   `server/media.test.ts`
 * - values of other types: `server/fuzz.test.ts` (webhooks), `server/api.test.ts` (bodies)
 * - foreign pages: `server/api.test.ts`, `simulator/control.test.ts`, `e2e/guard.test.ts`
 *
 * Here is what lies between them.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { providerOf } from '../providers/index.ts';
import { signMeta } from '../providers/meta/signature.ts';
import type { ProviderAccount } from '../providers/provider.ts';
import { createWebhooks } from '../server/webhooks.ts';
import { startSimulator } from '../simulator/server.ts';
import { META_ACCOUNT, SINCH_ACCOUNT, TWILIO_ACCOUNT } from './providers/support.ts';
import { openCentre, refused, type TestCentre } from './server/centre.ts';
import { call, fakeEngine, listen, memoryLog, type TestServer } from './server/support.ts';

const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
const MESSAGE = { id: '01', to: { address: '+12025550167' }, text: 'Hello' };
const ACCOUNTS = [TWILIO_ACCOUNT, { ...SINCH_ACCOUNT, authToken: 'a-bearer-token' }, META_ACCOUNT];

describe('security: an API that is not what it should be', function () {
  this.timeout(30_000);
  let server: TestServer;
  let answer: (req: IncomingMessage, res: ServerResponse) => void;
  const open = new Set<ServerResponse>();
  before(async () => {
    server = await listen((req, res) => {
      open.add(res);
      res.on('close', () => open.delete(res));
      req.resume();
      req.on('end', () => answer(req, res));
    });
  });
  after(() => server.close());
  const at = (account: ProviderAccount) => ({ ...account, baseUrl: server.url });
  const closed = async () => {
    while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  for (const account of ACCOUNTS) {
    const provider = providerOf(account.provider);
    const send = (timeout = 5000) => provider.send(at(account), MESSAGE, timeout);

    it(`${provider.name}: what unpacks without an end is not unpacked`, async () => {
      answer = (_, res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(BOMB);
      };
      const before = process.memoryUsage().rss;
      expect(await send()).include({ outcome: 'ambiguous' });
      expect(await provider.templates(at(account), 5000).catch((error: Error) => error.name)).equal('ProviderError');
      expect(process.memoryUsage().rss - before).below(60 * 1024 * 1024);
    });

    it(`${provider.name}: an answer that never ends is given up, and its connection with it`, async () => {
      answer = (_, res) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => res.write(' '), 20);
        res.on('close', () => clearInterval(drip));
      };
      expect(await send(300)).include({ outcome: 'ambiguous', code: 'timeout' });
      await closed();
      answer = (_, res) => {
        res.on('error', () => {});
        const pour = (): void => {
          while (!res.destroyed && res.write(Buffer.alloc(65_536, 32)));
          if (!res.destroyed) res.once('drain', pour);
        };
        pour();
      };
      expect(await send()).include({ outcome: 'ambiguous' });
      await closed();
    });

    it(`${provider.name}: it leads nobody elsewhere`, async () => {
      const seen: string[] = [];
      const other = await listen((req, res) => {
        seen.push(req.url ?? '');
        res.end('{}');
      });
      try {
        answer = (_, res) => void res.writeHead(307, { location: `${other.url}/stolen` }).end();
        expect(await send()).include({ outcome: 'rejected', retry: false });
        const next = [`${other.url}/next`, `//${new URL(other.url).host}/next`, `@${new URL(other.url).host}/next`];
        for (const [i, url] of next.entries()) {
          const meta = { next_page_url: `${url}?PageToken=t` };
          const paging = { next: url, cursors: { after: 'x' } };
          const body = { messages: [], next_page_uri: url, contents: [], templates: [], data: [], meta, paging };
          // A page after the next one is asked of the same server, and ends it.
          let asked = 0;
          answer = (_, res) => void res.end(JSON.stringify(asked++ === i ? body : {}));
          await provider.list?.(at(account), Date.now() - 1000).catch(() => undefined);
          await provider.templates({ ...at(account), accountSid: account.accountSid || '1' }).catch(() => undefined);
        }
        expect(seen).deep.equal([]);
      } finally {
        await other.close();
      }
    });

    it(`${provider.name}: answers of other types are no answers`, async () => {
      const strange = [null, [], 'text', 7, true, { sid: {} }, { message_id: ['x'] }, { messages: { id: 1 } }];
      for (const body of [...strange, { messages: [[{ id: 'x' }]], sid: 'a\r\nb', message_id: '../../x' }]) {
        answer = (_, res) => void res.writeHead(200).end(JSON.stringify(body));
        expect(await send(), JSON.stringify(body)).include({ outcome: 'ambiguous', code: 'unreadable_answer' });
        answer = (_, res) => void res.writeHead(400).end(JSON.stringify({ error: body, code: body, message: body }));
        expect(await send(), JSON.stringify(body)).include({ outcome: 'rejected', retry: false });
      }
    });
  }
});

describe('security: webhooks that are packed', () => {
  it('are not unpacked, also if they are signed', async () => {
    const engine = fakeEngine({ ingest: () => null });
    const hook = { id: 'a1', key: 'A', proxyToken: 't'.repeat(24), publicUrl: 'https://wa.example.com' };
    const account = { ...hook, provider: providerOf('meta'), account: META_ACCOUNT };
    const webhooks = createWebhooks({
      httpNodeRoot: '/',
      account: () => account,
      engine,
      log: memoryLog(),
      now: Date.now,
    });
    const server = await listen((req, res) => webhooks(req, res, () => res.end()));
    try {
      const signed = { 'content-encoding': 'gzip', 'x-hub-signature-256': signMeta(META_ACCOUNT.webhookSecret!, BOMB) };
      const url = `${server.url}/whatsapp/webhooks/a1/${hook.proxyToken}`;
      expect((await call(url, { method: 'POST', headers: signed, body: BOMB })).status).equal(400);
      expect(engine.calls).deep.equal([]);
    } finally {
      await server.close();
    }
  });
});

/** The path as it is written: `fetch` would tidy it. */
function get(base: string, path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    http
      .get({ hostname, port, path, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      })
      .on('error', reject);
  });
}

const OUTSIDE = [
  '../package.json',
  '..%2fpackage.json',
  '%2e%2e/package.json',
  '..%5cpackage.json',
  '....//package.json',
];

describe('security: the API', () => {
  let centre: TestCentre;
  before(async () => {
    centre = await openCentre();
  });
  after(() => centre.close());

  it('takes no value of another type, and none of an object’s own parts', async () => {
    const strange: unknown[] = [{ $gt: '' }, ['ann'], 7, true, null, { toString: 'x' }];
    for (const username of strange) {
      const reply = await centre.nobody.send('POST', '/session', { username, password: 'a-password' });
      expect(refused(reply), JSON.stringify(username)).equal('400 invalid_body');
    }
    const ann = await centre.person('ann', 'admin');
    const id = await centre.write();
    for (const text of strange)
      expect((await ann.send('POST', `/interactions/${id}/messages`, { text })).status).equal(400);
    const raw = '{"text":"x","__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}';
    const headers = { 'X-WA-Request': '1', Cookie: ann.cookie, 'Content-Type': 'application/json' };
    const reply = await call(`${centre.url}/interactions/${id}/messages`, { method: 'POST', headers, body: raw });
    expect(reply.status).equal(400);
    expect(({} as { isAdmin?: boolean }).isAdmin).equal(undefined);
  });

  it('unpacks no body', async () => {
    const ann = await centre.person('packer', 'admin');
    const headers = {
      ...{ 'X-WA-Request': '1', Cookie: ann.cookie },
      ...{ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
    };
    const body = gzipSync('{"state":"paused"}');
    expect((await call(`${centre.url}/presence`, { method: 'PUT', headers, body })).status).within(400, 415);
    expect((await ann.desk()).presence.state).equal('available');
  });

  it('gives no file of the disk, however its path is written', async () => {
    const { cookie } = await centre.person('walker', 'admin');
    for (const path of OUTSIDE)
      for (const under of ['/media/', '/interactions/', '/media/x/', '/contacts/']) {
        const reply = await call(`${centre.url}${under}${encodeURIComponent(path)}/0`, { headers: { Cookie: cookie } });
        expect(reply.status, under + path).within(400, 404);
        const plain = await get(centre.url, `/whatsapp/api${under}${path}`);
        expect(plain.text).not.contain('"devDependencies"');
      }
  });
});

describe('security: the simulator', () => {
  it('gives no file but those of its page', async () => {
    const simulator = await startSimulator();
    try {
      for (const path of OUTSIDE) {
        for (const under of ['/', '/api/../', '/media/']) {
          const { status, text } = await get(simulator.url, under + path);
          expect(status, under + path).within(400, 404);
          expect(text).not.contain('"devDependencies"');
        }
      }
      for (const path of ['/../simulation.ts', '/..%2fsimulation.ts', '/.%2e/simulation.ts'])
        expect((await get(simulator.url, path)).text).not.contain('class Simulation');
    } finally {
      await simulator.close();
    }
  });
});
