import type { Twilio } from 'twilio';
import { BoundedCache } from '../cache.ts';
import { baseUrlOf } from '../check.ts';
import { within } from '../failure.ts';
import type { ProviderAccount } from '../provider.ts';

/** One answer of Twilio's REST API, whatever its status. */
export interface TwilioAnswer {
  status: number;
  headers: Record<string, unknown>;
  /** The JSON body, or an empty object. */
  body: Record<string, unknown>;
}

/** Twilio's own API host; a base URL of the account replaces it in each request. */
export const TWILIO_API = 'https://api.twilio.com';
/** The host that knows WhatsApp senders and shows who is typing. */
export const MESSAGING_API = 'https://messaging.twilio.com';
/** The host that keeps templates. */
export const CONTENT_API = 'https://content.twilio.com';

/** Connections kept open to one host. Twilio limits concurrency, not rate. */
const MAX_SOCKETS = 20;

type Sdk = typeof import('twilio');
type Pool = InstanceType<Sdk['RequestClient']>;

const clients = new BoundedCache<Promise<Twilio>>(64);
const pools = new BoundedCache<Promise<Pool>>(16);

/** The SDK takes a fifth of a second and 36 MB to load, so it is loaded for the first request only. */
let sdk: Promise<Sdk> | undefined;

function loadSdk(): Promise<Sdk> {
  sdk ??= import('twilio').then((module) => module.default as unknown as Sdk);
  return sdk;
}

/**
 * One request to the REST API with the client's credentials. `path` starts at the API's root and is already encoded; `timeout`
 * in ms; what is posted is a form unless `type` says otherwise. Resolves for every HTTP status.
 * @throws a network error whose only harmless part is its `code`
 */
export async function twilioRequest(
  client: Twilio,
  method: 'get' | 'post',
  path: string,
  values: Record<string, unknown>,
  timeout: number,
  host = TWILIO_API,
  type: 'form' | 'json' = 'form',
): Promise<TwilioAnswer> {
  const uri = host + path;
  const sent =
    method === 'post'
      ? client.request({ method, uri, timeout, data: values, headers: { 'Content-Type': CONTENT_TYPES[type] } })
      : client.request({ method, uri, timeout, params: values });
  // The socket's own time-out fires first, unless the server keeps the answer dripping.
  const answer = (await within(sent, timeout + 500)) as { statusCode: number; headers?: object; body?: unknown };
  return { status: answer.statusCode, headers: { ...answer.headers }, body: asObject(answer.body) };
}

const CONTENT_TYPES = { form: 'application/x-www-form-urlencoded', json: 'application/json' };

/**
 * The SDK's client of an account, made once.
 * @throws if the SDK does not accept the Account SID
 */
export function clientOf(account: ProviderAccount): Promise<Twilio> {
  const { accountSid, authToken, baseUrl = '' } = account;
  return clients.get(`${baseUrl}\n${accountSid}\n${authToken}`, async () => {
    const [{ Twilio: Client }, httpClient] = await Promise.all([loadSdk(), poolOf(baseUrl)]);
    return new Client(accountSid, authToken, { httpClient });
  });
}

/** One connection pool per API host; the credentials go with each call. */
function poolOf(baseUrl: string): Promise<Pool> {
  return pools.get(baseUrl, async () => {
    const { RequestClient } = await loadSdk();
    const pool = new RequestClient({ maxSockets: MAX_SOCKETS });
    bound(pool);
    const base = baseUrlOf(baseUrl);
    if (base) await redirect(pool, base);
    return pool;
  });
}

/** Bytes that an answer may have when it is unpacked. */
const MAX_ANSWER = 8_000_000;

/** An answer that has no end is no answer; the SDK would go on reading it. */
function bound(pool: Pool): void {
  const { defaults, interceptors } = pool.axios;
  defaults.maxContentLength = MAX_ANSWER;
  interceptors.request.use((config) => {
    config.signal ??= AbortSignal.timeout((config.timeout ?? 30_000) + 250);
    return config;
  });
}

/** The SDK has no base URL: the host is replaced last, after TWILIO_EDGE and TWILIO_REGION had their say. */
async function redirect(pool: Pool, base: URL): Promise<void> {
  const prefix = base.origin + base.pathname.replace(/\/+$/, '');
  pool.axios.interceptors.request.use((config) => {
    const { pathname, search } = new URL(config.url ?? '/', TWILIO_API);
    config.url = prefix + pathname + search;
    return config;
  });
  if (base.protocol === 'http:') {
    // The SDK pools https only.
    const { Agent } = await import('node:http');
    pool.axios.defaults.httpAgent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  }
}

function asObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  if (typeof body !== 'string') return {};
  try {
    return asObject(JSON.parse(body) as object);
  } catch {
    // Gateways in between answer with HTML.
    return {};
  }
}

/** The path of the account's messages, or of what is under them. */
export function messagesPath(account: ProviderAccount, rest = ''): string {
  return `/2010-04-01/Accounts/${encodeURIComponent(account.accountSid)}/Messages${rest}.json`;
}
