/**
 * Files that are being sent, for the provider that fetches them: without a session, by a signed address that ends. It stands beside the
 * webhooks, before logins.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from '../core/api.ts';
import { ApiError, sendError } from './json.ts';
import type { Log } from './log.ts';
import type { MediaFiles } from './media/files.ts';
import { giveFile } from './media/give.ts';
import { type Pointed, readToken, tokenOf } from './media/token.ts';
import { type Middleware, rootPrefix } from './mount.ts';
import { newToken } from './secrets.ts';

export interface PublicMediaDeps {
  /** Path of the public app. */
  httpNodeRoot: string;
  engine: Pick<Engine, 'run'>;
  files: MediaFiles;
  log: Log;
  /** Epoch ms. */
  now(): number;
}

export interface PublicMedia {
  /** Mount it with `mountFirst`. */
  readonly middleware: Middleware;
  /** The address of a file below a public base URL. */
  linkTo(file: Pointed, publicUrl: string): Promise<string>;
}

/** ms; providers queue messages for up to four hours before they fetch. */
const LIFETIME = 6 * 3_600_000;
const PATH = '/whatsapp/media/';

export function createPublicMedia({ httpNodeRoot, engine, files, log, now }: PublicMediaDeps): PublicMedia {
  const prefix = `${rootPrefix(httpNodeRoot)}${PATH}`;
  let known: Promise<string> | undefined;
  const secret = (): Promise<string> => {
    known ??= engine.run('mediaSecret', { proposed: newToken() });
    known.catch(() => {
      known = undefined;
    });
    return known;
  };

  const answer = async (req: IncomingMessage, res: ServerResponse, token: string): Promise<void> => {
    if (req.method !== 'GET' && req.method !== 'HEAD')
      throw new ApiError(405, 'method_not_allowed', 'Allowed here: GET', undefined, { Allow: 'GET, HEAD' });
    const pointed = readToken(await secret(), token, now());
    if (pointed === 'over') throw new ApiError(410, 'media_over', 'This address has ended');
    const missing = new ApiError(404, 'not_found', 'There is no such file');
    if (!pointed) throw missing;
    const file = await engine.run('mediaFile', { ...pointed, username: null });
    if (file.state !== 'ready') throw missing;
    await giveFile(req, res, files, file, { save: true, cacheControl: 'private, no-store' });
  };

  return {
    middleware(req, res, next) {
      const path = (req.url ?? '').split('?', 1)[0]!;
      if (!path.startsWith(prefix)) {
        next();
        return;
      }
      // The path is a secret for a while: the log says only what it is.
      answer(req, res, path.slice(prefix.length)).catch((problem: unknown) =>
        sendError(res, problem, log, `${req.method} ${PATH}…`),
      );
    },
    async linkTo(file, publicUrl) {
      if (publicUrl === '') return '';
      const token = tokenOf(await secret(), file, now() + LIFETIME);
      return `${publicUrl.replace(/\/+$/, '')}${PATH}${token}`;
    },
  };
}
