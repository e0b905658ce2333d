/**
 * A contact centre to test: Node-RED with the packed package in a fresh user directory, the phone simulator in this process, accounts
 * connected to it, agents. Everything goes over HTTP; only agents may be seeded, because an honest password hash takes long.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startShared } from '../../../core/cluster/engine.ts';
import { startThread } from '../../../core/host/thread.ts';
import type { Role } from '../../../core/views.ts';
import { receiveUrl } from '../../../scripts/demo/connect.ts';
import { hashPassword } from '../../../server/passwords.ts';
import type { InboundOptions, WebhookRequest } from '../../../simulator/server.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../simulator/server.ts';
import {
  createUserDir,
  type FlowNode,
  freePort,
  type NodeRed,
  type NodeRedOptions,
  removeUserDir,
  startNodeRed,
} from '../../support/node-red.ts';
import { databaseUrl, onPostgres } from '../../support/postgres.ts';
import { Desk } from './desk.ts';
import { Probes } from './probes.ts';

/** A cheap hash: these passwords protect nothing. */
const QUICK = { N: 2 ** 10, r: 8, p: 1 };

export interface Person {
  username: string;
  role?: Role;
  capacity?: number;
}

export interface OfficeOptions {
  flows: FlowNode[];
  agents?: Person[];
  version?: 5 | 4;
  dashboard?: boolean;
  red?: Omit<Partial<NodeRedOptions>, 'userDir' | 'flows' | 'version' | 'port' | 'onLog'>;
  simulator?: SimulatorOptions;
  /** Of a PostgreSQL database; without it and `TEST_DATABASE=postgres` a SQLite file in the user directory. */
  database?: string;
  /** Leaves the accounts' domains empty. */
  noDomain?: boolean;
  /** Sent with every call to the API, such as the authorization that `httpNodeAuth` asks for. */
  headers?: Record<string, string>;
}

export class Office {
  red!: NodeRed;
  readonly probes = new Probes();
  readonly simulator: Simulator;
  readonly userDir: string;
  readonly port: number;
  readonly #options: OfficeOptions;
  #desks: Desk[] = [];

  private constructor(options: OfficeOptions, userDir: string, simulator: Simulator, port: number) {
    this.#options = options;
    this.userDir = userDir;
    this.simulator = simulator;
    this.port = port;
  }

  static async open(options: OfficeOptions): Promise<Office> {
    const office = await Office.prepare(options);
    try {
      await office.seed();
      await office.start(options.flows);
    } catch (error) {
      await office.close().catch(() => undefined);
      throw error;
    }
    return office;
  }

  /** The user directory and the simulator; nothing is started yet. */
  static async prepare(options: OfficeOptions): Promise<Office> {
    const userDir = await createUserDir({ dashboard: options.dashboard ?? false });
    const simulator = await startSimulator({ statusDelay: 5, ...options.simulator });
    const database = options.database ?? (onPostgres ? await databaseUrl() : undefined);
    return new Office({ ...options, ...(database ? { database } : {}) }, userDir, simulator, await freePort());
  }

  /** Writes the agents into the store, which nobody may own meanwhile. */
  async seed(): Promise<void> {
    const { agents, database } = this.#options;
    if (agents) await seedAgents(database ?? this.database, agents);
  }

  /** Starts Node-RED (again); without flows with those that are in the user directory. `sick`: the contact centre will not start. */
  async start(flows?: FlowNode[], { sick = false } = {}): Promise<void> {
    await this.launch(flows);
    if (sick) return;
    await this.#healthy();
    await this.register(flows ?? this.#options.flows);
  }

  /** As `start`, without waiting for the contact centre. `more`: options of this start only. */
  async launch(flows?: FlowNode[], more: OfficeOptions['red'] = {}): Promise<void> {
    const { version = 5, red, database } = this.#options;
    const env = { ...red?.env, ...more?.env, ...(database ? { WHATSAPP_DATABASE_URL: database } : {}) };
    this.red = await startNodeRed({
      ...red,
      ...more,
      env,
      userDir: this.userDir,
      version,
      port: this.port,
      onLog: this.probes.take,
      ...(flows ? { flows: this.connected(flows) } : {}),
    });
  }

  async #healthy(): Promise<void> {
    const headers = this.#options.headers ?? {};
    await eventually(async () => {
      const response = await fetch(`${this.red.url}/whatsapp/health`, { headers });
      if (!response.ok) throw new Error(`not healthy: ${response.status} ${await response.text()}\n${this.#logEnd}`);
    });
  }

