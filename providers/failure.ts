import type { FailureReason, ProviderAccount, SendResult } from './provider.ts';

/** Raised by calls other than `send` (which never throws): what went wrong, in words that are safe to log. */
export class ProviderError extends Error {
  readonly code: string;
  readonly reason: FailureReason;

  constructor(code: string, reason: FailureReason, message: string) {
    super(message);
    this.name = 'ProviderError';
    this.code = code;
    this.reason = reason;
  }
}

/** What an HTTP answer that is no success says, already mapped by the provider. */
export interface Refusal {
  status: number;
  /** The provider's own code, if it gave one. */
  code?: string | number;
  reason: FailureReason;
  message?: string;
  /** The `Retry-After` header. */
  retryAfter?: unknown;
  /** Given if the code says that nothing was processed, whatever the status: the seconds to wait if the header does not say. */
  wait?: number | undefined;
  /** A rate limit that concerns this recipient only. */
  contactOnly?: boolean;
  /** Secrets of this call that the account does not hold. */
  secrets?: string[];
}

/** Shown instead of a secret. */
const MASK = '***';

/**
 * Takes every secret of the account out of a text and shortens it: gateways and emulators are known to echo request headers
 * in their error texts. `more` are secrets the account does not hold, such as a fetched token.
 */
export function redact(account: ProviderAccount, text: string, more: string[] = []): string {
  let safe = text;
  for (const secret of secretsOf(account, more)) safe = safe.replaceAll(secret, MASK);
  safe = safe.replace(/\b(Basic|Bearer)\s+[\w+/=.~-]{4,}/gi, `$1 ${MASK}`);
  return safe.length > 300 ? `${safe.slice(0, 299)}…` : safe;
}

function secretsOf(account: ProviderAccount, more: string[]): string[] {
  const { accountSid, authToken, webhookSecret, verifyToken } = account;
  const secrets = [
    ...more,
    Buffer.from(`${accountSid}:${authToken}`).toString('base64'),
    Buffer.from(authToken ?? '').toString('base64'),
    authToken,
    accountSid,
    ...(authToken ?? '').split(':'),
    webhookSecret,
    verifyToken,
  ];
  // Very short pieces would shred ordinary words without hiding anything.
  return secrets.filter((secret): secret is string => typeof secret === 'string' && secret.length >= 4);
}

/** A code that is safe to store and to switch on, or `fallback`. */
export function safeCode(code: unknown, fallback: string): string {
  const text = typeof code === 'number' || typeof code === 'string' ? String(code) : '';
  return /^[\w.-]{1,40}$/.test(text) ? text : fallback;
}

/** Seconds to wait from a `Retry-After` header (seconds or an HTTP date), at least 1 and at most one hour. */
export function retryAfterSeconds(header: unknown, fallback: number, now = Date.now()): number {
  const text = Array.isArray(header) ? header[0] : header;
  if (typeof text !== 'string' && typeof text !== 'number') return fallback;
  const seconds = /^\s*\d+\s*$/.test(String(text)) ? Number(text) : (Date.parse(String(text)) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(1, Math.ceil(seconds))) : fallback;
}

/**
 * The outcome of a send that was answered with an error. 429, and what the provider's code says was not processed, may be repeated;
 * 408 and 5xx may have been processed; everything else is a final no.
 */
export function refused(account: ProviderAccount, provider: string, refusal: Refusal): SendResult {
  const { status, reason, secrets, wait } = refusal;
  const code = safeCode(redact(account, String(refusal.code ?? ''), secrets), `http_${status}`);
  const said = refusal.message ? redact(account, refusal.message, secrets) : `HTTP ${status}`;
  if (wait === undefined && (status === 408 || status >= 500)) {
    return { outcome: 'ambiguous', code, message: `${provider} could not say whether it took the message: ${said}` };
  }
  const message = `${provider} refused the message: ${said}`;
  if (wait === undefined && status !== 429) return { outcome: 'rejected', code, reason, message, retry: false };
  const retryAfter = retryAfterSeconds(refusal.retryAfter, wait ?? 1);
  return {
    outcome: 'rejected',
    code,
    reason,
    message,
    retry: true,
    retryAfter,
    ...(refusal.contactOnly && { contactOnly: true }),
  };
}

/** The outcome when the account's configuration does not even allow a request. */
export function unusable(provider: string, code: string, why: string): SendResult {
  return { outcome: 'rejected', code, reason: 'account', message: `${provider} cannot be used: ${why}`, retry: false };
}

/** The outcome where a provider would have to fetch a file from us and we have no public address. */
export function withoutLink(provider: string): SendResult {
  return unusable(provider, 'domain_missing', 'it fetches files from here, which needs the domain of the account');
}

/** Failures before any byte of the request left that only another configuration will end. */
const MISCONFIGURED = new Set([
  'ERR_INVALID_URL',
  'ERR_INVALID_CHAR',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Failures before any byte of the request left: the message is known not to have been processed. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/**
 * The outcome of a send that got no answer. Only the error's code is read: the error itself carries the request with its
 * Authorization header. `timeout` in ms.
 */
export function unanswered(provider: string, error: unknown, timeout: number): SendResult {
  const code = networkCode(error);
  if (MISCONFIGURED.has(code)) return unusable(provider, code, `no connection can be made (${code})`);
  if (NOT_CONNECTED.has(code)) {
    const message = `${provider} cannot be reached (${code})`;
    return { outcome: 'rejected', code, reason: 'temporary', message, retry: true, retryAfter: 5 };
  }
  if (TIMED_OUT.has(code)) {
    return { outcome: 'ambiguous', code: 'timeout', message: `${provider} gave no answer within ${timeout} ms` };
  }
  return { outcome: 'ambiguous', code, message: `the connection to ${provider} broke before an answer came (${code})` };
}

const TIMED_OUT = new Set(['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED', 'ABORT_ERR', 'TIMEOUT']);

/** The code of a network error, `network` if it has none that is safe to show. */
export function networkCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? code : 'network';
}

/** Resolves as `work` does, or rejects with code `TIMEOUT` after `ms`; a server that drips bytes must not hold a sender for ever. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
