import http, { type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CommandName, type Commands, CoreError, type Effect, type Engine } from '../../core/api.ts';
import type { AgentView, Role } from '../../core/views.ts';
import type { Log } from '../../server/log.ts';
import { hashPassword } from '../../server/passwords.ts';

/** A real server on a free port of the loopback interface. */
export interface TestServer {
  url: string;
  port: number;
  server: http.Server;
  close(): Promise<void>;
}

export async function listen(listener: RequestListener): Promise<TestServer> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by the assertions
  json: any;
}

/** One request over plain node:http: every header can be set, `Host` and `Origin` included. */
export function call(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method,
        headers: { ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }), ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export interface MemoryLog extends Log {
  lines: string[];
}

export function memoryLog(): MemoryLog {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`);
  };
  return { lines, info: write('info'), warn: write('warn'), error: write('error') };
}

type Handlers = { [K in CommandName]?: (input: Commands[K][0]) => Commands[K][1] | Promise<Commands[K][1]> };

/** An engine made of functions; what it is asked is kept in `calls`. */
export interface FakeEngine extends Engine {
  calls: { name: CommandName; input: unknown }[];
  handlers: Handlers;
  emit(...effects: Effect[]): void;
  inputs<K extends CommandName>(name: K): Commands[K][0][];
}

export function fakeEngine(handlers: Handlers = {}): FakeEngine {
  const listeners = new Set<(effects: Effect[]) => void>();
  const calls: FakeEngine['calls'] = [];
  return {
    calls,
    handlers,
    async run(name, input) {
      calls.push({ name, input });
      const handler = handlers[name] as ((given: typeof input) => unknown) | undefined;
      if (!handler) throw new Error(`the test has no ${name}`);
      return (await handler(input)) as never;
    },
    onEffects(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(...effects) {
      for (const listener of listeners) listener(effects);
    },
    inputs: (name) => calls.filter((entry) => entry.name === name).map((entry) => entry.input as never),
    close: async () => {},
  };
}

/** Cheap, for tests only. */
export const QUICK = { N: 2 ** 10, r: 8, p: 1 };

export function agentView(username: string, role: Role = 'agent'): AgentView {
  const presence = { state: 'available' as const, pause: null, since: '2026-01-01T00:00:00.000Z' };
  return { username, name: username.toUpperCase(), role, capacity: 5, disabled: false, presence };
}

/** Agents and sessions kept in memory as the engine keeps them. */
export async function withAgents(engine: FakeEngine, agents: Record<string, { password: string; role?: Role }>) {
  const known = new Map<string, AgentView & { passwordHash: string }>();
  for (const [username, { password, role }] of Object.entries(agents)) {
    known.set(username, { ...agentView(username, role), passwordHash: await hashPassword(password, QUICK) });
  }
  const sessions = new Map<string, { username: string; expiresAt: number }>();
  Object.assign(engine.handlers, {
    agentRecord: ({ username }) => known.get(username) ?? null,
    openSession: ({ tokenHash, username, expiresAt }) => {
      sessions.set(tokenHash, { username, expiresAt });
      return null;
    },
    findSession: ({ tokenHash }) => {
      const session = sessions.get(tokenHash);
      const agent = session && known.get(session.username);
      if (!session || !agent || agent.disabled) return null;
      const { passwordHash: _, ...view } = agent;
      return { agent: view, expiresAt: session.expiresAt };
    },
    closeSession: ({ tokenHash }) => {
      sessions.delete(tokenHash);
      return null;
    },
    leave: () => null,
    connect: ({ username }) => {
      const agent = known.get(username);
      if (!agent) throw new CoreError('not_found', 404, 'gone');
      return { presence: agent.presence };
    },
    disconnect: () => null,
    heartbeat: () => ({ lost: [] }),
    updateAgent: ({ username, passwordHash }) => {
      const agent = known.get(username);
      if (!agent) throw new CoreError('not_found', 404, 'gone');
      if (passwordHash) agent.passwordHash = passwordHash;
      return agent;
    },
  } satisfies Handlers);
  return { known, sessions };
}

export async function until(condition: () => boolean, what: string, time = 3000): Promise<void> {
  const end = Date.now() + time;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
