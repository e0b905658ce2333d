import type { Twilio } from 'twilio';
import { refused, safeCode, unanswered, unusable, withoutLink } from '../failure.ts';
import type { OutboundMessage, ProviderAccount, SendResult } from '../provider.ts';
import { clientOf, messagesPath, type TwilioAnswer, twilioRequest } from './client.ts';
import { twilioReason } from './errors.ts';
import { OUR_ID } from './parse.ts';
import { twilioStatus } from './status.ts';

/** How Twilio appears in messages to people. */
const NAME = 'Twilio';

/** Buttons go out by the SID of prepared content only; without them a question would be another message than the one that was meant. */
const NO_BUTTONS: SendResult = {
  outcome: 'rejected',
  code: 'mode_unsupported',
  reason: 'template',
  message: `${NAME} sends buttons from a prepared template only`,
  retry: false,
};

/**
 * One attempt to send. Never retried here and never throws. `timeout` in ms.
 * Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export async function sendTwilio(
  account: ProviderAccount,
  message: OutboundMessage,
  timeout = 10_000,
): Promise<SendResult> {
  if (message.buttons?.length) return NO_BUTTONS;
  if (message.media?.link === '') return withoutLink(NAME);
  let client: Twilio;
  try {
    client = await clientOf(account);
  } catch {
    return unusable(NAME, 'account_sid_invalid', 'the Account SID or the Authorization Token cannot be used');
  }
  try {
    const values = createParameters(account, message);
    const answer = await twilioRequest(client, 'post', messagesPath(account), values, timeout);
    return resultOf(account, answer);
  } catch (error) {
    return unanswered(NAME, error, timeout);
  }
}

function createParameters(account: ProviderAccount, message: OutboundMessage): Record<string, unknown> {
  const { location, template } = message;
  const values: Record<string, unknown> = {
    To: `whatsapp:${message.to.address}`,
    From: `whatsapp:${account.phone}`,
  };
  if (template) {
    values.ContentSid = template.id;
    if (Object.keys(template.variables).length > 0) values.ContentVariables = JSON.stringify(template.variables);
  } else values.Body = bodyOf(message);
  if (message.media) {
    values.MediaUrl = [message.media.link];
    if (values.Body === '') delete values.Body;
  }
  if (location) {
    const name = location.address || location.name;
    const label = name ? `|${name}` : '';
    values.PersistentAction = [`geo:${location.latitude},${location.longitude}${label}`];
  }
  if (message.statusCallback) values.StatusCallback = callbackOf(message.statusCallback, message.id);
  return values;
}

/** A location needs a text, too. */
function bodyOf({ text, location }: OutboundMessage): string {
  if (text || !location) return text ?? '';
  return location.name || location.address || `${location.latitude}, ${location.longitude}`;
}

/** The Receive URL with our id in its query: a status can then be matched even before the send has answered. */
function callbackOf(url: string, id: string): string {
  const plain = url.replace(/#.*$/s, '');
  return `${plain}${plain.includes('?') ? '&' : '?'}${OUR_ID}=${encodeURIComponent(id)}`;
}

function resultOf(account: ProviderAccount, { status, headers, body }: TwilioAnswer): SendResult {
  if (status < 200 || status >= 300) {
    const code = body.code as string | number | undefined;
    // Older products say `message`, newer ones (RFC 9457) `title` and `detail`.
    const said = [body.message ?? body.title, body.detail].filter((part) => typeof part === 'string').join(': ');
    const refusal = { status, code, reason: twilioReason(code, status), message: said };
    return refused(account, NAME, { ...refusal, retryAfter: headers['retry-after'] });
  }
  const sid = safeCode(body.sid, '');
  if (!sid) {
    return { outcome: 'ambiguous', code: 'unreadable_answer', message: `${NAME} answered without a message id` };
  }
  const delivery = twilioStatus(body.status) ?? 'queued';
  if (delivery !== 'failed') return { outcome: 'sent', providerId: sid, status: delivery };
  const code = safeCode(body.error_code, 'failed');
  return {
    outcome: 'rejected',
    code,
    reason: twilioReason(code),
    message: `${NAME} refused the message: ${code}`,
    retry: false,
  };
}
