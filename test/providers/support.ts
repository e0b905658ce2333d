import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderAccount, WebhookRequest } from '../../providers/provider.ts';

export const TWILIO_ACCOUNT: ProviderAccount = {
  provider: 'twilio',
  phone: '+12025550100',
  accountSid: 'AC00000000000000000000000000000001',
  authToken: '0123456789abcdef0123456789abcdef',
};

export const SINCH_ACCOUNT: ProviderAccount = {
  provider: 'sinch',
  phone: '+12025550100',
  accountSid: '11111111-2222-4333-8444-555555555555',
  authToken: 'fictional-key-id:fictional-key-secret',
  appId: '01W4FFL35P4NC4K35CONVAPP01',
  baseUrl: 'https://eu.conversation.api.sinch.com',
  webhookSecret: 'fictional-webhook-secret',
};

export const META_ACCOUNT: ProviderAccount = {
  provider: 'meta',
  phone: '+12025550100',
  accountSid: '',
  appId: '106540352242922',
  authToken: 'fictional-access-token',
  webhookSecret: 'fictional-app-secret',
  verifyToken: 'fictional-verify-token',
};

export const URL_OF_HOOK = 'https://flows.example.com/whatsapp/webhooks/acc/tok';

/** A webhook request around a body. */
export function requestOf(body: string | Buffer, more: Partial<WebhookRequest> = {}): WebhookRequest {
  return { headers: {}, url: URL_OF_HOOK, body: Buffer.from(body as string), now: 1_795_521_600_000, ...more };
}

/** A form body as Twilio writes it: spaces as %20 or, if `plus`, as a plus sign. */
export function formBody(fields: Record<string, string>, plus = false): string {
  const text = Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return plus ? text.replaceAll('%20', '+') : text;
}

export interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A tiny HTTP server on a free loopback port that records what it sees. */
export async function startServer(
  answer: (seen: Seen, response: ServerResponse) => void,
): Promise<{ url: string; seen: Seen[]; stop: () => Promise<void> }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(entry);
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, seen, stop };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Every text of a value, to look for what must not be in it. */
export function everythingIn(value: unknown): string {
  const error = value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : {};
  return JSON.stringify(value) + JSON.stringify(error);
}
