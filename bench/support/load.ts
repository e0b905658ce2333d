/**
 * The load generator, a process of its own: `node load.ts <job.json>` posts signed, unique Twilio webhooks and prints what it saw as
 * one line of JSON.
 */
import { readFileSync } from 'node:fs';
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
  seconds: number;
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

async function run(job: LoadJob): Promise<LoadResult> {
  const each = Math.floor(job.amount / job.connections);
  let next = job.first;
  const started = performance.now();
  const result = await autocannon({
    url: job.url,
    connections: job.connections,
    amount: each * job.connections,
    ...(job.rate > 0 ? { overallRate: job.rate } : {}),
    timeout: 30,
    setupClient(client) {
      const requests = Array.from({ length: each }, () => {
        const text = body(job, next++);
        return {
          method: 'POST' as const,
          path: new URL(job.url).pathname,
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'x-twilio-signature': signTwilio(job.authToken, job.publicUrl, Buffer.from(text)),
          },
          body: text,
        };
      });
      client.setRequests(requests);
    },
  });
  return {
    requestsPerSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    ok: result['2xx'],
    failed: result.non2xx + result.errors + result.timeouts,
    seconds: (performance.now() - started) / 1000,
  };
}

console.log(JSON.stringify(await run(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LoadJob)));
