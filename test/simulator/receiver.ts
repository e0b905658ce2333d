import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** A stand-in for the Receive URL: keeps what arrives and answers with `answer`, a status or a text. */
export async function startReceiver(answer: (received: Received) => number | string = () => 200): Promise<{
  url: string;
  received: Received[];
  close: () => Promise<void>;
}> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(one);
      const said = answer(one);
      const status = typeof said === 'number' ? said : 200;
      if (typeof said === 'string') response.writeHead(200, { 'content-type': 'text/plain' }).end(said);
      else if (status === 0) request.socket.destroy();
      else response.writeHead(status, { 'content-type': 'text/xml' }).end('<Response/>');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const TWILIO = {
  provider: 'twilio' as const,
  phone: '+12025550100',
  accountSid: 'AC00000000000000000000000000000001',
  authToken: '0123456789abcdef0123456789abcdef',
};

export const SINCH = {
  provider: 'sinch' as const,
  phone: '+12025550101',
  accountSid: '11111111-2222-4333-8444-555555555555',
  authToken: 'fictional-key:fictional-secret',
  appId: '01W4FFL35P4NC4K35CONVAPP01',
  webhookSecret: 'fictional-webhook-secret',
};

export const META = {
  provider: 'meta' as const,
  phone: '+12025550102',
  accountSid: '102290129340398',
  authToken: 'fictional-access-token',
  appId: '106540352242922',
  webhookSecret: 'fictional-app-secret',
  verifyToken: 'fictional-verify-token',
};

/** A Receive URL's answer to Meta: the challenge if the verify token is right, success for everything else. */
export function answerMeta({ url }: Received): number | string {
  const asked = new URL(url, 'http://localhost').searchParams;
  if (!asked.has('hub.mode')) return 200;
  return asked.get('hub.verify_token') === META.verifyToken ? (asked.get('hub.challenge') ?? '') : 403;
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Sends a message through the simulated Twilio API. */
export function twilioSend(simulator: string, fields: Record<string, string>): Promise<Response> {
  return fetch(`${simulator}/2010-04-01/Accounts/${TWILIO.accountSid}/Messages.json`, {
    method: 'POST',
    headers: { authorization: basic(TWILIO.accountSid, TWILIO.authToken) },
    body: new URLSearchParams({ From: `whatsapp:${TWILIO.phone}`, ...fields }),
  });
}
