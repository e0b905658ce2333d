import { randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { CoreError } from '../core/api.ts';
import type { ProviderAccount, ProviderName } from '../providers/provider.ts';
import type { Log } from '../server/log.ts';
import type { Simulator } from '../simulator/server.ts';
import type { Accounts } from './accounts.ts';
import { inventCredentials } from './simulated-credentials.ts';

/** The address of the phone page, and what the account dialog fills in. */
export type SimulatorOffer = { url: string } & ProviderAccount;

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

  /** Starts the simulator and makes up credentials for an account of it, at the provider that it is to stand in for. */
  async offer(body: { account: string | { phone?: string }; provider?: ProviderName }): Promise<SimulatorOffer> {
    const about = body.account;
    const known =
      typeof about === 'string' ? this.#accounts.nodes.find((n) => n.nodeId === about)?.provider : undefined;
    const phone = typeof about === 'string' ? known?.phone : about.phone;
    const provider = body.provider ?? known?.provider ?? 'twilio';
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
      provider,
      phone: phone || `+1202555${String(100 + randomInt(100)).padStart(4, '0')}`,
      ...inventCredentials(provider),
    };
  }

  /** After a deploy: accounts that point at our simulator are connected with it; it is started again if it was used before. */
  async connect(): Promise<void> {
    const port = await this.#savedPort();
    if (port === null) return;
    for (const id of this.#accounts.ids) {
      const known = this.#accounts.known(id);
      if (!known) continue;
      const account = known.node.provider;
      if (account.baseUrl !== `http://127.0.0.1:${port}` || known.webhook.provider.check(account).length > 0) continue;
      try {
        this.#simulator ??= this.#start(port);
        const simulator = await this.#simulator;
        simulator.register({
          ...account,
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