  get #logEnd(): string {
    return this.red.log().slice(-4000);
  }

  /** Deploys and connects the accounts that are new. */
  async deploy(flows: FlowNode[], type?: 'full' | 'nodes' | 'flows'): Promise<void> {
    await this.red.deploy(this.connected(flows), type);
    await this.register(flows);
  }

  /** Accounts speak to the simulator, and are reached on loopback. */
  connected(flows: FlowNode[]): FlowNode[] {
    const domain = this.#options.noDomain ? '' : `http://127.0.0.1:${this.port}`;
    return flows.map((node) =>
      node.type === 'whatsapp-account'
        ? { ...node, domain: node.domain || domain, baseUrl: node.baseUrl || this.simulator.url }
        : node,
    );
  }

  async register(flows: FlowNode[]): Promise<void> {
    for (const node of flows) {
      if (node.type !== 'whatsapp-account' || !node.credentials) continue;
      const { accountSid, authToken, webhookSecret, verifyToken } = node.credentials as Record<string, string>;
      const publicUrl = await this.receiveUrl(node.id);
      this.simulator.register({
        provider: node.provider as 'twilio' | 'sinch' | 'meta',
        phone: String(node.phone),
        accountSid: accountSid ?? '',
        authToken: authToken ?? '',
        // The public address leads nowhere when it is not loopback: signatures are over it, connections are not made to it.
        webhookUrl: this.red.url + publicUrl.slice(publicUrl.indexOf('/whatsapp/webhooks/')),
        publicUrl,
        ...(node.appId ? { appId: String(node.appId) } : {}),
        ...(webhookSecret ? { webhookSecret } : {}),
        ...(verifyToken ? { verifyToken } : {}),
        name: String(node.name),
        key: String(node.key),
      });
    }
  }

  /** The Receive URL of an account node, once the deploy has settled. */
  receiveUrl(nodeId: string): Promise<string> {
    return eventually(() => (this.#headless ? this.#storedUrl(nodeId) : receiveUrl(this.red, nodeId)));
  }

  get #headless(): boolean {
    return this.#options.red?.settings?.httpAdminRoot === false;
  }

  /** Without the admin API only the store knows. */
  async #storedUrl(nodeId: string): Promise<string> {
    const [row] = this.rows('select id, proxy_token from account where node_id = ?', nodeId);
    if (!row) throw new Error(`the account is not deployed yet\n${this.#logEnd}`);
    return `${this.red.url}/whatsapp/webhooks/${row.id}/${row.proxy_token}`;
  }

  async desk(username: string): Promise<Desk> {
    const desk = await Desk.signIn(this.red.url, username, passwordOf(username), { ...this.#options.headers });
    this.#desks.push(desk);
    return desk;
  }

  /** One delivery of one webhook; nothing is repeated. */
  deliver(message: InboundOptions): Promise<number> {
    return deliver(this.simulator.signedRequest(message).request);
  }

  get database(): string {
    return join(this.userDir, 'whatsapp-connector', 'connector.db');
  }

  /** Reads the store beside the running engine. */
  // biome-ignore lint/suspicious/noExplicitAny: rows are looked into by the assertions
  rows(sql: string, ...parameters: (string | number)[]): any[] {
    const database = new DatabaseSync(this.database, { readOnly: true });
    try {
      return database.prepare(sql).all(...parameters);
    } finally {
      database.close();
    }
  }

  async close(): Promise<void> {
    for (const desk of this.#desks) desk.disconnect();
    try {
      await this.red?.stop();
    } finally {
      await this.simulator.close();
      await removeUserDir(this.userDir);
    }
  }
}

/** Tries until it succeeds; after `timeout` ms with the last failure. For what is known a moment after an answer. */
export async function eventually<T>(work: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  const until = Date.now() + timeout;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Sends a webhook and gives the status of its answer, 0 if there was none. */
export async function deliver({ url, method, headers, body }: WebhookRequest): Promise<number> {
  try {
    const response = await fetch(url, { method, headers, body });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

export const passwordOf = (username: string): string => `${username}-password`;

async function seedAgents(file: string, people: Person[]): Promise<void> {
  const settings = { offlineAfter: 60 };
  const engine = await (/^postgres/.test(file)
    ? startShared({ url: file, settings })
    : startThread({ file, settings }));
  for (const { username, role = 'agent', capacity = 5 } of people) {
    const passwordHash = await hashPassword(passwordOf(username), QUICK);
    await engine.run('createAgent', { username, name: username, role, capacity, passwordHash });
  }
  await engine.close();
}

/** What Node-RED warns about in every test. */
const USUAL = /Projects disabled|Using unencrypted credentials/;

/** Lines of the log that report something wrong. */
export function complaints(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => / - \[(warn|error|fatal)\] |Uncaught|^\w*Error\b|^\s+at /.test(line) && !USUAL.test(line));
}
