/** Fetches a file from an address that somebody else wrote: only from where that is harmless, and only as much as was agreed. */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { AddressRefused, isPublicAddress, publicLookup } from './addresses.ts';

export interface DownloadOptions {
  /** Origins that are configured here: they may be in a private network. */
  trusted?(url: URL): boolean;
  /** Headers of the first request; redirects are followed without them. */
  headers?: Record<string, string>;
  /** Bytes. */
  limit: number;
  /** ms for everything, from the first connection to the last byte. */
  timeout: number;
  signal?: AbortSignal;
}

export interface Download {
  contentType: string;
  fileName: string;
  /** Ends with `DownloadFailed` if it is too long or too slow. */
  body: AsyncIterable<Buffer>;
}

/** Why a file could not be fetched. `code`: a stable word; `retry`: it may pass. */
export class DownloadFailed extends Error {
  readonly code: string;
  readonly retry: boolean;
  constructor(code: string, retry: boolean, message: string) {
    super(message);
    this.name = 'DownloadFailed';
    this.code = code;
    this.retry = retry;
  }
}

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Answers after which another attempt may go well: not there yet, not allowed at the moment, too much at once. */
const PASSING = new Set([401, 403, 404, 408, 409, 423, 425, 429]);
/** ms without a byte. */
const SILENCE = 30_000;

/** @throws DownloadFailed */
export async function download(address: string, options: DownloadOptions): Promise<Download> {
  const timer = AbortSignal.timeout(options.timeout);
  const signal = options.signal ? AbortSignal.any([options.signal, timer]) : timer;
  let url = checked(URL.parse(address), null, options);
  let headers = options.headers ?? {};
  for (let redirects = 0; ; redirects++) {
    const answer = await request(url, headers, options, signal).catch((error: unknown) => {
      throw failureOf(error, timer);
    });
    const status = answer.statusCode ?? 0;
    if (!REDIRECTS.has(status)) return opened(answer, status, options, timer);
    answer.destroy();
    if (redirects === MOST_REDIRECTS)
      throw new DownloadFailed('too_many_redirects', false, 'The address leads from one to the next without an end.');
    url = checked(URL.parse(answer.headers.location ?? '', url), url, options);
    headers = {};
  }
}

/** Refuses what is no address of a public file. `from`: what led there. */
function checked(url: URL | null, from: URL | null, { trusted }: DownloadOptions): URL {
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password)
    throw new DownloadFailed('address_invalid', false, 'The address is none of a file: https://… is expected.');
  if (trusted?.(url)) return url;
  if (from?.protocol === 'https:' && url.protocol === 'http:')
    throw new DownloadFailed('address_refused', false, 'The address leads from https to http, which is refused.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refusedAddress();
  return url;
}

const refusedAddress = (): DownloadFailed => new DownloadFailed('address_refused', false, new AddressRefused().message);

function request(
  url: URL,
  headers: Record<string, string>,
  { trusted }: DownloadOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http;
    const asked = client.get(
      url,
      {
        // No connection is shared: one that was made for a trusted address stays with it.
        agent: false,
        signal,
        timeout: SILENCE,
        headers: { ...headers, Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'whatsapp-connector' },
        ...(trusted?.(url) ? {} : { lookup: publicLookup }),
      },
      resolve,
    );
    asked.on('timeout', () => asked.destroy(new DownloadFailed('timeout', true, 'The file’s server fell silent.')));
    asked.on('error', reject);
  });
}

function opened(answer: IncomingMessage, status: number, options: DownloadOptions, timer: AbortSignal): Download {
  const refuse = (code: string, retry: boolean, message: string): never => {
    answer.destroy();
    throw new DownloadFailed(code, retry, message);
  };
  if (status !== 200) {
    const retry = PASSING.has(status) || status >= 500;
    refuse(`http_${status}`, retry, `The file’s server answered ${status}.`);
  }
  const { headers } = answer;
  // Unpacked it could be of any size.
  if (!/^(identity)?$/i.test(String(headers['content-encoding'] ?? '').trim()))
    refuse('encoded', false, 'The file comes packed, which was not asked for.');
  if (Number(headers['content-length'] ?? 0) > options.limit) refuse('too_large', false, tooLarge(options.limit));
  return {
    contentType: String(headers['content-type'] ?? ''),
    fileName: nameIn(String(headers['content-disposition'] ?? '')),
    body: limited(answer, options.limit, timer),
  };
}

const tooLarge = (limit: number): string => `The file has more than ${Math.floor(limit / 1024 / 1024)} MB.`;

async function* limited(answer: IncomingMessage, limit: number, timer: AbortSignal): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new DownloadFailed('too_large', false, tooLarge(limit));
      yield chunk;
    }
    if (!answer.complete) throw new DownloadFailed('cut_off', true, 'The file’s server broke off.');
  } catch (error) {
    throw failureOf(error, timer);
  } finally {
    answer.destroy();
  }
}

/** What leaves says nothing that the other side wrote. */
function failureOf(error: unknown, timer: AbortSignal): DownloadFailed {
  if (error instanceof DownloadFailed) return error;
  if (timer.aborted) return new DownloadFailed('timeout', true, 'The file did not come in time.');
  if (error instanceof AddressRefused) return refusedAddress();
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? code : 'network';
  return new DownloadFailed(known, true, `The file’s server cannot be reached (${known}).`);
}

/** The name in a Content-Disposition, in its plain or its extended form. */
export function nameIn(disposition: string): string {
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // Falls back to the plain form.
    }
  }
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition);
  const quoted = plain?.[1]?.replace(/\\(.)/g, '$1');
  // Node.js reads headers as Latin-1; most servers write UTF-8.
  return Buffer.from(quoted ?? plain?.[2] ?? '', 'latin1').toString('utf8');
}
