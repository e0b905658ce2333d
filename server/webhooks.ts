/**
 * The webhooks of the providers: the hot path. Raw Node, no Express features: it stands in front of the root app's stack, before
 * body parsers and logins, because signatures are over the raw bytes and a provider cannot log in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CoreError, type Engine } from '../core/api.ts';
import type { Provider, ProviderAccount, WebhookAnswer, WebhookRequest } from '../providers/provider.ts';
import { UnreadableWebhook } from '../providers/provider.ts';
import { type Log, throttled } from './log.ts';
import { type Middleware, rootPrefix } from './mount.ts';
import { sameSecret } from './secrets.ts';

export { mountFirst } from './mount.ts';

/** An account as a webhook needs it. */
export interface WebhookAccount {
  /** Id in the store. */
  id: string;
  key: string;
  proxyToken: string;
  provider: Provider;
  account: ProviderAccount;
  /** The configured public base URL with the path of httpNodeRoot; with or without a slash at its end. What providers sign over. */
  publicUrl: string;
}

export interface WebhookDeps {
  /** Path of the public app, e.g. `/` or `/nodes/`. */
  httpNodeRoot: string;
  /**
   * The account as last known: an account that was deployed keeps receiving while flows restart. `starting`, `unavailable`: which
   * accounts there are is not known, because flows have not started yet, or the store does not open.
   */
  account(id: string): WebhookAccount | 'unknown' | 'undeployed' | 'starting' | 'unavailable';
  engine: Pick<Engine, 'run'>;
  log: Log;
  /** Epoch ms. */
  now(): number;
}

/** Bytes a webhook may have. */
export const WEBHOOK_LIMIT = 1024 * 1024;
/** Bytes of a refused body that are read and dropped, so that the sender gets to read the answer, before the connection is cut. */
const DRAIN_LIMIT = 8 * WEBHOOK_LIMIT;
/** Seconds after which a provider may try again. */
const RETRY_AFTER = 5;

/** Path below httpNodeRoot. */
export const WEBHOOK_PATH = '/whatsapp/webhooks/';

/** The Receive URL of an account: what its owner pastes into the provider's console. */
export function receiveUrl(account: Pick<WebhookAccount, 'id' | 'proxyToken' | 'publicUrl'>): string {
  return `${account.publicUrl.replace(/\/+$/, '')}${WEBHOOK_PATH}${account.id}/${account.proxyToken}`;
}

interface Prepared {
  status: number;
  headers: string[];
  /** Text: Node.js then writes it together with the head. */
  body: string;
}

function prepare(status: number, contentType: string, body: string, extra: string[] = []): Prepared {
  const headers = [
    'Content-Type',
    contentType,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
    ...extra,
  ];
  return { status, headers, body };
}

function refusal(status: number, code: string, message: string, extra: string[] = []): Prepared {
  return prepare(status, 'application/json; charset=utf-8', JSON.stringify({ error: { code, message } }), extra);
}

const RETRY = ['Retry-After', String(RETRY_AFTER)];
const NOT_FOUND = refusal(404, 'not_found', 'No such webhook');
const UNDEPLOYED = refusal(503, 'account_not_deployed', 'The account is not deployed', RETRY);
const STARTING = refusal(503, 'starting', 'The accounts are not known yet', RETRY);
const STORE_DOWN = refusal(503, 'store_unavailable', 'The message could not be stored', RETRY);
const BAD_SIGNATURE = refusal(403, 'bad_signature', 'The signature is wrong');
const BAD_VERIFY_TOKEN = refusal(403, 'bad_verify_token', 'The verify token is wrong');
const UNREADABLE = refusal(400, 'unreadable', 'The body is no webhook of this provider');
const TOO_LARGE = refusal(413, 'too_large', `A webhook may have at most ${WEBHOOK_LIMIT} bytes`);
const CONSUMED = refusal(500, 'body_consumed', 'Another middleware has read the body first');
const POST_ONLY = refusal(405, 'method_not_allowed', 'Only POST is allowed', ['Allow', 'POST']);
const POST_OR_GET = refusal(405, 'method_not_allowed', 'Only POST and GET are allowed', ['Allow', 'POST, GET']);

