import type { Peer } from './provider.ts';

const PHONE = /^\+[1-9]\d{4,14}$/;
const DIGITS = /^[1-9]\d{4,14}$/;

/** `+12025550142` from that or from bare digits; undefined if it is no phone number. */
export function phoneOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (PHONE.test(text)) return text;
  return DIGITS.test(text) ? `+${text}` : undefined;
}

/** Longer than any id or address of a provider; what is longer is none, and would not fit into an index. */
const MAX_ID = 512;
/** Longer than any name on WhatsApp. */
const MAX_NAME = 200;

/** Whether a text can be the id of a message or an address. */
export function isId(text: string): boolean {
  return text.length > 0 && text.length <= MAX_ID;
}

/** A profile name, cut to what can be shown; undefined if there is none. */
export function nameOf(text: string | undefined): string | undefined {
  return text ? [...text.slice(0, 2 * MAX_NAME)].slice(0, MAX_NAME).join('') : undefined;
}

/**
 * The peer behind an address as a provider writes it. Since WhatsApp has user names a sender may have no phone number at
 * all: what is no phone number is kept unchanged as a business-scoped user id.
 */
export function peerOf(address: string): Peer {
  const phone = phoneOf(address);
  return phone ? { address: phone, phone } : { address, userId: address };
}

/** The account's own number check: E.164, as contract and providers want it. */
export function isE164(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}
