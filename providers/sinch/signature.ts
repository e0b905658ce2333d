import { createHmac } from 'node:crypto';
import type { ProviderAccount, WebhookRequest } from '../provider.ts';
import { sameText } from '../secure.ts';

const HEADER = 'x-sinch-webhook-signature';

/** A callback older or newer than this (ms) is refused. Repeats within it are found by their message id. */
const MAX_AGE = 5 * 60_000;

/**
 * Checks Sinch's callback signature: Base64 of HMAC-SHA256 over `<raw body>.<nonce>.<timestamp>` with the webhook's secret,
 * and the timestamp's age. Without a secret nothing is valid.
 * Source: https://developers.sinch.com/docs/conversation/callbacks#validating-callbacks
 */
export function verifySinch(account: ProviderAccount, request: WebhookRequest): boolean {
  const { headers, now } = request;
  const signature = headers[HEADER];
  const timestamp = headers[`${HEADER}-timestamp`];
  const nonce = headers[`${HEADER}-nonce`];
  const algorithm = headers[`${HEADER}-algorithm`];
  if (!account.webhookSecret || typeof signature !== 'string' || typeof nonce !== 'string') return false;
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (algorithm !== undefined && String(algorithm).toLowerCase() !== 'hmacsha256') return false;
  if (!(Math.abs(now - Number(timestamp) * 1000) <= MAX_AGE)) return false;
  try {
    return sameText(signature, signSinch(account.webhookSecret, request.body, nonce, timestamp));
  } catch {
    return false;
  }
}

/** The signature Sinch would send; used by the simulator and by tests. `timestamp` in Unix seconds. */
export function signSinch(secret: string, body: Buffer, nonce: string, timestamp: string | number): string {
  return createHmac('sha256', secret).update(body).update(`.${nonce}.${timestamp}`).digest('base64');
}
