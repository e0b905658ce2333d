/** JSON over plain Node requests: reading bodies, writing answers and errors. Works with and without Express around it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CoreError } from '../core/api.ts';
import type { Log } from './log.ts';

/** A refusal of the HTTP layer itself; the core's are `CoreError`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly headers: Record<string, string>;
  constructor(status: number, code: string, message: string, details?: unknown, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** Bytes a JSON body may have. */
export const BODY_LIMIT = 1024 * 1024;
/** Bytes of a refused body that are still read and dropped, so that the client gets to read the answer. */
const DRAIN_LIMIT = 8 * BODY_LIMIT;

/** Raised when the client went away in the middle of its body: there is nobody left to answer. */
export class ClientGone extends Error {}

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  if (res.headersSent || res.destroyed) return;
  const body = Buffer.from(JSON.stringify(value));
  res.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  res.end(body);
}

export function sendNothing(res: ServerResponse, status = 204, headers: Record<string, string> = {}): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { 'Cache-Control': 'no-store', ...headers });
  res.end();
}

/** Answers a failure: refusals with their code, anything else as 500 `internal`, whose cause goes to the log only. */
export function sendError(res: ServerResponse, problem: unknown, log: Log, what: string): void {
  if (problem instanceof ClientGone) return;
  if (problem instanceof ApiError || problem instanceof CoreError) {
    const { code, message, details } = problem;
    const error = details === undefined || details === null ? { code, message } : { code, message, details };
    sendJson(res, problem.status, { error }, problem instanceof ApiError ? problem.headers : {});
    return;
  }
  log.error(`${what}: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}`);
  sendJson(res, 500, { error: { code: 'internal', message: 'Something went wrong; the log of the server says what' } });
}

/** A request that may have passed a body parser. */
export interface MaybeParsed extends IncomingMessage {
  _body?: unknown;
  body?: unknown;
}

/**
 * The JSON body: what an earlier parser made of it (with Node-RED's default roots the admin app's parser comes first), else read
 * here. undefined if there is none. Throws `ApiError` 400 `invalid_json`, 413 `too_large`, 415 `unsupported_media_type`.
 */
export async function readJson(req: MaybeParsed): Promise<unknown> {
  const empty = req.headers['transfer-encoding'] === undefined && Number(req.headers['content-length'] ?? 0) === 0;
  if (empty) return undefined;
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw new ApiError(415, 'unsupported_media_type', 'The body must be JSON (Content-Type: application/json)');
  }
  if (Number(req.headers['content-length'] ?? 0) > BODY_LIMIT) {
    drain(req);
    throw tooLarge();
  }
  if (req._body || req.readableEnded) {
    const parsed = req.body;
    if (typeof parsed === 'string' || Buffer.isBuffer(parsed)) return parse(parsed.toString());
    return parsed;
  }
  return parse(await readText(req));
}

function tooLarge(): ApiError {
  return new ApiError(413, 'too_large', `A body may have at most ${BODY_LIMIT} bytes`);
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'invalid_json', 'The body is not valid JSON');
  }
}

/** The body as text. Throws `ApiError` 413 `too_large`. */
export function readText(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) {
        chunks.push(chunk);
        return;
      }
      req.off('data', onData);
      drain(req);
      reject(tooLarge());
    };
    req.on('data', onData);
    req.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    req.on('error', () => reject(new ClientGone()));
    req.on('close', () => reject(new ClientGone()));
  });
}

/** Reads and drops what still comes; cuts the connection if it does not end. */
export function drain(req: IncomingMessage, limit = DRAIN_LIMIT): void {
  let dropped = 0;
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > limit) req.destroy();
  });
  req.on('error', () => {});
  req.resume();
}
