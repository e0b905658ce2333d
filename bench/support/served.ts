/** Webhooks and API over an engine, as the package serves them, without Node-RED. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../../core/api.ts';
import { twilio } from '../../providers/twilio/index.ts';
import { createApi } from '../../server/api.ts';
import { createHub } from '../../server/events.ts';
import { hashToken, newToken } from '../../server/secrets.ts';
import { createWebhooks, receiveUrl } from '../../server/webhooks.ts';
import type { LoadJob } from './load.ts';

const TOKEN = 'proxytoken-0123456789abcdef';
const PUBLIC = 'https://wa.example.com';
const CREDENTIALS = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'fictional-auth-token' };

export interface Served {
  /** Where webhooks of the account go, and what signs them. */
  webhooks: Pick<LoadJob, 'url' | 'publicUrl' | 'authToken' | 'accountSid' | 'phone'>;
  /** Asks for a CSV and forgets it as it comes. Gives its lines and bytes. */
  exportCsv(body: object): Promise<{ lines: number; bytes: number }>;
  close(): Promise<void>;
}

/** @param account id in the store */
export async function serve(engine: Engine, account: string, phone: string, supervisor: string): Promise<Served> {
  const log = { info() {}, warn: console.warn, error: console.error };
  const now = Date.now;
  const known = { id: account, key: 'SALES', proxyToken: TOKEN, publicUrl: PUBLIC, provider: twilio };
  const webhooks = createWebhooks({
    ...{ httpNodeRoot: '/', engine, log, now },
    account: (id) =>
      id === account ? { ...known, account: { provider: 'twilio', phone, ...CREDENTIALS } } : ('unknown' as const),
  });
  const hub = createHub({ engine, log, now });
  const api = createApi({ engine, hub, sessionHours: 12, origins: () => [], log, now, httpNodeRoot: '/' });
  const server = http.createServer((req, res) =>
    webhooks(req, res, () =>
      api(req, res, () => {
        res.writeHead(404).end();
      }),
    ),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = newToken();
  await engine.run('openSession', {
    ...{ username: supervisor, tokenHash: hashToken(session), expiresAt: now() + 3_600_000 },
  });
  const publicUrl = receiveUrl(known);
  return {
    webhooks: { url: base + publicUrl.slice(PUBLIC.length), publicUrl, phone, ...CREDENTIALS },
    exportCsv: (body) =>
      new Promise((resolve, reject) => {
        const headers = { 'Content-Type': 'application/json', 'X-WA-Request': '1', Cookie: `wa_session=${session}` };
        const request = http.request(`${base}/whatsapp/api/interactions/export.csv`, { method: 'POST', headers });
        request.on('error', reject);
        request.on('response', (response) => {
          if (response.statusCode !== 200) reject(new Error(`the export was answered ${response.statusCode}`));
          let lines = 0;
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            for (const byte of chunk) if (byte === 10) lines++;
          });
          response.on('end', () => resolve({ lines, bytes }));
          response.on('error', reject);
        });
        request.end(JSON.stringify(body));
      }),
    async close() {
      await hub.close();
      api.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
