/** The commands about files of messages. The contents themselves are kept outside of transactions (`server/media/`). */
import type { ProviderName } from '../../providers/provider.ts';
import type { MessageView } from '../views.ts';
import type { StoredFile } from './content.ts';

/** A file that is to be fetched from the provider now. */
export interface FetchJob {
  message: string;
  index: number;
  account: string;
  /** Provider URL or media id. */
  source: string;
  contentType?: string;
  fileName?: string;
  /** This one counted. */
  attempts: number;
}

/** What became of an attempt. `retry`: worth another one, later; `code`: a stable word; `type`: of the message, where its content says better than the provider did. */
export type FetchResult = { file: StoredFile; type?: MessageView['type'] } | { code: string; retry: boolean };

/** A file as it may be given out. */
export interface MediaFile {
  state: 'waiting' | 'ready' | 'failed';
  /** '' unless it is ready. */
  hash: string;
  size: number;
  contentType: string;
  fileName: string;
}

export interface MediaCommands {
  /** Claims what may be fetched now. `next`: when there is more to do, epoch ms. */
  claimMedia: [{ account: string; limit: number }, { jobs: FetchJob[]; next: number | null }];
  finishMedia: [{ message: string; index: number; result: FetchResult }, { state: 'waiting' | 'ready' | 'failed' }];
  /** Fetches a file once more that could not be fetched. Whoever sees the message may ask for it. */
  retryMedia: [{ message: string; index: number; username: string }, { message: MessageView }];
  /** `username`: who wants to see it; null: the server itself, for what it may give out anyway. */
  mediaFile: [{ message: string; index: number; username: string | null }, MediaFile];
  /** A content that is about to be kept. Refused with 503 `media_busy` while the same one is being removed. */
  noteFile: [{ hash: string; size: number }, null];
  /** Contents that no message has any more, to be removed and then dropped. */
  unusedFiles: [{ limit: number }, { hashes: string[] }];
  dropFiles: [{ hashes: string[] }, null];
  /** Contents in the database. */
  putPiece: [{ hash: string; number: number; data: string }, null];
  piece: [{ hash: string; number: number }, string | null];
  hasPieces: [{ hash: string }, boolean];
  dropPieces: [{ hash: string }, null];
  /** What public addresses of files are signed with; made at the first call. */
  mediaSecret: [{ proposed: string }, string];
  /** Whether an agent may send a file into an interaction now, and through which provider. */
  mayAttach: [
    { interaction: string; username: string; idempotencyKey?: string },
    { provider: ProviderName /** The first answer to that key. */; message: MessageView | null },
  ];
  /** From the desk; `text` is the caption. A repeated idempotency key gives the first answer. */
  sendFile: [
    {
      interaction: string;
      username: string;
      text: string;
      /** A message of its own that follows the file. */
      textAfter?: string;
      file: StoredFile;
      type: MessageView['type'];
      idempotencyKey?: string;
    },
    { message: MessageView },
  ];
}
