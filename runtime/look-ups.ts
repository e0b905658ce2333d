import type { Effect, Engine, LookUpJob } from '../core/api.ts';
import { ProviderError } from '../providers/failure.ts';
import type { LookUpResult } from '../providers/provider.ts';
import type { Log } from '../server/log.ts';
import type { Accounts } from './accounts.ts';
import { Alarms } from './alarms.ts';

/** Sends that are looked up in one go. */
const BATCH = 10;
/** ms until an account that could not be looked at is tried again. */
const RETRY = 5000;

/** Looks up sends that got no clear answer at their provider, when the store says that it is time to. */
export class LookUps {
  readonly #engine: Engine;
  readonly #accounts: Accounts;
  readonly #log: Log;
  /** By account: when it is looked at next. */
  readonly #alarms = new Alarms((account) => this.#look(account));
  readonly #busy = new Set<string>();
  /** Accounts that were due again meanwhile. */
  readonly #again = new Set<string>();
  #stopped = false;

  constructor(engine: Engine, accounts: Accounts, log: Log) {
    this.#engine = engine;
    this.#accounts = accounts;
    this.#log = log;
  }

  effect({ account, at }: Extract<Effect, { kind: 'look-up' }>): void {
    if (!this.#stopped) this.#alarms.set(account, at);
  }

  stop(): void {
    this.#stopped = true;
    this.#alarms.clear();
  }

  #look(account: string): void {
    // An account that is not deployed is looked at once it is.
    if (this.#stopped || !this.#accounts.known(account)) return;
    if (this.#busy.has(account)) {
      this.#again.add(account);
      return;
    }
    this.#busy.add(account);
    this.#lookAt(account)
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.#log.warn(`Sends without an answer could not be looked up: ${(error as Error).message}`);
        this.#alarms.set(account, Date.now() + RETRY);
      })
      .finally(() => {
        this.#busy.delete(account);
        if (this.#again.delete(account)) this.#look(account);
      });
  }

  async #lookAt(account: string): Promise<void> {
    const jobs = await this.#engine.run('claimLookUps', { account, limit: BATCH });
    for (const job of jobs) {
      const found = await this.#find(job);
      await this.#engine.run('finishLookUp', { message: job.message, found });
    }
  }

  async #find(job: LookUpJob): Promise<LookUpResult | null> {
    const known = this.#accounts.known(job.account);
    if (!known) return null;
    const { provider, account } = known.webhook;
    if (!provider.lookUp) return { outcome: 'ambiguous', code: 'no_list', message: 'The provider cannot be asked.' };
    const untaken = async (ids: string[]) => new Set(await this.#engine.run('missing', { account: job.account, ids }));
    try {
      const { message: id, to, type, text, since } = job;
      return await provider.lookUp(account, { id, to, type, text, since, untaken });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return null;
    }
  }
}
