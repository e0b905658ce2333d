/**
 * The screens as pages of their own: `<httpNodeRoot>/whatsapp/desk`, `…/supervisor` and the hashed files they load. They need neither
 * Dashboard nor the editor, and find the API by their own address, so a proxy may move them.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ApiError, sendError } from './json.ts';
import type { Log } from './log.ts';
import type { Middleware } from './mount.ts';

export interface PagesDeps {
  /** Folder with `<page>.html` and `assets/`, as `scripts/build-ui.ts` leaves them. */
  directory: string;
  log: Log;
}

const PAGES = ['desk', 'supervisor'];
const ASSETS = '/whatsapp/assets/';
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** A name that a build makes; anything else leads nowhere, least of all out of the folder. */
const NAME = /^[\w-]+(?:\.[\w-]+)+$/;

/** Scripts and styles come as files from here; pictures and sounds may be made in the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

const SECURITY = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
};

interface File {
  bytes: Buffer;
  packed: Buffer;
  etag: string;
}

/** Mount it in the public app with `httpNode.use(pages)`. */
export function createPages({ directory, log }: PagesDeps): Middleware {
  const files = new Map<string, Promise<File>>();

  /** Read and packed once: a build does not change under a running server. */
  const open = (path: string): Promise<File> => {
    let file = files.get(path);
    if (!file) {
      file = load(join(directory, path));
      files.set(path, file);
      file.catch(() => files.delete(path));
    }
    return file;
  };

  const answer = async (req: IncomingMessage, res: ServerResponse, path: string, hashed: boolean): Promise<void> => {
    if (req.method !== 'GET' && req.method !== 'HEAD')
      throw new ApiError(405, 'method_not_allowed', 'Allowed here: GET', undefined, { Allow: 'GET, HEAD' });
    const { bytes, packed, etag } = await open(path);
    const headers: Record<string, string | number> = {
      ...SECURITY,
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      // The page names the files of its build; these never change under their names.
      'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: etag,
      Vary: 'Accept-Encoding',
    };
    if (req.headers['if-none-match']?.includes(etag)) {
      res.writeHead(304, headers).end();
      return;
    }
    const zipped = /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? ''));
    if (zipped) headers['Content-Encoding'] = 'gzip';
    const body = zipped ? packed : bytes;
    res.writeHead(200, { ...headers, 'Content-Length': body.length });
    res.end(req.method === 'HEAD' ? undefined : body);
  };

  return (req, res, next) => {
    const path = (req.url ?? '').split('?', 1)[0] ?? '';
    const page = PAGES.find((name) => path === `/whatsapp/${name}` || path === `/whatsapp/${name}/`);
    const asset = path.startsWith(ASSETS) ? path.slice(ASSETS.length) : undefined;
    if (page !== undefined && path.endsWith('/')) {
      // Relative addresses of the page count from its folder.
      res.writeHead(308, { Location: `../${page}` }).end();
      return;
    }
    const file = page !== undefined ? `${page}.html` : asset !== undefined && NAME.test(asset) ? `assets/${asset}` : '';
    if (!file) {
      next();
      return;
    }
    answer(req, res, file, asset !== undefined).catch((problem: NodeJS.ErrnoException) =>
      sendError(res, problem.code === 'ENOENT' ? missing(path) : problem, log, `${req.method} ${path}`),
    );
  };
}

async function load(path: string): Promise<File> {
  const bytes = await readFile(path);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, packed: await promisify(gzip)(bytes), etag };
}

const missing = (path: string) => new ApiError(404, 'not_found', `There is nothing at ${path.slice(0, 200)}`);
