import type { ProviderAccount, Sign } from '../provider.ts';
import { sinchCall } from './call.ts';

/** ms. */
const TIMEOUT = 10_000;

/**
 * Sinch shows that somebody writes; read receipts it has not.
 * Source: https://developers.sinch.com/docs/conversation/api-reference/conversation/events/events_sendevent
 */
export async function signOfSinch(account: ProviderAccount, { sign, to }: Sign): Promise<void> {
  if (sign === 'read') return;
  const identity = to.address.replace(/^\+(?=\d)/, '');
  const body = {
    app_id: account.appId,
    recipient: { identified_by: { channel_identities: [{ channel: 'WHATSAPP', identity }] } },
    event: { composing_event: {} },
  };
  await sinchCall(account, 'POST', '/events:send', body, TIMEOUT);
}
