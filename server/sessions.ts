/** Who is calling: the session cookie, and the rules that keep other sites from using it. */
import type { IncomingMessage } from 'node:http';
import type { Effect, Engine } from '../core/api.ts';
import type { AgentView } from '../core/views.ts';
import { ApiError } from './json.ts';
import { hashToken, newToken } from './secrets.ts';

export const COOKIE = 'wa_session';
/** ms a session is believed without asking the store again. Log-outs seen by this process count at once; others (a role changed by another runtime) after this. */
const CACHE_TIME = 5000;
const CACHE_SIZE = 5000;

export interface Session {
  agent: AgentView;
  tokenHash: string;
  /** Epoch ms. */
  expiresAt: number;
}

export interface SessionDeps {
  engine: Engine;
  sessionHours: number;
  /** Path of the cookie: `<httpNodeRoot>/whatsapp`. */
  path: string;
  /** Public base URLs of this server (`publicUrl`, the accounts' domains). */
  origins(): string[];
  /** Epoch ms. */
  now(): number;
}

export interface Sessions {
  /** The live session of the request, or null. */
  find(req: IncomingMessage): Promise<Session | null>;
  /** Starts a session; resolves to the Set-Cookie header. */
  open(req: IncomingMessage, username: string): Promise<string>;
  /** Ends one session; others of the agent stay. */
  end(session: Session): Promise<void>;
  /** The Set-Cookie header that makes a browser forget the session. */
  forget(req: IncomingMessage): string;
  /** Stops listening to the engine. */
  close(): void;
}

/** The token of the session cookie, or null. Only what can be one of our tokens is worth a look into the store. */
export function sessionToken(req: IncomingMessage): string | null {
  const header = req.headers.cookie;
  if (header === undefined) return null;
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === COOKIE) {
      const value = part.slice(at + 1).trim();
      return /^[\w-]{43}$/.test(value) ? value : null;
    }
  }
  return null;
}

/**
 * Whether the browser speaks https to us or to a proxy before us. A forged X-Forwarded-Proto only gives its sender a stricter cookie,
 * so it needs no trust. A proxy that does not send it is recognised by the host of a configured https address.
 */
export function isSecure(req: IncomingMessage, origins: string[]): boolean {
  if ((req.socket as { encrypted?: boolean }).encrypted) return true;
  const forwarded = req.headers['x-forwarded-proto'];
  const scheme = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',', 1)[0]?.trim().toLowerCase();
  if (scheme) return scheme === 'https';
  const host = req.headers.host?.toLowerCase();
  return origins.some((origin) => {
    const url = parseUrl(origin);
    return url?.protocol === 'https:' && url.host === host;
  });
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/**
 * Refuses state-changing calls that another site may have caused: they need the header `X-WA-Request: 1`, which no other origin can
 * send without CORS, and if an Origin is sent it must be ours. Throws `ApiError` 403 `missing_header`, `bad_origin`.
 */
export function checkRequest(req: IncomingMessage, origins: () => string[]): void {
  if (req.headers['x-wa-request'] !== '1') {
    throw new ApiError(403, 'missing_header', 'State-changing calls need the header X-WA-Request: 1');
  }
  const { origin, host } = req.headers;
  if (origin === undefined) return;
  const sent = parseUrl(origin);
  const known =
    sent !== null &&
    (sent.protocol === 'http:' || sent.protocol === 'https:') &&
    // The scheme of the host is not compared: a proxy may end TLS. Default ports are left out by both sides.
    (sent.host === hostOf(host, sent.protocol) ||
      origins().some((allowed) => parseUrl(allowed)?.origin === sent.origin));
  if (!known) throw new ApiError(403, 'bad_origin', 'The call comes from another site');
}

function hostOf(host: string | undefined, protocol: string): string | null {
  return host === undefined ? null : (parseUrl(`${protocol}//${host}`)?.host ?? null);
}

export function createSessions({ engine, sessionHours, path, origins, now }: SessionDeps): Sessions {
  const lifetime = sessionHours * 3600;
  const cache = new Map<string, { session: Session; until: number }>();
  /** Rises with each log-out: an answer of the store that was asked for before it is not kept. */
  let generation = 0;
  const forgetAgent = (username: string) => {
    generation++;
    for (const [hash, { session }] of cache) if (session.agent.username === username) cache.delete(hash);
  };
  const stop = engine.onEffects((effects: Effect[]) => {
    for (const effect of effects) if (effect.kind === 'signed-out') forgetAgent(effect.username);
  });
  const attributes = (req: IncomingMessage) =>
    `Path=${path}; HttpOnly; SameSite=Strict${isSecure(req, origins()) ? '; Secure' : ''}`;

  return {
    async find(req) {
      const token = sessionToken(req);
      if (token === null) return null;
      const tokenHash = hashToken(token);
      const time = now();
      const cached = cache.get(tokenHash);
      if (cached && cached.until > time && cached.session.expiresAt > time) return cached.session;
      const asked = generation;
      const found = await engine.run('findSession', { tokenHash });
      if (found === null || found.expiresAt <= now() || found.agent.disabled) {
        cache.delete(tokenHash);
        return null;
      }
      const session = { agent: found.agent, tokenHash, expiresAt: found.expiresAt };
      if (asked === generation) {
        if (cache.size >= CACHE_SIZE) cache.clear();
        cache.set(tokenHash, { session, until: now() + CACHE_TIME });
      }
      return session;
    },
    async open(req, username) {
      const token = newToken();
      const expiresAt = now() + lifetime * 1000;
      await engine.run('openSession', { username, tokenHash: hashToken(token), expiresAt });
      return `${COOKIE}=${token}; Max-Age=${Math.floor(lifetime)}; ${attributes(req)}`;
    },
    async end(session) {
      try {
        await engine.run('closeSession', { tokenHash: session.tokenHash });
      } finally {
        // After the store: an answer of the store from before the end must not be kept.
        generation++;
        cache.delete(session.tokenHash);
      }
    },
    forget: (req) => `${COOKIE}=; Max-Age=0; ${attributes(req)}`,
    close: stop,
  };
}
