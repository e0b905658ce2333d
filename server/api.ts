/**
 * The HTTP API of the desk: everything under `<httpNodeRoot>/whatsapp/api`, and `/whatsapp/health`. Thin: find the route, check where
 * the call comes from and who calls, check what it carries, call the engine, answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from '../core/api.ts';
import { isSupervisor } from '../core/roles.ts';
import type { AgentView } from '../core/views.ts';
import { adminRoutes } from './admin-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { contactRoutes } from './contact-routes.ts';
import { conversationRoutes } from './conversation-routes.ts';
import { deskRoutes } from './desk-routes.ts';
import type { Hub } from './events.ts';
import { figureRoutes } from './figure-routes.ts';
import { createFigures } from './figures.ts';
import { type Flows, NO_FLOWS } from './flows.ts';
import { handlingRoutes } from './handling-routes.ts';
import { ApiError, type MaybeParsed, readJson, sendError, sendJson, sendNothing } from './json.ts';
import { keptRoutes } from './kept-routes.ts';
import type { Log } from './log.ts';
import { createLoginGuard, type LoginLimits } from './login-limits.ts';
import { createLooking } from './looking.ts';
import type { MediaFiles } from './media/files.ts';
import { isForm } from './media/upload.ts';
import { mediaRoutes } from './media-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { bearsToken } from './metrics.ts';
import { type Middleware, rootPrefix } from './mount.ts';
import { apiDocument } from './openapi.ts';
import { type Call, publicRoute, type Route, type SignedIn, type TemplateLists, type Tools } from './route.ts';
import { savedSearchRoutes } from './saved-search-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { checkRequest, createSessions } from './sessions.ts';
import { createSpying } from './spying.ts';
import { superviseRoutes } from './supervise-routes.ts';
import { templateRoutes } from './template-routes.ts';
import { checkBody, checkQuery } from './validation.ts';

export interface ApiDeps {
  engine: Engine;
  hub: Hub;
  /** Hours a log-in lasts. */
  sessionHours: number;
  /** Public base URLs of this server (`publicUrl`, the accounts' domains); asked at each state-changing call. */
  origins(): string[];
  log: Log;
  /** Epoch ms. */
  now(): number;
  /** Path of the public app, for the cookie's path. */
  httpNodeRoot: string;
  /** Whether webhooks can be taken: the accounts are known. Always, if absent. */
  ready?(): boolean;
  /** Whether this server is about to end. */
  stopping?(): boolean;
  /** What is around it; none, if absent. */
  flows?: Flows;
  loginLimits?: Partial<LoginLimits>;
  /** What is told to Prometheus, and the bearer token that may ask for it besides supervisors; '' = none. */
  metrics?: { text(engine: Engine): Promise<{ contentType: string; body: string }>; token: string };
  /** Absent: templates are as the store has them. */
  templates?: TemplateLists;
  /** Contents of files; absent: none are kept here. */
  files?: MediaFiles;
}

/** Mount it in the public app with `httpNode.use(api)`. */
export interface Api extends Middleware {
  /** Stops listening to the engine. */
  close(): void;
}

/** ms the engine may take to say that it is well. */
const HEALTH_TIME = 5000;
const API = '/whatsapp/api';
const AS_STORED: TemplateLists = { fresh: async () => {}, using: (_, work) => work() };
const HEALTH = '/whatsapp/health';
const METRICS = '/whatsapp/metrics';

