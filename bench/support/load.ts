/**
 * The load generator, a process of its own: `node load.ts <job.json>` posts signed, unique Twilio webhooks and prints what it saw as
 * one line of JSON.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import autocannon from 'autocannon';
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

/** As fast as it goes. */
async function flood(job: LoadJob): Promise<LoadResult> {
  const each = Math.floor(job.amount / job.connections);
  let next = job.first;
  const result = await autocannon({
    url: job.url,
    connections: job.connections,
    amount: each * job.connections,
    timeout: 30,
    setupClient(client) {
      client.setRequests(
        Array.from({ length: each }, () => {
          const text = body(job, next++);
          return { method: 'POST' as const, path: new URL(job.url).pathname, headers: headers(job, text), body: text };
        }),
      );
    },
  });
  return {
    requestsPerSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    ok: result['2xx'],
    failed: result.non2xx + result.errors + result.timeouts,
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
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: latencies.length / ((performance.now() - started) / 1000),
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    ok: latencies.length,
    failed,
  };
}

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LoadJob;
console.log(JSON.stringify(await (job.rate > 0 ? steady(job) : flood(job))));
