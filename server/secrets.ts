import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Compares two texts without telling by its duration where they differ. Only their lengths can be learned. */
export function sameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A new random token of 256 bits, safe in URLs and cookies. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What the store keeps of a token: reading the database does not give a session. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
