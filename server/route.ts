/** What a route of the API is. The table of routes is what answers requests and what the API document is made from. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from '../core/api.ts';
import type { Hub } from './events.ts';
import type { Figures } from './figures.ts';
import type { Flows } from './flows.ts';
import type { Log } from './log.ts';
import type { LoginGuard } from './login-limits.ts';
import type { Looking } from './looking.ts';
import type { MediaFiles } from './media/files.ts';
import type { Answers, Bodies, Queries } from './schemas.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Spying } from './spying.ts';

/** Brings lists of templates up to date. */
export interface TemplateLists {
  /** Resolves when the account's list is not older than `age` ms. */
  fresh(account: string, age?: number): Promise<void>;
  /** Runs what uses a template of the account, once more after a refusal that a newer list may lift. */
  using<T>(account: () => string | null | Promise<string | null>, work: () => Promise<T>): Promise<T>;
}

/** What handlers work with. */
export interface Tools {
  engine: Engine;
  hub: Hub;
  sessions: Sessions;
  logins: LoginGuard;
  spying: Spying;
  looking: Looking;
  figures: Figures;
  templates: TemplateLists;
  flows: Flows;
  /** Contents of files; undefined where none are kept. */
  files: MediaFiles | undefined;
  log: Log;
}

export interface Call<Body, Query> extends Tools {
  req: IncomingMessage;
  res: ServerResponse;
  /** Values of `:name` parts of the path. */
  params: Record<string, string>;
  body: Body;
  query: Query;
}

export type SignedIn<C> = C & { session: Session };

/** What a handler answers; nothing if it has answered by itself. */
export interface Answer {
  json?: unknown;
  headers?: Record<string, string>;
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `<httpNodeRoot>/whatsapp`, with `:name` parts. */
  path: string;
  summary: string;
  body: keyof Bodies | undefined;
  query: keyof Queries | undefined;
  /** Status of success, and the schema of its JSON if it has any. */
  success: number;
  answer: keyof Answers | undefined;
  /** Statuses of refusals besides those every route has. */
  refusals: number[];
  /** Whether a session is required. */
  signedIn: boolean;
  /** Who may call it if not everybody who is logged in; administrators are supervisors too. */
  only: 'admin' | 'supervisor' | undefined;
  /** Content type of the body if it is not JSON: the handler reads it. */
  takes: 'text/csv' | undefined;
  /** It may also be a form with a file: then the handler reads it, and its `body` is empty. */
  mayBeForm: boolean;
  /** Content type of the answer if it is not JSON. */
  contentType: string | undefined;
  handle(call: SignedIn<Call<never, never>>): Promise<Answer | undefined>;
}

interface Described<B extends keyof Bodies, Q extends keyof Queries> {
  method: Route['method'];
  path: string;
  summary: string;
  body?: B;
  query?: Q;
  success?: number;
  answer?: keyof Answers;
  refusals?: number[];
  contentType?: string;
  only?: Route['only'];
  takes?: Route['takes'];
  mayBeForm?: boolean;
}

type NoBody = 'nothing';

/** A route for callers with a session. */
export function route<B extends keyof Bodies = NoBody, Q extends keyof Queries = NoBody>(
  described: Described<B, Q> & { handle(call: SignedIn<Call<Bodies[B], Queries[Q]>>): Promise<Answer | undefined> },
): Route {
  return complete(described, true, described.handle as Route['handle']);
}

/** A route for everybody. */
export function publicRoute<B extends keyof Bodies = NoBody, Q extends keyof Queries = NoBody>(
  described: Described<B, Q> & { handle(call: Call<Bodies[B], Queries[Q]>): Promise<Answer | undefined> },
): Route {
  return complete(described, false, described.handle as Route['handle']);
}

function complete(
  {
    method,
    path,
    summary,
    body,
    query,
    success = 200,
    answer,
    refusals = [],
    contentType,
    only,
    takes,
    mayBeForm = false,
  }: Described<keyof Bodies, keyof Queries>,
  signedIn: boolean,
  handle: Route['handle'],
): Route {
  return {
    ...{ method, path, summary, body, query, success, answer, refusals, signedIn, only, takes, mayBeForm },
    contentType,
    handle,
  };
}
