/**
 * A Node-RED as a child process, in a user directory of its own: for the demo and for tests against the real runtime. Nothing here
 * sleeps: every wait ends with a line of the log, an answer or the end of the process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A node of a flow file. */
export interface FlowNode {
  id: string;
  type: string;
  /** Kept in the credentials file, as the editor would. */
  credentials?: Record<string, unknown>;
  [property: string]: unknown;
}

export interface NodeRedOptions {
  userDir: string;
  /** The flows to start with. Default: those that are in the user directory (a restart). */
  flows?: FlowNode[];
  /** By node id, besides those given inside the nodes. */
  credentials?: Record<string, Record<string, unknown>>;
  /** `settings.js` values that JSON can hold; they replace the defaults below. */
  settings?: Record<string, unknown>;
  /** More of `settings.js`, for functions: JavaScript that changes `module.exports`. */
  settingsCode?: string;
  /** The major version of Node-RED. Default: 5. */
  version?: 5 | 4;
  /** Added to the environment of the child. */
  env?: Record<string, string>;
  /** 0 or absent: a free one. */
  port?: number;
  /** Flags for Node.js itself, such as `--cpu-prof`. */
  nodeArgs?: string[];
  /** ms until Node-RED must have started. Default: 30,000. */
  timeout?: number;
  /** Called with each piece of the log as it comes. */
  onLog?: (text: string) => void;
}

export interface WaitOptions {
  /** ms. Default: 10,000. */
  timeout?: number;
  /** Position in the log to look from; `log().length` before the action that causes the line. Default: 0. */
  from?: number;
}

export interface NodeRed {
  /** Where user routes are: `http://127.0.0.1:<port>` and `httpNodeRoot`, without a slash at the end. */
  url: string;
  /** The same for the editor and the admin API. */
  adminUrl: string;
  port: number;
  userDir: string;
  process: ChildProcess;
  /** Everything it wrote so far, standard output and errors. */
  log(): string;
  /** Resolves with the match; rejects after the timeout, or at once if the process ends, with the end of the log. */
  waitForLog(pattern: RegExp, options?: WaitOptions): Promise<RegExpMatchArray>;
  /** Lines that report an error nobody caught. */
  uncaught(): string[];
  /** Ends it as Ctrl-C does. Rejects if it had to be killed after 15 s or if something was uncaught. Harmless if it has ended. */
  stop(): Promise<void>;
  /** Ends it as a power cut does. */
  kill9(): Promise<void>;
  /** Deploys by the admin API and resolves, with the revision, when the flows are started (or wait for missing types). */
  deploy(flows: FlowNode[], type?: 'full' | 'nodes' | 'flows'): Promise<string>;
  /** A request to the admin API; `path` starts with a slash. */
  admin(path: string, init?: RequestInit): Promise<Response>;
}