export function createApi(deps: ApiDeps): Api {
  const {
    engine,
    hub,
    sessionHours,
    origins,
    log,
    now,
    httpNodeRoot,
    loginLimits,
    files,
    ready = () => true,
    stopping = () => false,
    templates = AS_STORED,
    flows = NO_FLOWS,
  } = deps;
  const base = `${rootPrefix(httpNodeRoot)}/whatsapp`;
  const sessions = createSessions({ engine, sessionHours, path: base, origins, now });
  const tools: Tools = {
    engine,
    hub,
    sessions,
    log,
    logins: createLoginGuard(loginLimits),
    spying: createSpying(now),
    looking: createLooking(engine, hub),
    figures: createFigures(engine, now),
    templates,
    flows,
    files,
  };

  const routes: Route[] = [
    ...sessionRoutes,
    ...searchRoutes,
    ...savedSearchRoutes,
    ...bulkRoutes,
    ...deskRoutes,
    ...handlingRoutes,
    ...conversationRoutes,
    ...templateRoutes,
    ...mediaRoutes,
    ...superviseRoutes,
    ...figureRoutes,
    ...adminRoutes,
    ...memberRoutes,
    ...keptRoutes,
    ...contactRoutes,
  ];
  let document: Promise<object> | undefined;
  routes.push(
    publicRoute({
      method: 'GET',
      path: '/api/openapi.json',
      summary: 'This document',
      answer: 'document',
      async handle() {
        document ??= apiDocument(routes, base);
        return { json: await document };
      },
    }),
    publicRoute({
      method: 'GET',
      path: '/health',
      summary: 'Whether messages can be taken and stored',
      answer: 'health',
      refusals: [503],
      async handle() {
        if (stopping())
          throw new ApiError(503, 'stopping', 'The server is stopping', undefined, { 'Retry-After': '5' });
        if (!ready())
          throw new ApiError(503, 'starting', 'The accounts are not known yet', undefined, { 'Retry-After': '5' });
        const late = AbortSignal.timeout(HEALTH_TIME);
        const expired = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason)));
        try {
          await Promise.race([engine.run('health', {}), expired]);
        } catch (problem) {
          log.warn(`The store is not well: ${(problem as Error).message}`);
          throw new ApiError(503, 'store_unavailable', 'The store does not answer', undefined, { 'Retry-After': '5' });
        }
        return { json: { status: 'ok' } };
      },
    }),
  );
  const { metrics } = deps;
  if (metrics)
    routes.push(
      publicRoute({
        method: 'GET',
        path: '/metrics',
        summary: 'Figures for Prometheus; for supervisors, or with the bearer token of WHATSAPP_METRICS_TOKEN',
        contentType: 'text/plain',
        refusals: [401, 403],
        async handle({ req, res }) {
          if (!bearsToken(req.headers.authorization, metrics.token)) {
            const session = await sessions.find(req);
            if (!session) throw new ApiError(401, 'not_signed_in', 'Log in first, or send the bearer token');
            if (!isSupervisor(session.agent)) throw new ApiError(403, 'forbidden', 'Only supervisors may do this');
          }
          const { contentType, body } = await metrics.text(engine);
          res.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
          return undefined;
        },
      }),
    );
  const matchers = routes.map((route) => ({ route, match: pattern(route.path) }));

  const answer = async (req: IncomingMessage, res: ServerResponse, path: string, query: string): Promise<void> => {
    const at = matchers.filter(({ match }) => match.test(path));
    if (at.length === 0) throw new ApiError(404, 'not_found', `There is nothing at ${path.slice(0, 200)}`);
    const method = req.method === 'HEAD' ? 'GET' : req.method;
    const found = at.find(({ route }) => route.method === method);
    if (!found) {
      const allowed = at.map(({ route }) => route.method).join(', ');
      throw new ApiError(405, 'method_not_allowed', `Allowed here: ${allowed}`, undefined, { Allow: allowed });
    }
    const { route, match } = found;
    const params = paramsOf(match, path);
    if (method !== 'GET') checkRequest(req, origins);
    const session = route.signedIn ? await sessions.find(req) : null;
    if (route.signedIn && !session) throw new ApiError(401, 'not_signed_in', 'Log in first');
    if (session) mustBeAllowed(route, session.agent);
    const checkedQuery = await checkQuery(route.query ?? 'nothing', query);
    const body =
      method === 'GET' || route.takes || (route.mayBeForm && isForm(req))
        ? {}
        : await checkBody(route.body ?? 'nothing', await readJson(req as MaybeParsed));
    const call = { ...tools, req, res, params, session, query: checkedQuery, body };
    const answered = await route.handle(call as SignedIn<Call<never, never>>);
    if (answered === undefined) return;
    if (answered.json === undefined) sendNothing(res, route.success, answered.headers);
    else sendJson(res, route.success, answered.json, answered.headers);
  };

  const api: Middleware = (req, res, next) => {
    const url = req.url ?? '';
    if (!url.startsWith('/whatsapp/')) {
      next();
      return;
    }
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    if (path !== API && !path.startsWith(`${API}/`) && path !== HEALTH && path !== METRICS) {
      next();
      return;
    }
    answer(req, res, path.slice('/whatsapp'.length), mark < 0 ? '' : url.slice(mark + 1)).catch((problem: unknown) =>
      sendError(res, problem, log, `${req.method} ${path}`),
    );
  };
  return Object.assign(api, { close: sessions.close });
}

/** @throws ApiError 403 `forbidden` */
function mustBeAllowed({ only }: Route, agent: AgentView): void {
  if (only === 'admin' && agent.role !== 'admin')
    throw new ApiError(403, 'forbidden', 'Only administrators may do this');
  if (only === 'supervisor' && !isSupervisor(agent))
    throw new ApiError(403, 'forbidden', 'Only supervisors may do this');
}

/** `/api/offers/:id/accept` as an expression with a named group. */
function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

function paramsOf(match: RegExp, path: string): Record<string, string> {
  const groups = match.exec(path)?.groups ?? {};
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    throw new ApiError(404, 'not_found', 'The path is not readable');
  }
}
