/**
 * A contact centre to test: Node-RED with the packed package in a fresh user directory, the phone simulator in this process, accounts
 * connected to it, agents. Everything goes over HTTP; only agents may be seeded, because an honest password hash takes long.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startThread } from '../../../core/host/thread.ts';
import type { Role } from '../../../core/views.ts';
import { receiveUrl, waitForHealth } from '../../../scripts/demo/connect.ts';
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
  /** Sent with every webhook of the simulator, and with each call of a desk. */
  path?: string;
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
    const userDir = await createUserDir({ dashboard: options.dashboard ?? false });
    const simulator = await startSimulator({ statusDelay: 5, ...options.simulator });
    const office = new Office(options, userDir, simulator, await freePort());
    try {
      if (options.agents) await seedAgents(office.database, options.agents);
      await office.start(options.flows);
    } catch (error) {
      await office.close().catch(() => undefined);
      throw error;
    }
    return office;
  }

  /** Starts Node-RED (again); without flows with those that are in the user directory. */
  async start(flows?: FlowNode[]): Promise<void> {
    const { version = 5, red } = this.#options;
    this.red = await startNodeRed({
      ...red,
      userDir: this.userDir,
      version,
      port: this.port,
      onLog: this.probes.take,
      ...(flows ? { flows: this.connected(flows) } : {}),
    });
    await waitForHealth(this.red);
    await this.register(flows ?? this.#options.flows);
  }

  /** Deploys and connects the accounts that are new. */
  async deploy(flows: FlowNode[], type?: 'full' | 'nodes' | 'flows'): Promise<void> {
    await this.red.deploy(this.connected(flows), type);
    await this.register(flows);
  }

  /** Accounts speak to the simulator, and are reached on loopback. */
  connected(flows: FlowNode[]): FlowNode[] {
    const domain = `http://127.0.0.1:${this.port}`;
    return flows.map((node) =>
      node.type === 'whatsapp-account' ? { domain, baseUrl: this.simulator.url, ...node } : node,
    );
  }

  async register(flows: FlowNode[]): Promise<void> {
    for (const node of flows) {
      if (node.type !== 'whatsapp-account' || !node.credentials) continue;
      const { accountSid, authToken, webhookSecret } = node.credentials as Record<string, string>;
      this.simulator.register({
        provider: node.provider as 'twilio' | 'sinch',
        phone: String(node.phone),
        accountSid: accountSid ?? '',
        authToken: authToken ?? '',
        webhookUrl: await this.receiveUrl(node.id),
        ...(node.appId ? { appId: String(node.appId) } : {}),
        ...(webhookSecret ? { webhookSecret } : {}),
        name: String(node.name),
        key: String(node.key),
      });
    }
  }

  /** The Receive URL of an account node, once the deploy has settled. */
  async receiveUrl(nodeId: string): Promise<string> {
    const until = Date.now() + 10_000;
    for (;;) {
      try {
        return await receiveUrl(this.red, nodeId);
      } catch (error) {
        // The store hears of a deploy a moment after the flows have started.
        if (Date.now() > until) throw new Error(`${(error as Error).message}\n${this.red.log().slice(-4000)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  async desk(username: string, headers?: Record<string, string>): Promise<Desk> {
    const desk = await Desk.signIn(this.red.url, username, passwordOf(username), headers);
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

/** Writes agents into the store before Node-RED owns it. */
async function seedAgents(file: string, people: Person[]): Promise<void> {
  const engine = await startThread({ file, settings: { offlineAfter: 60 } });
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