function send(res: ServerResponse, answer: Prepared): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(answer.status, answer.headers);
  res.end(answer.body);
}

/** Answers at once and drops what still comes of the body, up to a bound. */
function refuse(req: IncomingMessage, res: ServerResponse, answer: Prepared): void {
  send(res, answer);
  if (req.readableEnded) return;
  let dropped = 0;
  req.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > DRAIN_LIMIT) req.destroy();
  });
  req.on('error', ignore);
  req.resume();
}

function ignore(): void {}

/**
 * Reads the body and calls `done` with it, or with null once it is known to be over the limit. A sender that goes away calls nothing:
 * what was not received whole was never acknowledged.
 */
function readBody(req: IncomingMessage, done: (body: Buffer | null) => void): void {
  const length = req.headers['content-length'];
  if (length !== undefined && Number(length) > WEBHOOK_LIMIT) {
    done(null);
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let size = 0;
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    if (size > WEBHOOK_LIMIT) {
      req.off('data', onData);
      req.off('end', onEnd);
      done(null);
    } else if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  };
  const onEnd = () => done(more ? Buffer.concat(more, size) : (first ?? Buffer.alloc(0)));
  req.on('data', onData);
  req.on('end', onEnd);
  req.on('error', ignore);
}

/**
 * The middleware for `<httpNodeRoot>/whatsapp/webhooks/:accountId/:proxyToken`; everything else goes on to `next` after one string
 * comparison. Mount it with `mountFirst`. A webhook is answered with success only after the engine has made it durable; a refusal
 * leaves nothing behind but a log line, and of those only a few a minute.
 */
