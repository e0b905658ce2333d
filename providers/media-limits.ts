/** What files each provider sends, in which size, and with which captions. */
import type { MessageType, ProviderName } from './provider.ts';

/** As what a file goes out. */
export type SentKind = Extract<MessageType, 'image' | 'audio' | 'video' | 'document' | 'sticker' | 'contact'>;

export interface Sendable {
  kind: SentKind;
  /** The text goes with it; else it is a message of its own. */
  caption: boolean;
}

/** Why a file cannot be sent, in plain words. */
export interface MediaProblem {
  code: 'media_type' | 'media_size' | 'media_empty';
  message: string;
}

interface Rule {
  kind: SentKind;
  types: readonly string[] | 'any';
  /** Bytes. */
  limit: number;
  caption: boolean;
  /** Endings or names that people know. */
  named: string;
}

const MB = 1024 * 1024;
const OFFICE = [
  'application/pdf',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
];
const AUDIO = ['audio/aac', 'audio/mp4', 'audio/mpeg', 'audio/amr', 'audio/ogg'];
const VIDEO = ['video/mp4', 'video/3gpp'];
const OFFICE_NAMES = 'PDF, Word, Excel, PowerPoint';

/**
 * Sources: https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages,
 * https://developers.sinch.com/docs/conversation/message-types/media-message,
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
 */
const RULES: Record<ProviderName, readonly Rule[]> = {
  twilio: [
    { kind: 'image', types: ['image/jpeg', 'image/png'], limit: 5 * MB, caption: true, named: 'JPEG, PNG' },
    { kind: 'sticker', types: ['image/webp'], limit: 5 * MB, caption: false, named: 'WebP' },
    { kind: 'audio', types: AUDIO, limit: 16 * MB, caption: false, named: 'AAC, M4A, MP3, AMR, OGG' },
    { kind: 'video', types: ['video/mp4'], limit: 16 * MB, caption: false, named: 'MP4' },
    { kind: 'contact', types: ['text/vcard'], limit: 16 * MB, caption: false, named: 'vCard' },
    { kind: 'document', types: OFFICE, limit: 16 * MB, caption: false, named: OFFICE_NAMES },
  ],
  sinch: [
    { kind: 'image', types: ['image/jpeg', 'image/png'], limit: 5 * MB, caption: false, named: 'JPEG, PNG' },
    { kind: 'audio', types: AUDIO, limit: 16 * MB, caption: false, named: 'AAC, M4A, MP3, AMR, OGG' },
    { kind: 'video', types: VIDEO, limit: 16 * MB, caption: false, named: 'MP4, 3GP' },
    { kind: 'document', types: 'any', limit: 100 * MB, caption: false, named: '' },
  ],
  meta: [
    { kind: 'image', types: ['image/jpeg', 'image/png'], limit: 5 * MB, caption: true, named: 'JPEG, PNG' },
    { kind: 'sticker', types: ['image/webp'], limit: 500 * 1024, caption: false, named: 'WebP' },
    { kind: 'audio', types: AUDIO, limit: 16 * MB, caption: false, named: 'AAC, M4A, MP3, AMR, OGG' },
    { kind: 'video', types: VIDEO, limit: 16 * MB, caption: true, named: 'MP4, 3GP' },
    {
      ...{ kind: 'document', types: [...OFFICE, 'text/plain'], limit: 100 * MB, caption: true },
      named: `${OFFICE_NAMES}, text`,
    },
  ],
};
const NAMES: Record<ProviderName, string> = { twilio: 'Twilio', sinch: 'Sinch', meta: 'Meta' };

/** The largest file that a provider may take, bytes: more need not be read. */
export const largestFile = (provider: ProviderName): number => Math.max(...RULES[provider].map((r) => r.limit));

/** `audio/ogg` from `Audio/OGG; codecs=opus`. */
export const plainType = (contentType: string): string => contentType.split(';', 1)[0]!.trim().toLowerCase();

/** As what a provider sends a file, or why it does not. `size` in bytes. */
export function sendable(
  provider: ProviderName,
  { contentType, size }: { contentType: string; size: number },
): Sendable | MediaProblem {
  if (size === 0) return { code: 'media_empty', message: 'The file is empty.' };
  const type = plainType(contentType);
  const rule = RULES[provider].find(({ types }) => types === 'any' || types.includes(type));
  if (!rule) {
    const all = RULES[provider].map((r) => r.named).join(', ');
    const message = `${NAMES[provider]} does not send files of the type ${type || 'unknown'}. It sends ${all}.`;
    return { code: 'media_type', message };
  }
  if (size <= rule.limit) return { kind: rule.kind, caption: rule.caption };
  const most = rule.limit >= MB ? `${rule.limit / MB} MB` : `${rule.limit / 1024} KB`;
  const what = { image: 'picture', audio: 'sound', video: 'video', sticker: 'sticker', contact: 'contact card' };
  const kind = rule.kind === 'document' ? 'document' : what[rule.kind];
  return { code: 'media_size', message: `${NAMES[provider]} sends a ${kind} of at most ${most}; this file is larger.` };
}

export const isProblem = (found: Sendable | MediaProblem): found is MediaProblem => 'code' in found;