/** Children that still run: none may outlive this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts Node-RED and resolves when its flows are started and it listens. Rejects with the end of its log. */
export async function startNodeRed(options: NodeRedOptions): Promise<NodeRed> {
  const port = options.port || (await freePort());
  const settings = await writeSettings(options, port);
  if (options.flows) await writeFlows(options.userDir, options.flows, options.credentials);
  const child = spawn(
    process.execPath,
    [
      ...(options.nodeArgs ?? []),
      join(root, 'node_modules', packageOf(options.version), 'red.js'),
      ...['--userDir', options.userDir, '--settings', join(options.userDir, 'settings.cjs')],
    ],
    { cwd: options.userDir, env: childEnvironment(options.env), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const red = control(child, options, port, settings);
  const wait = { timeout: options.timeout ?? 30_000 };
  try {
    await red.waitForLog(flowsStarted, wait);
    await red.waitForLog(/Server now running at|Running in headless mode/, wait);
  } catch (error) {
    await red.kill9();
    throw error;
  }
  return red;
}

const flowsStarted = /Started flows|Started modified (?:nodes|flows)|Waiting for missing types|Flows stopped/;

/** Below those that systems hand out by themselves, so that no connection takes one before its server listens. */
const PORTS = { first: 10_000, count: 20_000 };

/** A port that nobody listens on: the first one from `from` on, or any. */
export async function freePort(from = 0): Promise<number> {
  for (let i = 0; ; i++) {
    const port = from === 0 ? PORTS.first + Math.floor(Math.random() * PORTS.count) : from + i;
    try {
      return await tryPort(port);
    } catch (error) {
      if (port >= 65_535 || i >= PORTS.count || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function packageOf(version: 5 | 4 | undefined): string {
  return version === 4 ? 'node-red-4' : 'node-red';
}

type Settings = Record<string, unknown> & { httpAdminRoot: string | false; httpNodeRoot: string | false };

async function writeSettings(options: NodeRedOptions, port: number): Promise<Settings> {
  const settings: Settings = {
    uiHost: '127.0.0.1',
    flowFile: 'flows.json',
    flowFilePretty: true,
    // Plain credentials: the user directory is thrown away, or holds fictional ones.
    credentialSecret: false,
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    coreNodesDir: await linkCoreNodes(options),
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, projects: { enabled: false } },
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
    logging: { console: { level: 'info', metrics: false, audit: false } },
    ...options.settings,
    uiPort: port,
  };
  const code = `module.exports = ${JSON.stringify(settings, null, 2)};\n${options.settingsCode ?? ''}\n`;
  await writeFile(join(options.userDir, 'settings.cjs'), code);
  return settings;
}

/**
 * Node-RED looks for node packs in every `node_modules` above its core nodes. Seen through a link from the user directory, these are the
 * user's only, and not what the checkout has installed for development.
 */
async function linkCoreNodes({ userDir, version }: NodeRedOptions): Promise<string> {
  const own = join(root, 'node_modules', packageOf(version), 'node_modules', '@node-red', 'nodes');
  const target = existsSync(own) ? own : join(root, 'node_modules', '@node-red', 'nodes');
  const link = join(userDir, 'core-nodes');
  await mkdir(userDir, { recursive: true });
  await rm(link, { force: true });
  await symlink(target, link, 'junction');
  return link;
}

async function writeFlows(userDir: string, flows: FlowNode[], more: NodeRedOptions['credentials']): Promise<void> {
  const saved = await savedCredentials(userDir);
  const credentials: Record<string, unknown> = {};
  const plain = flows.map(({ credentials: inside, ...node }) => {
    const all = { ...saved[node.id], ...inside, ...more?.[node.id] };
    if (Object.keys(all).length > 0) credentials[node.id] = all;
    return node;
  });
  await writeFile(join(userDir, 'flows.json'), JSON.stringify(plain, null, 2));
  await writeFile(join(userDir, 'flows_cred.json'), JSON.stringify(credentials, null, 2), { mode: 0o600 });
}

/** Those of an earlier start, which nodes keep that get no others now. */
async function savedCredentials(userDir: string): Promise<Record<string, Record<string, unknown>>> {
  const file = join(userDir, 'flows_cred.json');
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, unknown>>) : {};
}

/** Ours, without what would change the child by accident: coverage and flags meant for this process, and settings of the pack. */
function childEnvironment(more: Record<string, string> | undefined): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_V8_COVERAGE|NODE_OPTIONS|NODE_RED_.*|WHATSAPP_.*|PORT)$/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...more };
}

function control(child: ChildProcess, options: NodeRedOptions, port: number, settings: Settings): NodeRed {
  let text = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  const take = (chunk: string) => {
    text += chunk;
    options.onLog?.(chunk);
    changed();
  };
  running.add(child);
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);
  child.once('error', (error) => take(`${error.message}\n`));
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      running.delete(child);
      changed();
      resolve();
    });
  });

  const base = `http://127.0.0.1:${port}`;
  const red: NodeRed = {
    url: base + rootPath(settings.httpNodeRoot),
    adminUrl: base + rootPath(settings.httpAdminRoot),
    port,
    userDir: options.userDir,
    process: child,
    log: () => text,
    waitForLog(pattern, { timeout = 10_000, from = 0 } = {}) {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          settle();
        };
        const fail = (why: string) =>
          finish(() =>
            reject(new Error(`${why} while waiting for ${pattern}. The log ends with:\n${text.slice(-4000)}`)),
          );
        const look = () => {
          const match = text.slice(from).match(pattern);
          if (match) finish(() => resolve(match));
          else if (ended) fail(`Node-RED ended (${child.exitCode ?? child.signalCode})`);
        };
        const timer = setTimeout(() => fail(`${timeout} ms passed`), timeout);
        listeners.add(look);
        look();
      });
    },
    uncaught: () => text.split('\n').filter((line) => /Uncaught Exception|unhandled ?(promise )?rejection/i.test(line)),
    async stop() {
      if (!ended) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
        await closed;
        clearTimeout(timer);
        if (child.signalCode === 'SIGKILL')
          throw new Error(`Node-RED did not stop. Its log ends with:\n${text.slice(-4000)}`);
      }
      if (red.uncaught().length > 0) throw new Error(`Something was not caught:\n${text.slice(-8000)}`);
    },
    async kill9() {
      if (!ended) child.kill('SIGKILL');
      await closed;
    },
    async deploy(flows, type = 'full') {
      const from = text.length;
      const response = await red.admin('/flows', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'Node-RED-API-Version': 'v2',
          'Node-RED-Deployment-Type': type,
        },
        body: JSON.stringify({ flows }),
      });
      if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
      const { rev } = (await response.json()) as { rev: string };
      await red.waitForLog(flowsStarted, { from });
      return rev;
    },
    admin: (path, init) => fetch(red.adminUrl + path, init),
  };
  return red;
}

function rootPath(setting: string | false): string {
  const path = `/${setting || ''}/`.replace(/\/+/g, '/');
  return path.slice(0, -1);
}