export function createWebhooks({ httpNodeRoot, account: lookUp, engine, log, now }: WebhookDeps): Middleware {
  const root = rootPrefix(httpNodeRoot).length;
  const prefix = rootPrefix(httpNodeRoot) + WEBHOOK_PATH;
  const info = throttled((message) => log.info(message), now);
  const warn = throttled((message) => log.warn(message), now);
  const error = throttled((message) => log.error(message), now);
  const answers = new WeakMap<Provider, Prepared>();

  const success = (provider: Provider): Prepared => {
    let answer = answers.get(provider);
    if (!answer) {
      const { status, contentType, body }: WebhookAnswer = provider.success;
      answer = prepare(status, contentType ?? 'text/plain; charset=utf-8', body ?? '');
      answers.set(provider, answer);
    }
    return answer;
  };

  /** The URL the provider called, with the proxy token masked and without the query, which may carry Meta's verify token. */
  const masked = (account: WebhookAccount, url: string): string => {
    const clean = url.split(account.proxyToken).join('***');
    return account.provider.name === 'meta' ? (clean.split('?', 1)[0] ?? '') : clean;
  };

  const receive = (req: IncomingMessage, res: ServerResponse, account: WebhookAccount, path: string): void => {
    if (req.readableEnded || (req as { _body?: unknown })._body) {
      error(
        `consumed ${account.id}`,
        `${account.key}: webhook refused (500): another middleware has read its body first`,
      );
      send(res, CONSUMED);
      return;
    }
    readBody(req, (body) => {
      if (body === null) {
        warn(`413 ${account.id}`, `${account.key}: webhook refused (413): more than ${WEBHOOK_LIMIT} bytes`);
        refuse(req, res, TOO_LARGE);
        return;
      }
      const base = account.publicUrl;
      const url = (base.charCodeAt(base.length - 1) === 47 ? base.slice(0, -1) : base) + path;
      const request: WebhookRequest = { headers: req.headers, url, body, now: now() };
      let genuine = false;
      try {
        genuine = account.provider.verify(account.account, request);
      } catch {
        // A provider must not throw here; if it does, the request is certainly not known to be genuine.
      }
      if (!genuine) {
        warn(
          `403 ${account.id}`,
          `${account.key}: webhook refused (403): wrong signature, checked over ${masked(account, url)}`,
        );
        send(res, BAD_SIGNATURE);
        return;
      }
      let events: ReturnType<Provider['parse']>;
      try {
        events = account.provider.parse(request, account.account);
      } catch (problem) {
        // The message of an unexpected exception may quote the customer's text; its name does not.
        const reason = problem instanceof UnreadableWebhook ? problem.message.slice(0, 200) : (problem as Error).name;
        warn(`400 ${account.id}`, `${account.key}: webhook refused (400): unreadable: ${reason}`);
        send(res, UNREADABLE);
        return;
      }
      if (events.length === 0) {
        const why = account.provider.misdirected?.(request, account.account);
        if (why) warn(`misdirected ${account.id}`, `${account.key}: webhook ignored: ${why}`);
        send(res, success(account.provider));
        return;
      }
      engine.run('ingest', { account: account.id, events }).then(
        () => send(res, success(account.provider)),
        (problem: unknown) => {
          const reason = problem instanceof CoreError ? problem.code : (problem as Error).message;
          error(
            `503 ${account.id}`,
            `${account.key}: webhook not stored (503), the provider is asked to repeat it: ${reason}`,
          );
          send(res, STORE_DOWN);
        },
      );
    });
  };

  /** Meta's handshake: the challenge comes back if the verify token is right. */
  const handshake = (req: IncomingMessage, res: ServerResponse, account: WebhookAccount, query: string): void => {
    const asked = new URLSearchParams(query);
    const challenge = asked.get('hub.challenge') ?? '';
    const expected = account.account.verifyToken ?? '';
    const right =
      sameSecret(asked.get('hub.verify_token') ?? '', expected) &&
      expected !== '' &&
      asked.get('hub.mode') === 'subscribe' &&
      challenge.length <= 1000;
    if (!right) {
      warn(`handshake ${account.id}`, `${account.key}: webhook handshake refused (403): wrong verify token`);
      refuse(req, res, BAD_VERIFY_TOKEN);
      return;
    }
    send(res, prepare(200, 'text/plain; charset=utf-8', challenge, ['X-Content-Type-Options', 'nosniff']));
  };

  return (req, res, next) => {
    const target = req.url ?? '';
    if (!target.startsWith(prefix)) {
      next();
      return;
    }
    const slash = target.indexOf('/', prefix.length);
    const mark = target.indexOf('?', prefix.length);
    const end = mark < 0 ? target.length : mark;
    const id = slash < 0 || slash > end ? target.slice(prefix.length, end) : target.slice(prefix.length, slash);
    const token = slash < 0 || slash > end ? '' : target.slice(slash + 1, end);
    const method = req.method;
    if (method !== 'POST' && method !== 'GET') {
      warn('405', `webhook refused (405): method ${method}`);
      refuse(req, res, POST_OR_GET);
      return;
    }
    const account = lookUp(id);
    if (account === 'undeployed') {
      // The id is one of ours here, so it may stand in the log and be a key.
      error(`undeployed ${id}`, `webhook refused (503): the account ${id} is not deployed`);
      refuse(req, res, UNDEPLOYED);
    } else if (account === 'starting') {
      info(
        'starting',
        'webhook refused (503): Node-RED has not started its flows yet, the provider is asked to repeat it',
      );
      refuse(req, res, STARTING);
    } else if (account === 'unavailable') {
      error('unavailable', 'webhook refused (503): the contact centre has not started');
      refuse(req, res, STORE_DOWN);
    } else if (account === 'unknown') {
      // Whatever stands in the place of the id, it is the sender's: somebody may have pasted a token there.
      warn('404', `webhook refused (404): unknown account ${id.slice(0, 8)}…`);
      refuse(req, res, NOT_FOUND);
    } else if (!sameSecret(token, account.proxyToken)) {
      warn(`404 ${account.id}`, `${account.key}: webhook refused (404): wrong proxy token`);
      refuse(req, res, NOT_FOUND);
    } else if (method === 'POST') receive(req, res, account, target.slice(root));
    else if (account.provider.name === 'meta') handshake(req, res, account, mark < 0 ? '' : target.slice(mark + 1));
    else {
      // Somebody looks whether it can be reached.
      info(`405 ${account.id}`, `${account.key}: webhook refused (405): method GET`);
      refuse(req, res, POST_ONLY);
    }
  };
}
