import { createHmac } from 'node:crypto';
import type { ProviderAccount, WebhookRequest } from '../provider.ts';
import { sameText } from '../secure.ts';

/**
 * Checks `X-Hub-Signature-256`: `sha256=` and the hexadecimal HMAC-SHA256 over the raw body with the app secret. Without a secret
 * nothing is valid. Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
 */
export function verifyMeta(account: ProviderAccount, { headers, body }: WebhookRequest): boolean {
  const signature = headers['x-hub-signature-256'];
  if (!account.webhookSecret || typeof signature !== 'string') return false;
  return sameText(signature, signMeta(account.webhookSecret, body));
}

/** The signature Meta would send; used by tests. */
export function signMeta(appSecret: string, body: Buffer): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}
