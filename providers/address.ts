import type { Peer } from './provider.ts';

const PHONE = /^\+[1-9]\d{4,14}$/;
const DIGITS = /^[1-9]\d{4,14}$/;

/** `+12025550142` from that or from bare digits; undefined if it is no phone number. */
export function phoneOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (PHONE.test(text)) return text;
  return DIGITS.test(text) ? `+${text}` : undefined;
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
