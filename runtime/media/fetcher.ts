import type { Effect, Engine } from '../../core/api.ts';
import type { FetchJob, FetchResult } from '../../core/media/api.ts';
import { ProviderError } from '../../providers/failure.ts';
import { typeOfContent } from '../../providers/media-type.ts';
import type { Log } from '../../server/log.ts';
import { DownloadFailed, download } from '../../server/media/download.ts';
import { FileRefused, type MediaFiles } from '../../server/media/files.ts';
import type { Accounts } from '../accounts.ts';
import { Alarms } from '../alarms.ts';

/** Files of one account that are fetched at the same time. */
const CONCURRENCY = 4;
/** Bytes; WhatsApp's own limit for documents. */
const LIMIT = 100 * 1024 * 1024;
/** ms for one file. */
const TIMEOUT = 300_000;

/**
 * Fetches the files of incoming messages. What is to be fetched, and when, is in the store: nothing is lost when the process ends. Asks
 * only when something was written there: there is no polling.
 */
export class Fetcher {
  readonly #engine: Engine;
  readonly #accounts: Accounts;
  readonly #files: MediaFiles;
  readonly #log: Log;
  /** By account the next look. */
  readonly #alarms = new Alarms((account) => this.#wake(account));
  readonly #busy = new Map<string, number>();
  readonly #claiming = new Set<string>();
  readonly #again = new Set<string>();
  readonly #stop = new AbortController();

  constructor(engine: Engine, accounts: Accounts, files: MediaFiles, log: Log) {
    this.#engine = engine;
    this.#accounts = accounts;
    this.#files = files;
    this.#log = log;
  }

  effect({ account, at }: Extract<Effect, { kind: 'media' }>): void {
    if (!this.#stop.signal.aborted) this.#alarms.set(account, at);
  }

  stop(): void {
    this.#stop.abort();
    this.#alarms.clear();
  }

  #wake(account: string): void {
    // An account that is not deployed keeps its queue.
    if (this.#stop.signal.aborted || !this.#accounts.known(account)) return;
    if (this.#claiming.has(account)) {
      this.#again.add(account);
      return;
    }
    const limit = CONCURRENCY - (this.#busy.get(account) ?? 0);
    if (limit <= 0) return;
    this.#claiming.add(account);
    this.#engine
      .run('claimMedia', { account, limit })
      .then(
        ({ jobs, next }) => {
          for (const job of jobs) this.#start(job);
          // With all places taken, the next one that is done looks again.
          if (next !== null && jobs.length < limit) this.#alarms.set(account, Math.max(next, Date.now() + 50));
        },
        (error: unknown) => {
          if (this.#stop.signal.aborted) return;
          this.#log.warn(`Files wait to be fetched, but the store does not answer: ${(error as Error).message}`);
          this.#alarms.set(account, Date.now() + 5000);
        },
      )
      .finally(() => {
        this.#claiming.delete(account);
        if (this.#again.delete(account)) this.#wake(account);
      });
  }

  #start(job: FetchJob): void {
    const { account, message, index } = job;
    this.#busy.set(account, (this.#busy.get(account) ?? 0) + 1);
    this.#attempt(job)
      .then(async (result) => {
        // What a stop has broken off is begun again after the start.
        if (this.#stop.signal.aborted) return;
        const { state } = await this.#engine.run('finishMedia', { message, index, result });
        if (state === 'failed' && 'code' in result)
          this.#log.warn(`A file of message ${message} could not be fetched: ${result.code}`);
      })
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#log.error(`What became of a file of message ${message} is not stored: ${(error as Error).message}`);
      })
      .finally(() => {
        this.#busy.set(account, (this.#busy.get(account) ?? 1) - 1);
        this.#wake(account);
      });
  }

  async #attempt(job: FetchJob): Promise<FetchResult> {
    const known = this.#accounts.known(job.account);
    if (!known) return { code: 'account_removed', retry: true };
    const { provider, account } = known.webhook;
    try {
      const at = await provider.media.locate(account, job.source);
      const url = new URL(at.url);
      const found = await download(at.url, {
        trusted: (to) => to.origin === URL.parse(account.baseUrl ?? '')?.origin,
        headers: await provider.media.credentials(account, url),
        limit: LIMIT,
        timeout: TIMEOUT,
        signal: this.#stop.signal,
      });
      const declared = job.contentType ?? at.contentType ?? found.contentType;
      const file = await this.#files.take(found.body, {
        limit: LIMIT,
        contentType: declared,
        fileName: job.fileName || found.fileName,
        sha256: at.sha256,
      });
      if (file.size === 0) return { code: 'empty', retry: true };
      // Who named no type in the message could not say of what kind it is.
      return job.contentType === undefined ? { file, type: typeOfContent(file.contentType) } : { file };
    } catch (error) {
      return this.#failure(error);
    }
  }

  #failure(error: unknown): FetchResult {
    if (error instanceof DownloadFailed) return { code: error.code, retry: error.retry };
    if (error instanceof FileRefused) return { code: error.code, retry: error.code === 'hash_mismatch' };
    if (error instanceof ProviderError) return { code: error.code, retry: error.reason !== 'media' };
    const { code } = error as NodeJS.ErrnoException;
    // Of the disk, most likely; it is the administrator's to mend, and tried again.
    if (!this.#stop.signal.aborted) this.#log.warn(`A file could not be kept: ${(error as Error).message}`);
    return { code: typeof code === 'string' ? code : 'internal', retry: true };
  }
}
