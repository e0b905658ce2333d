import { baseUrlOf, under } from '../check.ts';
import {
  networkCode,
  redact,
  refused,
  retryAfterSeconds,
  safeCode,
  unanswered,
  unusable,
  withoutLink,
} from '../failure.ts';
import { type Answer, post } from '../http.ts';
import { objectAt, textAt } from '../json.ts';
import type { OutboundMessage, ProviderAccount, SendResult } from '../provider.ts';
import { variablesAt } from '../template.ts';
import { sinchReason } from './errors.ts';
import { bearerOf, forgetToken, isKeyPair, TokenRefused } from './token.ts';

/** How Sinch appears in messages to people. */
const NAME = 'Sinch';

/**
 * One attempt to send. Never throws. `timeout` in ms, for each of the token and the message. A refused token is fetched anew
 * and the message repeated once: a call without valid credentials is not processed.
 * Source: https://developers.sinch.com/docs/conversation/api-reference/conversation/messages/messages_sendmessage
 */
export async function sendSinch(
  account: ProviderAccount,
  message: OutboundMessage,
  timeout = 10_000,
): Promise<SendResult> {
  if (!baseUrlOf(account.baseUrl)) return unusable(NAME, 'base_url_missing', 'it has no base URL');
  if (!account.authToken) return unusable(NAME, 'auth_token_missing', 'it has no Authorization Token');
  if (message.media?.link === '') return withoutLink(NAME);
  for (let repeated = false; ; repeated = true) {
    let token: string;
    try {
      token = await bearerOf(account, timeout);
    } catch (error) {
      return withoutToken(account, error);
    }
    let answer: Answer;
    try {
      answer = await post(urlOf(account), JSON.stringify(requestOf(account, message)), headersOf(token), timeout);
    } catch (error) {
      return unanswered(NAME, error, timeout);
    }
    if (answer.status === 401 && isKeyPair(account)) {
      forgetToken(account, token);
      if (!repeated) continue;
    }
    return resultOf(account, answer, token);
  }
}

function urlOf(account: ProviderAccount): string {
  return under(account.baseUrl ?? '', `/v1/projects/${encodeURIComponent(account.accountSid)}/messages:send`);
}

function headersOf(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json' };
}

/**
 * No `callback_url`: reports to an overridden URL are signed with another secret than the webhook's, so they come to the
 * webhook configured at Sinch. `message_metadata` comes back in each of them.
 */
function requestOf(account: ProviderAccount, message: OutboundMessage): object {
  // Most of Sinch's samples write numbers without a plus.
  const identity = message.to.address.replace(/^\+(?=\d)/, '');
  return {
    app_id: account.appId,
    recipient: { identified_by: { channel_identities: [{ channel: 'WHATSAPP', identity }] } },
    message: contentOf(message),
    message_metadata: message.id,
  };
}

/** Source: https://developers.sinch.com/docs/conversation/message-types/. A choice comes back with its `postback_data`. */
function contentOf(message: OutboundMessage): object {
  const { location, buttons, template, media } = message;
  if (template) {
    const parameters = Object.fromEntries(
      (['header', 'body'] as const).flatMap((place) =>
        variablesAt(template, place).map(([name, value]) => [`${place}[${name}]text`, value]),
      ),
    );
    const whatsapp = { template_id: template.name, language_code: template.language, parameters };
    return { template_message: { channel_template: { WHATSAPP: whatsapp } } };
  }
  if (media) return { media_message: { url: media.link, filename_override: media.fileName } };
  const text = { text: message.text ?? '' };
  if (location) {
    const { latitude, longitude, address } = location;
    // A title is required.
    const title = location.name || message.text || address || `${latitude}, ${longitude}`;
    const label = address && address !== title ? { label: address } : {};
    return { location_message: { title, ...label, coordinates: { latitude, longitude } } };
  }
  if (!buttons?.length) return { text_message: text };
  const choices = buttons.map((button) => ({ text_message: { text: button.text }, postback_data: button.id }));
  return { choice_message: { text_message: text, choices } };
}

function resultOf(account: ProviderAccount, { status, headers, body }: Answer, token: string): SendResult {
  if (status >= 200 && status < 300) {
    const id = safeCode(body.message_id, '');
    if (id) return { outcome: 'sent', providerId: id, status: 'queued' };
    return { outcome: 'ambiguous', code: 'unreadable_answer', message: `${NAME} answered without a message id` };
  }
  const error = objectAt(body, 'error');
  const code = textAt(error, 'status');
  const refusal = { status, code, reason: sinchReason(code, status), message: textAt(error, 'message') };
  return refused(account, NAME, { ...refusal, retryAfter: headers['retry-after'], secrets: [token] });
}

/** Without a token nothing was sent, whatever the failure was: it may be tried again unless the key itself is wrong. */
function withoutToken(account: ProviderAccount, error: unknown): SendResult {
  if (!(error instanceof TokenRefused)) {
    const code = safeCode(networkCode(error), 'network');
    const message = `${NAME} gave no access token (${code})`;
    return { outcome: 'rejected', code, reason: 'temporary', message, retry: true, retryAfter: 5 };
  }
  const { status, headers, body } = error.answer;
  const said = textAt(objectAt(body, 'error'), 'message') || textAt(body, 'error') || `HTTP ${status}`;
  const message = `${NAME} gave no access token: ${redact(account, said)}`;
  const code = `token_http_${status}`;
  if (status !== 429 && status < 500) return { outcome: 'rejected', code, reason: 'account', message, retry: false };
  const retryAfter = retryAfterSeconds(headers['retry-after'], 5);
  const reason = status === 429 ? 'rate_limited' : 'temporary';
  return { outcome: 'rejected', code, reason, message, retry: true, retryAfter };
}
