import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** A stand-in for the Receive URL: keeps what arrives and answers with `answer`. */
export async function startReceiver(answer: (received: Received) => number = () => 200): Promise<{
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
      const status = answer(one);
      if (status === 0) request.socket.destroy();
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
