/** What a message's `content` says of its files; `build-views.ts` leaves out what does not leave the server. */
import type { InboundMedia } from '../../providers/provider.ts';
import type { MediaState } from '../views.ts';

export interface KeptMedia {
  /** Provider URL or media id of what came in. */
  source?: string;
  contentType?: string;
  fileName?: string;
  /** Bytes. */
  size?: number;
  state?: MediaState;
  /** Why it is not here, a stable word. */
  error?: string;
  /** SHA-256 of its content, hex, once that is here. */
  hash?: string;
}

/** A content that is here, as a message is to have it. */
export interface StoredFile {
  hash: string;
  size: number;
  contentType: string;
  fileName?: string;
}

/** As it comes in: to be fetched. */
export const toFetch = (media: InboundMedia[] | undefined): KeptMedia[] | undefined =>
  media?.map((m) => ({ ...m, state: 'waiting' }));

interface HasContent {
  content: string | null;
}

/** The files of a message as they are kept. */
export function mediaOf({ content }: HasContent): KeptMedia[] {
  return content ? ((JSON.parse(content) as { media?: KeptMedia[] }).media ?? []) : [];
}

/** A message's content with another file in one place. */
export function contentWith({ content }: HasContent, index: number, file: KeptMedia): string {
  const all = (content ? JSON.parse(content) : {}) as { media?: KeptMedia[] };
  return JSON.stringify({ ...all, media: (all.media ?? []).map((m, i) => (i === index ? file : m)) });
}
