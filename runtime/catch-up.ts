import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../core/api.ts';
import { ProviderError } from '../providers/failure.ts';
import type { InboundMessage } from '../providers/provider.ts';
import type { Log } from '../server/log.ts';
import type { Accounts } from './accounts.ts';

/** ms between two looks while all is well: also what was refused here, or lost on its way, is found. */
const EVERY = 15 * 60_000;
/** ms that are listed again: clocks differ, and providers are not always up to date. What is here already is known by its id. */
const OVERLAP = 10 * 60_000;
/** ms a message is given to come by itself, with all that a list leaves out, such as buttons and the name of its writer. */
const SETTLE = 2 * 60_000;
/** Messages of one transaction, and the pause (ms) after it, so that webhooks are not held up. */
const BATCH = 50;
const PACE = 50;
/** A range (ms) that is not made smaller if it holds more than can be listed. */
const SMALLEST = 60_000;
/** ms before a look that failed is repeated: doubled each time, up to the last one. */
const RETRY = 5000;
const LONGEST_RETRY = 5 * 60_000;

interface Watched {
  id: string;
  /** When it came or changed, epoch ms: what is from before and not here was missed, even if it is from a moment ago. */
  since: number;
  /** How the provider is reached and reaches us; what was wrong in it may have lost messages. */
  settings: string;
  timer: NodeJS.Timeout | null;
  running: boolean;
  failures: number;
  /** The last failure that was told. */
  told: string;
}

/**
 * Fetches from the provider's list what an account missed: while the process was down or the account was not deployed, and what its
 * webhook lost. It enters as if it had been delivered. How far everything is here is kept in the store.
 */
export class CatchUp {
  readonly #engine: Engine;
  readonly #accounts: Accounts;
  readonly #log: Log;
  /** Called when an account's state changed. */
  readonly #changed: () => void;
  readonly #watched = new Map<string, Watched>();
  #stopped = false;

  constructor(engine: Engine, accounts: Accounts, log: Log, changed: () => void) {
    this.#engine = engine;
    this.#accounts = accounts;
    this.#log = log;
    this.#changed = changed;
  }

  /** After each deploy: an account that was not there before has a gap behind it; one that fails is tried with its new settings. */
  settled(): void {
    const ids = new Set(this.#accounts.ids);
    for (const [id, watched] of this.#watched) {
      if (ids.has(id)) continue;
      clearTimeout(watched.timer ?? undefined);
      this.#watched.delete(id);
      this.#accounts.setTrouble(id, null);
    }
    for (const id of ids) {
      const settings = this.#settingsOf(id);
      let watched = this.#watched.get(id);
      const isNew = watched === undefined;
      watched ??= { id, since: Date.now(), settings, timer: null, running: false, failures: 0, told: '' };
      this.#watched.set(id, watched);
      const again = watched.failures > 0 || watched.settings !== settings;
      watched.settings = settings;
      if (again) watched.since = Date.now();
      // What runs already began before this deploy, and looks again when it has failed.
      if (watched.running || !(isNew || again)) continue;
      clearTimeout(watched.timer ?? undefined);
      this.#run(watched);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const watched of this.#watched.values()) clearTimeout(watched.timer ?? undefined);
  }

  #isLive(watched: Watched): boolean {
    return !this.#stopped && this.#watched.get(watched.id) === watched;
  }

  #settingsOf(id: string): string {
    const known = this.#accounts.known(id);
    return JSON.stringify([known?.webhook.account, known?.webhook.publicUrl]);
  }

  #run(watched: Watched): void {
    watched.timer = null;
    watched.running = true;
    this.#look(watched)
      .then(
        () => this.#well(watched),
        (error: unknown) => this.#failed(watched, error),
      )
      .catch((error: unknown) => {
        if (!this.#stopped) this.#log.error(`Catching up with a provider ended: ${(error as Error).message}`);
      });
  }

  async #look(watched: Watched): Promise<void> {
    const account = watched.id;
    // What is missing in its settings is told elsewhere; until that is mended there is nobody to ask.
    if (!this.#accounts.canAsk(account)) return;
    const until = Math.max(watched.since, Date.now() - SETTLE);
    const known = await this.#engine.run('listedUntil', { account });
    if (known === null) return;
    // A clock that was ahead must not hide anything for as long.
    let from = Math.min(known.until, until - 1);
    let to = until;
    while (from < until && this.#isLive(watched)) {
      const { inbound, complete } = await this.#list(account, Math.max(from - OVERLAP, known.since), to);
      if (!complete && to - from > SMALLEST) {
        to = from + Math.floor((to - from) / 2);
        continue;
      }
      await this.#take(watched, inbound.reverse());
      if (!this.#isLive(watched)) return;
      await this.#engine.run('noteListed', { account, until: to });
      from = to;
      to = until;
    }
  }

  async #list(account: string, since: number, until: number) {
    const known = this.#accounts.known(account);
    if (!known?.webhook.provider.list) return { inbound: [], complete: true };
    return known.webhook.provider.list(known.webhook.account, since, {
      until,
      inboundOnly: true,
      wanted: async (ids) => new Set(await this.#engine.run('missing', { account, ids })),
    });
  }

  /** Oldest first, so that each conversation is in its order. */
  async #take(watched: Watched, messages: InboundMessage[]): Promise<void> {
    const account = watched.id;
    for (let i = 0; i < messages.length && this.#isLive(watched); i += BATCH) {
      if (i > 0) await sleep(PACE, undefined, { ref: false });
      await this.#engine.run('ingest', { account, events: messages.slice(i, i + BATCH) });
    }
    if (messages.length > 0)
      this.#log.info(`${this.#nameOf(account)}: ${messages.length} missed messages were fetched from the provider`);
  }

  async #well(watched: Watched): Promise<void> {
    watched.running = false;
    if (!this.#isLive(watched)) return;
    watched.timer = setTimeout(() => this.#run(watched), EVERY).unref();
    watched.failures = 0;
    if (watched.told === '') return;
    watched.told = '';
    this.#accounts.setTrouble(watched.id, null);
    await this.#engine.run('accountError', { account: watched.id, error: null });
    this.#changed();
  }

  async #failed(watched: Watched, error: unknown): Promise<void> {
    watched.running = false;
    if (!this.#isLive(watched)) return;
    const wait = Math.min(LONGEST_RETRY, RETRY * 2 ** watched.failures++) * (0.75 + Math.random() / 2);
    watched.timer = setTimeout(() => this.#run(watched), wait).unref();
    // Only words of our own, or such as have had their secrets taken out, go on from here.
    const isProvider = error instanceof ProviderError;
    const code = isProvider ? error.code : 'list_failed';
    const message = isProvider ? error.message : 'what was missed could not be taken in';
    if (!isProvider) this.#log.warn(`${this.#nameOf(watched.id)}: ${(error as Error).message}`);
    if (watched.told === message) return;
    watched.told = message;
    this.#log.warn(`${this.#nameOf(watched.id)}: missed messages cannot be fetched, this is tried again: ${message}`);
    this.#accounts.setTrouble(watched.id, { code, message });
    this.#changed();
    await this.#engine.run('accountError', { account: watched.id, error: `${code}: ${message}` });
  }

  #nameOf(account: string): string {
    return this.#accounts.known(account)?.webhook.key ?? account;
  }
}
