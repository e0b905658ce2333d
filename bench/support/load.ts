/**
 * The load generator, a process of its own: `node load.ts <job.json>` posts signed, unique Twilio webhooks and prints what it saw as
 * one line of JSON.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { signTwilio } from '../../providers/twilio/signature.ts';

export interface LoadJob {
  /** Where it connects to. */
  url: string;
  /** What is signed. */
  publicUrl: string;
  authToken: string;
  accountSid: string;
  phone: string;
  /** First message number; numbers are never used twice. */
  first: number;
  amount: number;
  contacts: number;
  connections: number;
  /** Requests per second over all connections; 0 = as fast as it goes. */
  rate: number;
}

export interface LoadResult {
  requestsPerSecond: number;
  /** ms. */
  p50: number;
  p99: number;
  ok: number;
  failed: number;
}

function body(job: LoadJob, n: number): string {
  const contact = `1202${String(1_000_000 + (n % job.contacts)).padStart(7, '0')}`;
  const sid = `SM${n.toString(16).padStart(32, '0')}`;
  return new URLSearchParams({
    SmsMessageSid: sid,
    NumMedia: '0',
    ProfileName: `Customer ${n % job.contacts}`,
    MessageType: 'text',
    SmsSid: sid,
    WaId: contact,
    SmsStatus: 'received',
    Body: `Hello, this is message ${n}`,
    To: `whatsapp:${job.phone}`,
    NumSegments: '1',
    ReferralNumMedia: '0',
    MessageSid: sid,
    AccountSid: job.accountSid,
    ChannelMetadata: '{"type":"whatsapp","data":{"context":{"ProfileName":"Customer","WaId":"0"}}}',
    From: `whatsapp:+${contact}`,
    ApiVersion: '2010-04-01',
  }).toString();
}

function headers(job: LoadJob, text: string): Record<string, string> {
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': signTwilio(job.authToken, job.publicUrl, Buffer.from(text)),
  };
}

/** One HTTP/1.1 request, ready to be written to a socket. */
function rawRequest(job: LoadJob, n: number): Buffer {
  const { host, pathname } = new URL(job.url);
  const text = body(job, n);
  const head = Object.entries({ host, ...headers(job, text), 'content-length': Buffer.byteLength(text) });
  return Buffer.from(`POST ${pathname} HTTP/1.1\r\n${head.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${text}`);
}

/** Status and length of the answer at the start of `received`; null while it is not complete. */
function answerIn(received: string): { status: number; length: number } | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const size = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end));
  if (!size) throw new Error(`an answer without a length:\n${received.slice(0, end)}`);
  const length = end + 4 + Number(size[1]);
  return received.length < length ? null : { status: Number(received.slice(9, 12)), length };
}

/**
 * As fast as it goes, over sockets of its own: everything is signed and put together before the clock starts, so that the generator
 * takes as little as possible of the machine it shares with the server (a client library takes as much as the server itself).
 */
async function flood(job: LoadJob): Promise<LoadResult> {
  const requests = Array.from({ length: job.amount }, (_, i) => rawRequest(job, job.first + i));
  const { hostname, port } = new URL(job.url);
  const latencies: number[] = [];
  let failed = 0;
  let next = 0;
  const sockets = await Promise.all(
    Array.from({ length: job.connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      return socket.setEncoding('latin1');
    }),
  );
  const started = performance.now();
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          let received = '';
          let sent = 0;
          const send = () => {
            if (next >= requests.length) {
              socket.destroy();
              resolve();
              return;
            }
            sent = performance.now();
            socket.write(requests[next++]!);
          };
          socket.on('data', (chunk: string) => {
            received += chunk;
            const answer = answerIn(received);
            if (!answer) return;
            received = received.slice(answer.length);
            if (answer.status === 200) latencies.push(performance.now() - sent);
            else failed++;
            send();
          });
          socket.on('error', reject);
          socket.on('end', () => reject(new Error('the server closed a connection')));
          send();
        }),
    ),
  );
  return resultOf(latencies, failed, started);
}

function resultOf(latencies: number[], failed: number, started: number): LoadResult {
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: latencies.length / seconds,
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    ok: latencies.length,
    failed,
  };
}

/** One request every `1 / rate` seconds, whether or not the earlier ones were answered; latency counts from the planned moment. */
async function steady(job: LoadJob): Promise<LoadResult> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: job.connections });
  const texts = Array.from({ length: job.amount }, (_, i) => body(job, job.first + i));
  const ready = texts.map((text) => headers(job, text));
  const latencies: number[] = [];
  let failed = 0;
  const post = (i: number, due: number) =>
    new Promise<void>((resolve) => {
      const request = http.request(job.url, { method: 'POST', agent, headers: ready[i]! }, (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 200) latencies.push(performance.now() - due);
          else failed++;
          resolve();
        });
      });
      request.on('error', () => {
        failed++;
        resolve();
      });
      request.end(texts[i]!);
    });
  const started = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; i < job.amount; ) {
    const due = started + (i * 1000) / job.rate;
    if (performance.now() >= due) pending.push(post(i++, due));
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  agent.destroy();
  return resultOf(latencies, failed, started);
}

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LoadJob;
console.log(JSON.stringify(await (job.rate > 0 ? steady(job) : flood(job))));
