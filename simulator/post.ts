import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookOutcome, WebhookRequest } from './types.ts';

/** How long to wait and what to try again. Times in ms. */
export interface DeliveryRules {
  connectTimeout: number;
  totalTimeout: number;
  /** Pause before each retry; its length is the number of retries. */
  retries: number[];
  retryOn: (outcome: { status: number; error?: string }) => boolean;
}

const CONNECT_ERRORS = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNECT_TIMEOUT',
]);

/**
 * Twilio's rules: connect 5 s, 15 s in all, one retry when no connection came about; changed by the fragment of the URL
 * (`#ct=…&tt=…&rc=0..5&rp=4xx,5xx,ct,rt,all`). Source: Twilio, "Webhooks (HTTP callbacks): connection overrides".
 */
export function twilioRules(url: string): DeliveryRules {
  const overrides = new URLSearchParams(new URL(url).hash.slice(1));
  const number = (name: string, low: number, high: number, otherwise: number) => {
    const value = Number(overrides.get(name) ?? Number.NaN);
    return Number.isInteger(value) ? Math.min(high, Math.max(low, value)) : otherwise;
  };
  const policy = (overrides.get('rp') ?? 'ct').split(',');
  const on = (name: string) => policy.includes(name) || policy.includes('all');
  return {
    connectTimeout: number('ct', 100, 10_000, 5000),
    totalTimeout: number('tt', 100, 15_000, 15_000),
    retries: [200, 400, 800, 1600, 3200].slice(0, number('rc', 0, 5, 1)),
    retryOn: ({ status, error }) =>
      (status >= 500 && on('5xx')) ||
      (status >= 400 && status < 500 && on('4xx')) ||
      (error !== undefined && (CONNECT_ERRORS.has(error) ? on('ct') : on('rt'))),
  };
}

/** Sinch repeats on 5xx, 429 and without an answer, at growing intervals; its schedule is not published, this one is short. */
export const SINCH_RULES: DeliveryRules = {
  connectTimeout: 5000,
  totalTimeout: 15_000,
  retries: [1000, 2000, 4000],
  retryOn: ({ status, error }) => error !== undefined || status >= 500 || status === 429,
};

/** Meta repeats whatever is not answered with success, for a week at growing intervals; this one gives up soon. */
export const META_RULES: DeliveryRules = {
  connectTimeout: 5000,
  totalTimeout: 10_000,
  retries: [500, 1000, 2000],
  retryOn: ({ status }) => status < 200 || status >= 300,
};

/** Delivers webhooks over kept-alive connections of its own. */
export class Courier {
  private readonly agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 256 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 256 }),
  };
  private readonly stop = new AbortController();

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** Calls until it is answered or the rules give up. Never throws: no answer is status 0 and an error code. */
  async deliver(request: WebhookRequest, rules: DeliveryRules): Promise<WebhookOutcome> {
    const started = performance.now();
    for (let attempt = 0; ; attempt++) {
      const answer = await this.call(request, rules);
      const pause = rules.retries[attempt];
      if (pause === undefined || this.stop.signal.aborted || !rules.retryOn(answer)) {
        return { ...answer, ms: Math.round(performance.now() - started), attempts: attempt + 1 };
      }
      await sleep(pause, undefined, { signal: this.stop.signal }).catch(() => undefined);
    }
  }

  /** Cuts everything that is under way. */
  close(): void {
    this.stop.abort();
    this.agents['http:'].destroy();
    this.agents['https:'].destroy();
  }

  private call(
    request: WebhookRequest,
    rules: DeliveryRules,
  ): Promise<{ status: number; body: string; error?: string }> {
    const url = new URL(request.url);
    const secure = url.protocol === 'https:';
    return new Promise((resolve) => {
      let answered = false;
      const done = (outcome: { status: number; body: string; error?: string }) => {
        clearTimeout(connecting);
        clearTimeout(total);
        if (!answered) resolve(outcome);
        answered = true;
      };
      const call = (secure ? https : http).request(
        url,
        {
          method: request.method,
          agent: this.agents[secure ? 'https:' : 'http:'],
          headers: { ...request.headers, 'content-length': Buffer.byteLength(request.body) },
          signal: this.stop.signal,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
          });
          response.on('error', (error: NodeJS.ErrnoException) => {
            done({ status: 0, body: '', error: error.code ?? 'ECONNRESET' });
          });
        },
      );
      const giveUp = (code: string) => {
        done({ status: 0, body: '', error: code });
        call.destroy();
      };
      const connecting = setTimeout(() => giveUp('ECONNECT_TIMEOUT'), rules.connectTimeout);
      const total = setTimeout(() => giveUp('ETIMEDOUT'), rules.totalTimeout);
      call.on('socket', (socket) => {
        if (!socket.connecting) clearTimeout(connecting);
        else socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
      });
      call.on('error', (error: NodeJS.ErrnoException) => {
        done({ status: 0, body: '', error: error.code ?? error.name });
      });
      call.end(request.body);
    });
  }
}

/** What an outcome means to the person at the phone. Null for success. */
export function inPlainWords(outcome: { status: number; error?: string }, url: string): string | null {
  const host = new URL(url).host;
  const { status, error } = outcome;
  if (status >= 200 && status < 300) return null;
  if (error === 'ECONNREFUSED') return `Nobody answers at ${host}. Is Node-RED running?`;
  if (error === 'ENOTFOUND' || error === 'EAI_AGAIN')
    return `The name ${host} is not known. Check the account’s domain.`;
  if (error === 'ETIMEDOUT' || error === 'ECONNECT_TIMEOUT') return `${host} did not answer in time.`;
  if (error === 'ECONNRESET') return `${host} closed the connection without an answer.`;
  if (error === 'ABORT_ERR') return 'The simulator was stopped.';
  if (error) return `${host} could not be reached (${error}).`;
  if (status === 401) return 'Node-RED asks for a login (401). Webhooks need to get past it.';
  if (status === 403) return 'The signature was refused (403). Check the account’s token, secret and domain.';
  if (status === 404) return 'Node-RED does not know this Receive URL (404). Deploy the account again.';
  if (status === 413) return 'The message is too big (413).';
  if (status === 503) return 'The account is not deployed, or its store is down (503).';
  if (status >= 500) return `Node-RED had an error (${status}). Its log says more.`;
  return `Node-RED answered ${status}.`;
}
