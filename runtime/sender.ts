import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect, Engine, SendJob } from '../core/api.ts';
import type { OutboundMessage, SendResult } from '../providers/provider.ts';
import type { Log } from '../server/log.ts';
import type { Accounts } from './accounts.ts';
import { Alarms } from './alarms.ts';
import type { Media } from './media/media.ts';
import type { Templates } from './templates.ts';

/** Messages of one account that are at the provider at the same time. */
const CONCURRENCY = 20;
/** ms that the sending of an account is held up at most. */
const LONGEST_HOLD = 3_600_000;

/**
 * Sends what is queued in the store, per account, in order per contact (the store claims it so). Asks only when something was queued:
 * there is no polling.
 */
export class Sender {
  readonly #engine: Engine;
  readonly #accounts: Accounts;
  readonly #templates: Templates;
  readonly #media: Media;
  readonly #log: Log;
  /** Called when an account's state changed. */
  readonly #changed: () => void;
  /** By account, for the next time at which something of it is due. */
  readonly #alarms = new Alarms((account) => this.#wake(account));
  /** By account: nothing goes before. */
  readonly #holds = new Map<string, number>();
  readonly #busy = new Map<string, number>();
  /** Accounts that asked again while their last claim was under way. */
  readonly #again = new Set<string>();
  readonly #claiming = new Set<string>();
  #stopped = false;
  #leaving = false;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    engine: Engine,
    accounts: Accounts,
    { templates, media }: { templates: Templates; media: Media },
    log: Log,
    changed: () => void,
  ) {
    this.#engine = engine;
    this.#accounts = accounts;
    this.#templates = templates;
    this.#media = media;
    this.#log = log;
    this.#changed = changed;
  }

  effect(effect: Extract<Effect, { kind: 'outgoing' }>): void {
    if (effect.hold) this.#holds.set(effect.account, effect.at);
    this.#alarms.set(effect.account, effect.at);
  }

  /** Claims nothing more. Resolves when what is at the provider is answered and stored, or after `ms`. */
  async leave(ms: number): Promise<void> {
    this.#leaving = true;
    const late = new AbortController();
    const limit = sleep(ms, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([limit, Promise.allSettled(this.#underWay)]);
    late.abort();
  }

  stop(): void {
    this.#stopped = true;
    this.#alarms.clear();
  }

  #wake(account: string): void {
    // An account that is not deployed keeps its queue.
    if (this.#stopped || this.#leaving || !this.#accounts.known(account)) return;
    const hold = this.#holds.get(account) ?? 0;
    const wait = hold - Date.now();
    // A longer one is from a clock that was ahead; the store knows.
    if (wait > 0 && wait <= LONGEST_HOLD) {
      this.#alarms.set(account, hold);
      return;
    }
    if (this.#claiming.has(account)) {
      this.#again.add(account);
      return;
    }
    const free = CONCURRENCY - (this.#busy.get(account) ?? 0);
    if (free <= 0) return;
    this.#claiming.add(account);
    this.#engine.run('claimOutgoing', { accounts: [account], limit: free }).then(
      (jobs) => {
        this.#claiming.delete(account);
        for (const job of jobs) this.#send(job);
        if (this.#again.delete(account) || jobs.length === free) this.#wake(account);
      },
      (error: unknown) => {
        this.#claiming.delete(account);
        if (this.#stopped) return;
        this.#log.error(`Messages wait to be sent, but the store does not answer: ${(error as Error).message}`);
        this.#alarms.set(account, Date.now() + 5000);
      },
    );
  }

  #send(job: SendJob): void {
    this.#busy.set(job.account, (this.#busy.get(job.account) ?? 0) + 1);
    const work = this.#attempt(job)
      .then((result) => this.#finish(job, result))
      .catch((error: unknown) => {
        if (!this.#stopped)
          this.#log.error(
            `The outcome of sending message ${job.message} could not be stored: ${(error as Error).message}`,
          );
      })
      .finally(() => {
        this.#underWay.delete(work);
        this.#busy.set(job.account, (this.#busy.get(job.account) ?? 1) - 1);
        this.#wake(job.account);
      });
    this.#underWay.add(work);
  }

  async #attempt(job: SendJob): Promise<SendResult> {
    const known = this.#accounts.known(job.account);
    if (!known)
      return {
        outcome: 'rejected',
        code: 'account_removed',
        reason: 'account',
        message: 'The account was removed.',
        retry: true,
        retryAfter: 30,
      };
    const message: OutboundMessage = { id: job.message, to: job.to };
    if (job.text) message.text = job.text;
    if (job.content?.location) message.location = job.content.location;
    if (job.content?.buttons) message.buttons = job.content.buttons;
    if (job.content?.template) message.template = job.content.template;
    if (known.webhook.publicUrl) message.statusCallback = known.receiveUrl;
    const file = job.content?.media?.[0];
    try {
      if (file?.hash) message.media = await this.#media.outbound(job, file, known.webhook.publicUrl);
    } catch {
      const message = 'The file could not be prepared.';
      return { outcome: 'rejected', code: 'internal', reason: 'temporary', message, retry: true, retryAfter: 5 };
    }
    try {
      return await known.webhook.provider.send(known.webhook.account, message);
    } catch {
      // A provider answers with a result for everything; whatever else happens may have happened after the request went out.
      return { outcome: 'ambiguous', code: 'internal', message: 'The send ended unexpectedly.' };
    }
  }

  async #finish(job: SendJob, result: SendResult): Promise<void> {
    await this.#engine.run('finishOutgoing', { message: job.message, result });
    if (result.outcome === 'rejected' && result.reason === 'template') this.#templates.refused(job.account);
    if (result.outcome === 'rejected' && result.reason === 'account') {
      await this.#engine.run('accountError', { account: job.account, error: `${result.code}: ${result.message}` });
      this.#changed();
    }
  }
}
