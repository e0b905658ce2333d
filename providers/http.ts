import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AxiosInstance } from 'axios';
import { type Json, parseObject } from './json.ts';

/** One HTTP answer, whatever its status. */
export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  /** The JSON body, or an empty object. */
  body: Json;
}

const MAX_SOCKETS = 20;

/** Loaded for the first request only: the HTTP client takes a tenth of a second and 30 MB. */
let client: Promise<AxiosInstance> | undefined;

function loadClient(): Promise<AxiosInstance> {
  client ??= (async () => {
    const [{ default: axios }, http, https] = await Promise.all([
      import('axios'),
      import('node:http'),
      import('node:https'),
    ]);
    const pool = { keepAlive: true, maxSockets: MAX_SOCKETS };
    return axios.create({
      httpAgent: new http.Agent(pool),
      httpsAgent: new https.Agent(pool),
      maxRedirects: 0,
      maxContentLength: 8_000_000,
      maxBodyLength: Number.POSITIVE_INFINITY,
      responseType: 'text',
      transformResponse: [(text: unknown) => text],
      validateStatus: () => true,
    });
  })();
  return client;
}

/**
 * One POST. `timeout` in ms, for the whole answer.
 * @throws a network error whose only harmless part is its `code`
 */
export function post(url: string, body: string, headers: Record<string, string>, timeout: number): Promise<Answer> {
  return call('POST', url, body, headers, timeout);
}

/**
 * One request with a body, otherwise like `post`.
 * @throws a network error whose only harmless part is its `code`
 */
export function request(
  method: 'POST' | 'PATCH',
  url: string,
  body: string,
  headers: Record<string, string>,
  timeout: number,
): Promise<Answer> {
  return call(method, url, body, headers, timeout);
}

/**
 * One GET, otherwise like `post`.
 * @throws a network error whose only harmless part is its `code`
 */
export function get(url: string, headers: Record<string, string>, timeout: number): Promise<Answer> {
  return call('GET', url, undefined, headers, timeout);
}

/**
 * One POST of a form with a file, which is read while it is sent.
 * @throws a network error whose only harmless part is its `code`
 */
export function upload(
  url: string,
  fields: Record<string, string>,
  file: { contentType: string; fileName: string; size: number; content: Readable },
  headers: Record<string, string>,
  timeout: number,
): Promise<Answer> {
  const boundary = `----${randomBytes(18).toString('hex')}`;
  const part = (name: string, rest: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${rest}`;
  const texts = Object.entries(fields).map(([name, value]) => `${part(name, '')}\r\n\r\n${value}\r\n`);
  // What could end the quotation or the line is escaped as browsers do it.
  const name = file.fileName.replace(/["\r\n]/g, encodeURIComponent);
  const open = part('file', `; filename="${name}"\r\nContent-Type: ${file.contentType.replace(/[\r\n]/g, '')}\r\n\r\n`);
  const head = Buffer.from(texts.join('') + open);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const all = async function* () {
    yield head;
    yield* file.content;
    yield tail;
  };
  const about = {
    ...headers,
    'Content-Type': `multipart/form-data; boundary=${boundary}`,
    'Content-Length': String(head.length + file.size + tail.length),
  };
  return call('POST', url, Readable.from(all()), about, timeout);
}

async function call(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  data: string | Readable | undefined,
  headers: Record<string, string>,
  timeout: number,
): Promise<Answer> {
  const http = await loadClient();
  const signal = AbortSignal.timeout(timeout);
  const answer = await http.request<unknown>({ method, url, data, headers, signal });
  const text = typeof answer.data === 'string' ? answer.data : '';
  return { status: answer.status, headers: { ...answer.headers }, body: parseObject(text) ?? {} };
}
