import type { ProviderAccount, Sign } from '../provider.ts';
import { graphPost } from './graph.ts';

/** ms. */
const TIMEOUT = 10_000;

/**
 * Both are one call: who writes has read. What is shown ends after 25 s or with the answer.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators
 */
export async function signOfMeta(account: ProviderAccount, { sign, messageId }: Sign): Promise<void> {
  const body = {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: messageId,
    ...(sign === 'typing' && { typing_indicator: { type: 'text' } }),
  };
  await graphPost(account, `${encodeURIComponent(account.appId ?? '')}/messages`, body, TIMEOUT);
}
