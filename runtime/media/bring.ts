/** Files that a flow sends: from an address, or from a message that has one already. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreError, type Engine } from '../../core/api.ts';
import type { StoredFile } from '../../core/media/content.ts';
import { largestFile } from '../../providers/media-limits.ts';
import { DownloadFailed, download } from '../../server/media/download.ts';
import { FileRefused, type MediaFiles } from '../../server/media/files.ts';
import type { WebhookAccount } from '../../server/webhooks.ts';

/** ms for one file. */
const TIMEOUT = 60_000;
/** ms between looks for a file that is being fetched; a minute in all. */
const WAITS = [100, 200, 400, 800, 1500, 3000, 6000, 12_000, 12_000, 12_000, 12_000];
const OWN = /\/whatsapp\/api\/media\/([^/?#]+)\/(\d{1,3})$/;

/**
 * Fetches what is to be sent. `address`: of a file on the public internet, or a path of this server.
 * @throws CoreError 400 `media_url_invalid`, 422 `media_unreachable`, 409 `media_waiting`, `media_failed`
 */
export async function bringFile(
  engine: Pick<Engine, 'run'>,
  files: MediaFiles,
  account: WebhookAccount,
  address: string,
): Promise<StoredFile> {
  const own = address.startsWith('/') ? OWN.exec(address) : null;
  if (own) return ownFile(engine, own[1]!, Number(own[2]));
  const url = URL.parse(address, account.publicUrl || undefined);
  if (!url) throw new CoreError('media_url_invalid', 400, `"${address.slice(0, 200)}" is no address of a file.`);
  // What the account itself names may stand in a private network.
  const trusted = [account.publicUrl, account.account.baseUrl ?? ''].map((base) => URL.parse(base)?.origin);
  const limit = largestFile(account.provider.name);
  try {
    const found = await download(url.href, { trusted: (to) => trusted.includes(to.origin), limit, timeout: TIMEOUT });
    const fileName = found.fileName || lastOf(url);
    return await files.take(found.body, { limit, contentType: found.contentType, fileName });
  } catch (error) {
    if (error instanceof DownloadFailed || error instanceof FileRefused)
      throw new CoreError('media_unreachable', 422, `The file cannot be fetched (${error.code}): ${error.message}`);
    throw error;
  }
}

/** The file of a message. One that is still being fetched is waited for: a flow is often quicker than the provider's store. */
async function ownFile(engine: Pick<Engine, 'run'>, message: string, index: number): Promise<StoredFile> {
  for (const wait of [...WAITS, null]) {
    const file = await engine.run('mediaFile', { message, index, username: null });
    const { state, hash, size, contentType, fileName } = file;
    if (state === 'ready') return { hash, size, contentType, ...(fileName ? { fileName } : {}) };
    if (state === 'failed')
      throw new CoreError('media_failed', 409, 'The file of that message could not be fetched from the provider.');
    if (wait !== null) await sleep(wait, undefined, { ref: false });
  }
  throw new CoreError('media_waiting', 409, 'The file of that message is still being fetched from the provider.');
}

function lastOf(url: URL): string {
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
