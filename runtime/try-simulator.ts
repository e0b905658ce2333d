import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { CoreError } from '../core/api.ts';
import type { Log } from '../server/log.ts';
import type { Simulator } from '../simulator/server.ts';
import type { Accounts } from './accounts.ts';

/** What the account dialog fills in. */
export interface SimulatorOffer {
  url: string;
  baseUrl: string;
  accountSid: string;
  authToken: string;
  phone: string;
}

const FIRST_PORT = 1881;
const PORTS = 20;

/**
 * "Try it with the phone simulator": a simulator inside this Node-RED, on loopback only. It keeps its port, so that an account that
 * was pointed at it finds it again after a restart.
 */
export class TrySimulator {
  readonly #RED: NodeAPI;
  readonly #accounts: Accounts;
  readonly #log: Log;
  #simulator: Promise<Simulator> | null = null;

  constructor(RED: NodeAPI, accounts: Accounts, log: Log) {
    this.#RED = RED;
    this.#accounts = accounts;
    this.#log = log;
  }

  /** Starts the simulator and makes up credentials for an account of it. */
  async offer(body: { account: string | { phone?: string } }): Promise<SimulatorOffer> {
    const about = body.account;
    const phone =
      typeof about === 'string' ? this.#accounts.nodes.find((n) => n.nodeId === about)?.provider.phone : about.phone;
    this.#simulator ??= this.#start(await this.#savedPort());
    let simulator: Simulator;
    try {
      simulator = await this.#simulator;
    } catch (error) {
      this.#simulator = null;
      throw new CoreError(
        'simulator_failed',
        503,
        `The phone simulator could not be started: ${(error as Error).message}`,
      );
    }
    await this.#savePort(simulator.port);
    return {
      url: simulator.url,
      baseUrl: simulator.url,
      accountSid: `AC${randomBytes(16).toString('hex')}`,
      authToken: randomBytes(16).toString('hex'),
      phone: phone || `+1202555${String(100 + (randomBytes(1)[0]! % 100)).padStart(4, '0')}`,
    };
  }

  /** After a deploy: accounts that point at our simulator are connected with it; it is started again if it was used before. */
  async connect(): Promise<void> {
    const port = await this.#savedPort();
    if (port === null) return;
    for (const id of this.#accounts.ids) {
      const known = this.#accounts.known(id);
      if (!known) continue;
      const { baseUrl, provider, phone, accountSid, authToken } = known.node.provider;
      if (baseUrl !== `http://127.0.0.1:${port}` || provider === 'meta' || !accountSid || !authToken) continue;
      try {
        this.#simulator ??= this.#start(port);
        const simulator = await this.#simulator;
        simulator.register({
          provider,
          phone,
          accountSid,
          authToken,
          appId: known.node.provider.appId,
          webhookSecret: known.node.provider.webhookSecret,
          // It runs beside us: the public address, which it signs over, may not lead here yet.
          webhookUrl: this.#localUrl(known.receiveUrl),
          publicUrl: known.receiveUrl,
          name: known.node.config.name,
          key: known.node.config.key,
        });
      } catch (error) {
        this.#simulator = null;
        this.#log.warn(
          `The phone simulator of account "${known.node.config.name}" does not run: ${(error as Error).message}`,
        );
      }
    }
  }

  #localUrl(receiveUrl: string): string {
    const settings = this.#RED.settings as unknown as { uiPort?: number; https?: unknown };
    const path = receiveUrl.replace(/^https?:\/\/[^/]+/, '');
    return `${settings.https ? 'https' : 'http'}://127.0.0.1:${settings.uiPort ?? 1880}${path}`;
  }

  /** The port that was used before, else the first free one. */
  async #start(port: number | null): Promise<Simulator> {
    // Loaded on demand: most runtimes never need it.
    const { startSimulator } = await import('../simulator/server.ts');
    if (port !== null) return startSimulator({ port, host: '127.0.0.1' });
    for (let p = FIRST_PORT; p < FIRST_PORT + PORTS; p++) {
      try {
        return await startSimulator({ port: p, host: '127.0.0.1' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
    return startSimulator({ port: 0, host: '127.0.0.1' });
  }

  get #file(): string {
    const { userDir } = this.#RED.settings as { userDir?: string };
    return join(userDir ?? process.cwd(), 'whatsapp-connector', 'simulator.json');
  }

  async #savedPort(): Promise<number | null> {
    try {
      const { port } = JSON.parse(await readFile(this.#file, 'utf8')) as { port?: unknown };
      return typeof port === 'number' ? port : null;
    } catch {
      return null;
    }
  }

  async #savePort(port: number): Promise<void> {
    await mkdir(join(this.#file, '..'), { recursive: true, mode: 0o700 });
    await writeFile(this.#file, JSON.stringify({ port }));
  }

  async close(): Promise<void> {
    const simulator = await this.#simulator?.catch(() => null);
    this.#simulator = null;
    await simulator?.close();
  }
}
