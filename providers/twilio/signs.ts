import type { ProviderAccount, Sign } from '../provider.ts';
import { clientOf, MESSAGING_API, twilioRequest } from './client.ts';

/** ms. */
const TIMEOUT = 10_000;

/**
 * Twilio shows that somebody writes, which also marks the message as read; a read receipt alone it has not.
 * Source: https://www.twilio.com/docs/whatsapp/api/typing-indicators-resource
 */
export async function signOfTwilio(account: ProviderAccount, { sign, messageId }: Sign): Promise<void> {
  if (sign === 'read') return;
  const values = { messageId, channel: 'whatsapp' };
  await twilioRequest(await clientOf(account), 'post', '/v2/Indicators/Typing.json', values, TIMEOUT, MESSAGING_API);
}
