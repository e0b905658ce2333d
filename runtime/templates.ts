import { CoreError, type Engine } from '../core/api.ts';
import { ProviderError } from '../providers/failure.ts';
import type { Log } from '../server/log.ts';
import type { Accounts } from './accounts.ts';

/** A list that is younger than this (ms) is not asked for again because of a refusal. */
const YOUNG = 30_000;
/** An older list (ms) is asked for again when somebody looks at it. */
const OLD = 600_000;

/** Keeps the templates in the store as the providers list them: asked for when they are looked at or refused, never by a clock. */
export class Templates {
  readonly #engine: Engine;
  readonly #accounts: Accounts;
  readonly #log: Log;
  /** By account: the listing under way, and when the last one began. */
  readonly #asking = new Map<string, Promise<void>>();
  readonly #askedAt = new Map<string, number>();

  constructor(engine: Engine, accounts: Accounts, log: Log) {
    this.#engine = engine;
    this.#accounts = accounts;
    this.#log = log;
  }

  /**
   * Resolves when the list is not older than that; a list that could not be had says so in the store. `account`: store id.
   * @param age ms; absent = as for somebody who looks at it
   */
  async fresh(account: string, age = OLD): Promise<void> {
    const asking = this.#asking.get(account);
    if (asking !== undefined) return asking;
    if (Date.now() - (this.#askedAt.get(account) ?? 0) < age) return;
    const work = this.#list(account).finally(() => this.#asking.delete(account));
    this.#asking.set(account, work);
    return work;
  }

  async #list(account: string): Promise<void> {
    const known = this.#accounts.known(account);
    if (!known) return;
    this.#askedAt.set(account, Date.now());
    const { provider, account: credentials } = known.webhook;
    try {
      const templates = await provider.templates(credentials);
      await this.#engine.run('storeTemplates', { account, templates, error: null });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.#log.warn(`Account "${known.node.config.name}": ${error.message}`);
      await this.#engine.run('storeTemplates', { account, templates: null, error: error.message });
    }
  }

  /**
   * Runs what may use a template, of its own or of the account; if it is refused because of it, the list is brought up to date and it is
   * run once more. `account`: its store id, asked for only then.
   */
  async using<T>(account: () => string | null | Promise<string | null>, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const refused = error instanceof CoreError && error.code.startsWith('template_');
      const id = refused ? await account() : null;
      if (id === null) throw error;
      await this.fresh(id, YOUNG);
      return work();
    }
  }

  /** A provider refused a template: what is known of it is out of date. */
  refused(account: string): void {
    this.fresh(account, YOUNG).catch((error: unknown) =>
      this.#log.warn(`The list of templates could not be stored: ${(error as Error).message}`),
    );
  }
}
