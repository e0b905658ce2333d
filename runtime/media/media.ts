import { CoreError, type Effect, type SendJob } from '../../core/api.ts';
import type { KeptMedia, StoredFile } from '../../core/media/content.ts';
import { extensionOf } from '../../providers/media-type.ts';
import type { OutboundMedia } from '../../providers/provider.ts';
import { type FileSend, fileSend } from '../../server/attach.ts';
import type { Log } from '../../server/log.ts';
import { MediaFiles } from '../../server/media/files.ts';
import { databaseShelf, directoryShelf } from '../../server/media/shelves.ts';
import { createPublicMedia, type PublicMedia } from '../../server/public-media.ts';
import type { Accounts } from '../accounts.ts';
import type { LazyEngine } from '../lazy-engine.ts';
import type { ConnectorSettings } from '../settings.ts';
import { bringFile } from './bring.ts';
import { Fetcher } from './fetcher.ts';

/** ms between two looks for what no message has any more: a look into an index that is empty most of the time. */
const SWEEP = 300_000;

/** Files of messages: where they are kept, who fetches them, and how they go out. */
export class Media {
  readonly files: MediaFiles;
  readonly public: PublicMedia;
  readonly #engine: LazyEngine;
  readonly #accounts: Accounts;
  readonly #fetcher: Fetcher;
  readonly #sweeping: NodeJS.Timeout;

  constructor(
    engine: LazyEngine,
    accounts: Accounts,
    { media, incoming }: Pick<ConnectorSettings, 'media' | 'incoming'>,
    { log, httpNodeRoot, now }: { log: Log; httpNodeRoot: string; now(): number },
  ) {
    this.#engine = engine;
    this.#accounts = accounts;
    const shelf = media === 'database' ? databaseShelf(engine) : directoryShelf(media);
    this.files = new MediaFiles(engine, shelf, incoming);
    this.public = createPublicMedia({ httpNodeRoot, engine, files: this.files, log, now });
    this.#fetcher = new Fetcher(engine, accounts, this.files, log);
    this.#sweeping = setInterval(() => {
      if (!engine.running) return;
      this.files.sweep(now()).catch((error: unknown) => {
        log.warn(`Files that are not needed any more could not be removed: ${(error as Error).message}`);
      });
    }, SWEEP).unref();
  }

  effect(effect: Extract<Effect, { kind: 'media' }>): void {
    this.#fetcher.effect(effect);
  }

  /**
   * Fetches a file that an account (store id) is to send.
   * @throws CoreError in plain words
   */
  async bring(account: string, address: string, text: string): Promise<FileSend> {
    const known = this.#accounts.known(account)?.webhook;
    if (!known) throw new CoreError('account_missing', 409, 'The account is not deployed.');
    const file: StoredFile = await bringFile(this.#engine, this.files, known, address);
    return fileSend(known.provider.name, file, text);
  }

  /** A file as a provider takes it: by an address of ours, or its bytes. */
  async outbound(job: SendJob, file: KeptMedia, publicUrl: string): Promise<OutboundMedia> {
    const { hash = '', size = 0, contentType = '', fileName } = file;
    return {
      type: job.type,
      contentType,
      fileName: fileName ?? `file${extensionOf(contentType)}`,
      size,
      link: await this.public.linkTo({ message: job.message, index: 0 }, publicUrl),
      open: async () => this.files.read(hash, size),
    };
  }

  stop(): void {
    this.#fetcher.stop();
    clearInterval(this.#sweeping);
  }
}
