/** Files that an agent sends, and kinds of files. */
import type { Media, Message } from '../shared/types.ts';

export type FileKind = 'image' | 'sticker' | 'audio' | 'video' | 'contact' | 'document';

/** As what a file is shown. */
export function kindOf(media: Pick<Media, 'contentType'>, type = ''): FileKind {
  const main = /^(image|audio|video)\//.exec(media.contentType ?? '')?.[1] as 'image' | 'audio' | 'video' | undefined;
  if (main === 'image' && type === 'sticker') return 'sticker';
  if (main) return main;
  return type === 'contact' || media.contentType === 'text/vcard' ? 'contact' : 'document';
}

/** The end of a file's name, in capitals, or of its type: PDF, DOCX. */
export function shortType({ fileName = '', contentType = '' }: Pick<Media, 'fileName' | 'contentType'>): string {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(fileName)?.[1] ?? /\/([a-z0-9]{1,5})$/.exec(contentType)?.[1] ?? '';
  return ending.toUpperCase();
}

/** A file that has not arrived at the server yet. The browser has it only as long as the page is open. */
export interface FileItem {
  /** The Idempotency-Key, kept over repeats. */
  key: string;
  interactionId: string;
  file: File;
  /** Its caption. */
  text: string;
  /** Of a picture: an address within the page, '' for others. */
  preview: string;
  at: string;
  state: 'waiting' | 'sending' | 'failed';
  failure?: string;
  /** From 0 to 1. */
  progress: number;
}

/** Largest file a provider takes, bytes: what is larger is not even sent to the server. */
export const LARGEST = 100 * 1024 * 1024;
/** Files chosen at once. */
export const MOST = 10;

/** Why a file cannot be sent, as a code of `failure`; empty if it may be tried. */
export function problemOf(file: Pick<File, 'size'>): string {
  if (file.size === 0) return 'media_empty';
  return file.size > LARGEST ? 'too_large' : '';
}

/** Those to show below a conversation: the event about a message may come before the answer to its sending. */
export function pendingFiles(
  items: readonly FileItem[],
  interactionId: string,
  messages: readonly Message[],
  me: string,
): FileItem[] {
  return items.filter((item) => {
    if (item.interactionId !== interactionId) return false;
    if (item.state !== 'sending' || item.progress < 1) return true;
    // Two seconds of slack between the clocks of the browser and the server.
    return !messages.some(
      ({ direction, author, media, at }) =>
        direction === 'out' &&
        author === me &&
        media?.[0]?.size === item.file.size &&
        Date.parse(at) + 2000 >= Date.parse(item.at),
    );
  });
}

/** Files of something that was pasted or dropped. A table that was copied brings a picture of itself: its text counts. */
export function filesIn(data: DataTransfer | null): File[] {
  if (!data || data.types.includes('text/plain')) return [];
  return [...data.files];
}
