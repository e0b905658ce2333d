import { createHash, randomBytes } from 'node:crypto';

/** A Twilio id: two letters and 32 hex digits. */
export function twilioSid(prefix: 'SM' | 'MM' | 'ME' | 'XE' | 'RQ' | 'PA'): string {
  return prefix + randomBytes(16).toString('hex');
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID, the form of Sinch's message ids and nonces: sortable by time, 26 characters. */
export function ulid(now: number): string {
  let time = now;
  let head = '';
  for (let i = 0; i < 10; i++) {
    head = CROCKFORD.charAt(time % 32) + head;
    time = Math.floor(time / 32);
  }
  let tail = '';
  for (const byte of randomBytes(16)) tail += CROCKFORD.charAt(byte % 32);
  return head + tail;
}

/** The business-scoped user id of a phone number. Derived from it, so that a person keeps it over restarts of the simulator. */
export function userIdOf(phone: string): string {
  const hash = createHash('sha256').update(`simulated user ${phone}`).digest();
  const number = hash.readBigUInt64BE(0) % 10n ** 18n;
  return `US.13${number.toString().padStart(18, '0')}`;
}

/** A stable id that only looks like the provider's, for things the simulator does not keep (Sinch contacts and conversations). */
export function derivedUlid(text: string): string {
  const hash = createHash('sha256').update(text).digest();
  let id = '01';
  for (let i = 0; i < 24; i++) id += CROCKFORD.charAt(hash[i]! % 32);
  return id;
}

/** An id of a message at Meta: longer than others, with characters that a URL has to encode. */
export function wamid(): string {
  return `wamid.${Buffer.concat([Buffer.from('simulated'), randomBytes(24)]).toString('base64')}=`;
}

/** An id in Meta's Graph API: digits. */
export function graphId(): string {
  return String(10n ** 15n + (randomBytes(8).readBigUInt64BE() % (9n * 10n ** 15n)));
}
