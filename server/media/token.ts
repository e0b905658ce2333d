/** Addresses under which a provider fetches a file that is being sent: nobody guesses them, and they end by themselves. */
import { createHmac } from 'node:crypto';
import { sameSecret } from '../secrets.ts';

export interface Pointed {
  message: string;
  index: number;
}

const signed = (secret: string, what: string): string =>
  createHmac('sha256', secret).update(`media ${what}`).digest('base64url');

/** @param until epoch ms */
export function tokenOf(secret: string, { message, index }: Pointed, until: number): string {
  const what = `${message}.${index}.${Math.ceil(until / 1000).toString(36)}`;
  return `${what}.${signed(secret, what)}`;
}

/** What a token points at; null if it is none of ours. `over`: it was one, until some time ago. */
export function readToken(secret: string, token: string, now: number): Pointed | null | 'over' {
  const match = /^([\w-]{1,100})\.(\d{1,3})\.([0-9a-z]{1,9})\.([\w-]{43})$/.exec(token);
  if (!match) return null;
  const [, message = '', index = '', until = '', signature = ''] = match;
  if (!sameSecret(signature, signed(secret, `${message}.${index}.${until}`))) return null;
  if (Number.parseInt(until, 36) * 1000 <= now) return 'over';
  return { message, index: Number(index) };
}
