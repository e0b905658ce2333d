import { plainText } from '../shared/formatting.ts';
import { hasText, type Translate } from '../shared/i18n.ts';
import type { Contact, DeskAccount, Interaction } from '../shared/types.ts';

/** Two letters for a person; for a bare number its last two digits. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  if (words.length === 0) return name.replace(/\D/g, '').slice(-2);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters
    .map((word) => /\p{L}/u.exec(word ?? '')?.[0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

export function contactName(contact: Contact): string {
  return contact.name || contact.phone || contact.address;
}

/** The first word of a name, for a sentence; the whole of it if it is a number. */
export function firstName(name: string): string {
  const first = name.split(/\s+/)[0] ?? '';
  return /\p{L}/u.test(first) ? first : name;
}

/** Where the contact is reached, as people write it; empty if the name already says it. */
export function contactNumber(contact: Contact): string {
  const number = contact.phone ?? contact.address;
  return number === contactName(contact) ? '' : number;
}

/** The text of a message in one line: what was written, else what kind it is. */
export function previewText(t: Translate, message: { text: string; type: string }): string {
  const text = plainText(message.text);
  if (message.type === 'text' && text) return text;
  const kind = hasText(t, `kind.${message.type}`) ? t(`kind.${message.type}`) : t('kind.unknown');
  return text ? `${kind}: ${text}` : kind;
}

/** The second line of a row. */
export function rowPreview(t: Translate, interaction: Interaction): string {
  const last = interaction.lastMessage;
  if (!last) return '';
  const text = previewText(t, last);
  // Who sent it is not known here: it may have been a colleague or the plan.
  return last.direction === 'out' ? t('list.sent', { text }) : text;
}

/** Codes and reasons of a failure in plain words. */
export function failureText(t: Translate, code: string | undefined): string {
  const key = `failure.${code ?? 'unknown'}`;
  return hasText(t, key) ? t(key) : t('failure.unknown');
}

/** Why an offer ended, `by` the name of who took it. */
export function endedText(t: Translate, reason: string, by: string | undefined): string {
  if (by) return t('offer.takenBy', { name: by });
  const key = `offer.ended.${reason}`;
  return hasText(t, key) ? t(key) : t('offer.ended.other');
}

/** Whether sending the same again may help. */
export function mayRetry(code: string | undefined): boolean {
  return ![
    'window_closed',
    'recipient_invalid',
    'opted_out',
    'content_rejected',
    'media',
    'media_type',
    'media_size',
    'media_empty',
    'too_large',
    'template',
    'not_assigned',
    'interaction_closed',
  ].includes(code ?? '');
}

const SWATCHES = 5;

/** The account's colour: its own if it is one, else by its place among the accounts. */
export function accountColor(accounts: readonly DeskAccount[], id: string): string {
  const index = accounts.findIndex((account) => account.id === id);
  const own = accounts[index]?.color ?? '';
  if (/^#[0-9a-f]{3,8}$/i.test(own)) return own;
  return `var(--c-acct-${(Math.max(0, index) % SWATCHES) + 1})`;
}

/** Bytes as people read them. */
export function fileSize(t: Translate, bytes: number): string {
  if (bytes < 1024 * 1024) return t('file.kb', { size: Math.max(1, Math.round(bytes / 1024)) });
  return t('file.mb', { size: (bytes / 1024 / 1024).toFixed(1) });
}

/** The outcome in words, empty if there is none. */
export function outcomeText(interaction: Interaction): string {
  return interaction.disposition.join(' › ');
}

/** A map of the place, on the public site of OpenStreetMap. */
export function mapLink(latitude: number, longitude: number): string {
  const at = `${latitude}/${longitude}`;
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${at}`;
}

/** An address as people write it, as it is sent: a phone number without what is only there to be read. Anything else stays. */
export function tidyAddress(given: string): string {
  const text = given.trim();
  const digits = text.replace(/[\s().\-/]/g, '').replace(/^00/, '+');
  return /^\+?\d{5,}$/.test(digits) ? digits : text;
}
