/** The editor's side of the administration, under `<httpAdminRoot>/whatsapp/admin`. Register once, when the pack is loaded. */
import type { IRouter, Request, RequestHandler, Response } from 'express';
import type { Engine } from '../core/api.ts';
import type { ProviderAccount } from '../providers/provider.ts';
import { readJson, sendError, sendJson, sendNothing } from './json.ts';
import type { Log } from './log.ts';
import { hashPassword } from './passwords.ts';
import type { Bodies } from './schemas.ts';
import { checkBody, checkQuery } from './validation.ts';

export interface AdminDeps {
  /** The engine; started by the first call if it is not running yet. */
  engine(): Engine | Promise<Engine>;
  /** The Receive URL of an account. */
  receiveUrl(account: { id: string; proxyToken: string; nodeId: string | null }): string;
  /**
   * Tries the account at its provider; the answer goes to the dialog. `id`: node or store id; `values`: what stands in the dialog, absent
   * = as deployed. May reject with a `CoreError`.
   */
  test(id: string, values?: Bodies['accountTest']): Promise<object>;
  /** Enters the Receive URL at the provider, then tests. */
  connect(id: string, values?: Bodies['accountTest']): Promise<object>;
  /** The account's templates, brought up to date first. `id`: node or store id. */
  templates(id: string): Promise<object>;
  /** Starts the simulator and gives what the dialog fills in. */
  simulator(body: Bodies['simulator']): Promise<{ url: string } & ProviderAccount>;
  log: Log;
}

type NeedsPermission = (permission: string) => RequestHandler;

const BASE = '/whatsapp/admin';
const CAPACITY = 5;

/** Mounts the routes on `RED.httpAdmin`, each behind `RED.auth.needsPermission`. */
export function mountAdmin(
  app: Pick<IRouter, 'get' | 'post' | 'patch' | 'delete'>,
  needsPermission: NeedsPermission,
  { engine, receiveUrl, test, connect, templates, simulator, log }: AdminDeps,
): void {
  const read = needsPermission('whatsapp.read');
  const write = needsPermission('whatsapp.write');

  /** Answers with what `work` resolves to: JSON, or 204 for undefined. */
  const handler =
    (status: number, work: (req: Request) => Promise<unknown>): RequestHandler =>
    (req: Request, res: Response) => {
      work(req).then(
        (value) => (value === undefined ? sendNothing(res) : sendJson(res, status, value)),
        (problem: unknown) => sendError(res, problem, log, `${req.method} ${BASE}`),
      );
    };
  const nothingIn = async (req: Request) => {
    await checkBody('nothing', await readJson(req));
  };
  /** What stands in the dialog, undefined if nothing is said of it. */
  const dialogOf = async (req: Request) => {
    const values = await checkBody('accountTest', await readJson(req));
    return Object.keys(values).length > 0 ? values : undefined;
  };
  const queryOf = (req: Request) => req.url.split('?')[1] ?? '';
  const param = (req: Request, name: string) => String(req.params[name]);

  app.get(
    `${BASE}/agents`,
    read,
    handler(200, async (req) => {
      const page = await checkQuery('page', queryOf(req));
      return (await engine()).run('listAgents', { ...page });
    }),
  );
  app.post(
    `${BASE}/agents`,
    write,
    handler(201, async (req) => {
      const {
        password,
        role = 'agent',
        capacity = CAPACITY,
        ...rest
      } = await checkBody('createAgent', await readJson(req));
      const passwordHash = await hashPassword(password);
      return (await engine()).run('createAgent', { ...rest, role, capacity, passwordHash });
    }),
  );
  app.patch(
    `${BASE}/agents/:username`,
    write,
    handler(200, async (req) => {
      const { password, ...rest } = await checkBody('updateAgent', await readJson(req));
      const change = { username: param(req, 'username'), ...rest };
      const agents = await engine();
      if (password === undefined) return agents.run('updateAgent', change);
      return agents.run('updateAgent', { ...change, passwordHash: await hashPassword(password) });
    }),
  );
  app.delete(
    `${BASE}/agents/:username`,
    write,
    handler(204, async (req) => {
      await nothingIn(req);
      await (await engine()).run('deleteAgent', { username: param(req, 'username') });
    }),
  );
  app.get(
    `${BASE}/accounts/:id`,
    read,
    handler(200, async (req) => {
      const { nodeId, ...status } = await (await engine()).run('accountStatus', { idOrNode: param(req, 'id') });
      const { id, proxyToken, lastInboundAt, lastError } = status;
      return { id, receiveUrl: receiveUrl({ id, proxyToken, nodeId }), proxyToken, lastInboundAt, lastError };
    }),
  );
  app.post(
    `${BASE}/accounts/:id/test`,
    write,
    handler(200, async (req) => test(param(req, 'id'), await dialogOf(req))),
  );
  app.post(
    `${BASE}/accounts/:id/receive-url`,
    write,
    handler(200, async (req) => connect(param(req, 'id'), await dialogOf(req))),
  );
  app.get(
    `${BASE}/accounts/:id/templates`,
    read,
    handler(200, async (req) => templates(param(req, 'id'))),
  );
  app.post(
    `${BASE}/simulator`,
    write,
    handler(200, async (req) => simulator(await checkBody('simulator', await readJson(req)))),
  );
}
