/** Checks of single values, used by validators and dialogs. Each answers with the key of a reason, or null if the value is right. */
import { MAX_SECONDS } from './coerce.ts';

/** True for `${NAME}`: the runtime fills it, so nothing can be said about it before. */
export function isEnvironment(value: unknown): boolean {
  return typeof value === 'string' && /^\$[({][A-Za-z_]\w*[)}]$/.test(value.trim());
}

/** Whole number in the range. */
export function wholeNumber(value: unknown, min: number, max: number): 'number' | null {
  const written = String(value ?? '').trim();
  return /^\d+$/.test(written) && Number(written) >= min && Number(written) <= max ? null : 'number';
}

/** Seconds a step waits: from `min` (0 = for ever where that is allowed) to about 24 days, the longest timer. */
export function seconds(value: unknown, min: 0 | 1): 'secondsFromZero' | 'seconds' | null {
  if (wholeNumber(value, min, MAX_SECONDS) === null) return null;
  return min === 0 ? 'secondsFromZero' : 'seconds';
}

/** E.164 with plus; spaces, brackets and dashes are allowed, they are taken out when the node loads. */
export function phone(value: unknown): 'phoneRequired' | 'phone' | null {
  const written = String(value ?? '').replace(/[\s().-]/g, '');
  if (written === '') return 'phoneRequired';
  return /^\+[1-9]\d{6,14}$/.test(written) ? null : 'phone';
}

/** An absolute http(s) URL without query, fragment or login. Empty is right. */
export function baseUrl(value: unknown): 'url' | null {
  const written = String(value ?? '').trim();
  if (written === '') return null;
  const url = parse(written);
  if (!url || !/^https?:$/.test(url.protocol)) return 'url';
  return url.search || url.hash || url.username || url.password ? 'url' : null;
}

/** Why a provider could not reach this address, or null. Empty is right. */
export function unreachable(value: unknown): 'domainLoopback' | 'domainPrivate' | 'domainPlain' | null {
  const written = String(value ?? '').trim();
  const url = written === '' ? null : parse(written);
  if (!url) return null;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(host)) return 'domainLoopback';
  if (isPrivate(host)) return 'domainPrivate';
  return url.protocol === 'http:' ? 'domainPlain' : null;
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || /^127\./.test(host) || host === '::1' || host === '0.0.0.0'
  );
}

/** RFC 1918, link-local, carrier-grade NAT, unique local IPv6, and names that no public resolver knows. */
function isPrivate(host: string): boolean {
  if (/^10\./.test(host) || /^192\.168\./.test(host) || /^169\.254\./.test(host)) return true;
  if (/^172\.(1[6-9]|2\d|3[01])\./.test(host) || /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(host)) return true;
  if (/^f[cd][0-9a-f]{2}:/.test(host) || /^fe[89ab][0-9a-f]:/.test(host)) return true;
  return /\.(local|lan|internal|home|intranet)$/.test(host) || (!host.includes('.') && !host.includes(':'));
}

function parse(written: string): URL | null {
  try {
    return new URL(written);
  } catch {
    return null;
  }
}
