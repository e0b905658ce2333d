/** Sends a file from the desk. */
import type { IncomingMessage } from 'node:http';
import { CoreError, type Engine } from '../core/api.ts';
import type { StoredFile } from '../core/media/content.ts';
import type { MessageView } from '../core/views.ts';
import { isProblem, largestFile, sendable } from '../providers/media-limits.ts';
import type { ProviderName } from '../providers/provider.ts';
import { ClientGone, drain } from './json.ts';
import type { MediaFiles } from './media/files.ts';
import { readUpload } from './media/upload.ts';

/** Characters of a caption; a longer text follows by itself. */
const LONGEST_CAPTION = 1024;

/** What a file goes out as; `textAfter`: what follows it, because it cannot be its caption. */
export interface FileSend {
  type: MessageView['type'];
  text: string;
  textAfter?: string;
  file: StoredFile;
}

/**
 * A file as its provider sends it, within the provider's limits.
 * @throws CoreError 422 `media_type`, `media_size`, `media_empty` in plain words
 */
export function fileSend(provider: ProviderName, file: StoredFile, text: string): FileSend {
  const found = sendable(provider, file);
  if (isProblem(found)) throw new CoreError(found.code, 422, found.message);
  const isCaption = found.caption && [...text].length <= LONGEST_CAPTION;
  if (isCaption || text === '') return { type: found.kind, text, file };
  return { type: found.kind, text: '', textAfter: text, file };
}

/** Reads the form of a call and queues its file. Who may not send, or not now, is told before anything is read. */
export async function attach(
  req: IncomingMessage,
  engine: Engine,
  files: MediaFiles,
  to: { interaction: string; username: string; idempotencyKey?: string },
): Promise<{ message: MessageView }> {
  const { provider, message } = await engine.run('mayAttach', to).catch((error: unknown) => {
    drain(req);
    throw error;
  });
  const limit = largestFile(provider);
  if (message) {
    // Read to its end: a client whose first call was not answered is to get this answer.
    drain(req, limit);
    return { message };
  }
  const { file, text } = await readUpload(req, files, limit);
  if (req.destroyed && !req.complete) throw new ClientGone();
  return engine.run('sendFile', { ...to, ...fileSend(provider, file, text) });
}
