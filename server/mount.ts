/** Places in the stack of the Express app that Node-RED's public app is mounted in. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, sendJson } from './json.ts';

export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** The part of an Express app that is touched here. */
export interface MountableApp {
  use(middleware: never): unknown;
  /** The app this one is mounted in. */
  parent?: unknown;
  /** Express 4. Made by the first `use`. */
  _router?: { stack: { handle: unknown }[] };
}

/** `/nodes/` → `/nodes`, `/` → ``. */
export function rootPrefix(httpNodeRoot: string): string {
  const path = httpNodeRoot.replace(/^\/+|\/+$/g, '');
  return path === '' ? '' : `/${path}`;
}

/**
 * Puts a middleware in front of everything in the app that `httpNode` is mounted in (httpNode itself if it is mounted nowhere). With
 * Node-RED's default roots every request passes the admin app first, whose body parsers would eat the raw body. Mounting the same
 * middleware again changes nothing. Returns how to take it out.
 */
export function mountFirst(httpNode: MountableApp, middleware: Middleware): () => void {
  return mount(httpNode, middleware, true);
}

/**
 * Answers what an earlier body parser refused (the admin app's, with Node-RED's default roots) as the API does: JSON, not a page with
 * a stack. Only for paths of the API; goes to the end of the app that `httpNode` is mounted in. Returns how to take it out.
 */
export function mountBodyErrors(httpNode: MountableApp, httpNodeRoot: string): () => void {
  const prefix = `${rootPrefix(httpNodeRoot)}/whatsapp/api/`;
  const answer: ErrorMiddleware = (error, req, res, next) => {
    const refused = bodyRefusal(error);
    const url = (req as { originalUrl?: string }).originalUrl ?? req.url ?? '';
    if (!refused || res.headersSent || !url.startsWith(prefix)) {
      next(error);
      return;
    }
    const { status, code, message } = refused;
    sendJson(res, status, { error: { code, message } });
  };
  return mount(httpNode, answer, false);
}

/** The errors of `body-parser` by their `type`. */
function bodyRefusal(error: unknown): ApiError | null {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (typeof type !== 'string' || typeof status !== 'number' || status < 400 || status > 499) return null;
  if (status === 413) return new ApiError(413, 'too_large', 'The body is too large');
  if (status === 415) return new ApiError(415, 'unsupported_media_type', 'The body must be JSON in UTF-8');
  return new ApiError(400, 'invalid_json', 'The body is not valid JSON');
}

function mount(httpNode: MountableApp, middleware: Middleware | ErrorMiddleware, first: boolean): () => void {
  const app = isApp(httpNode.parent) ? httpNode.parent : httpNode;
  const layers = () => app._router?.stack ?? [];
  const indexOf = () => layers().findIndex((layer) => layer.handle === middleware);
  if (indexOf() < 0) {
    app.use(middleware as never);
    const index = indexOf();
    if (first && index > 0) layers().unshift(...layers().splice(index, 1));
  }
  return () => {
    const index = indexOf();
    if (index >= 0) layers().splice(index, 1);
  };
}

function isApp(value: unknown): value is MountableApp {
  return typeof value === 'function' && typeof (value as unknown as { use?: unknown }).use === 'function';
}
