import type { Effect } from '../core/api.ts';
import type { Accounts } from './accounts.ts';

type SignEffect = Extract<Effect, { kind: 'sign' }>;

/** ms between two signs of the same kind in one conversation: what is shown lasts longer. */
const EVERY = 8000;
/** Conversations whose last sign is remembered. */
const REMEMBERED = 2000;
/** Calls of all accounts that are under way at the same time; what is more is left out. */
const CONCURRENCY = 20;

/** Shows contacts that they were read and are being answered. Nobody waits for it, and what fails is only not seen. */
export class Signs {
  readonly #accounts: Accounts;
  readonly #lastAt = new Map<string, number>();
  #busy = 0;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  effect({ account, interaction, sign, message, to }: SignEffect): void {
    const known = this.#accounts.known(account);
    const provider = known?.webhook.provider;
    if (!known || !provider?.showSign || this.#busy >= CONCURRENCY) return;
    const key = `${sign} ${interaction}${sign === 'read' ? ` ${message}` : ''}`;
    const now = Date.now();
    const before = this.#lastAt.get(key);
    if (before !== undefined && now - before >= 0 && now - before < EVERY) return;
    this.#lastAt.delete(key);
    this.#lastAt.set(key, now);
    if (this.#lastAt.size > REMEMBERED) this.#lastAt.delete(this.#lastAt.keys().next().value as string);
    this.#busy++;
    provider
      .showSign(known.webhook.account, { sign, messageId: message, to })
      .catch(() => {})
      .finally(() => {
        this.#busy--;
      });
  }
}
