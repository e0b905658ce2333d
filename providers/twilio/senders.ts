/**
 * What Twilio tells of an account and its WhatsApp sender, and where the sender's messages go.
 * Source: https://www.twilio.com/docs/whatsapp/api/senders
 */
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { type Json, objectAt, objectsAt, textAt } from '../json.ts';
import type { AccountCheck, ProviderAccount } from '../provider.ts';
import { clientOf, MESSAGING_API, TWILIO_API, type TwilioAnswer, twilioRequest } from './client.ts';
import { twilioReason } from './errors.ts';

/** ms for each request. */
const TIMEOUT = 10_000;
const PAGE_SIZE = 100;
const MAX_PAGES = 20;
/** Read at the end of the URL, not called or signed: three retries for all failures. */
const OVERRIDES = '#rc=3&rp=all';
/** Everybody's number for trying out, which nobody's list of senders has. */
const SANDBOX = '+14155238886';

/** Looks at credentials, number and webhook. Never rejects. */
export async function inspectTwilio(account: ProviderAccount, receiveUrl: string): Promise<AccountCheck[]> {
  const checks: AccountCheck[] = [];
  const say = (what: AccountCheck['what'], state: AccountCheck['state'], message: string): AccountCheck[] => {
    checks.push({ what, state, message });
    return checks;
  };
  try {
    const path = `/2010-04-01/Accounts/${encodeURIComponent(account.accountSid)}.json`;
    const status = textAt(await call(account, 'get', path, {}), 'status');
    if (status !== '' && status !== 'active') return say('credentials', 'failed', `The Twilio account is ${status}.`);
    say('credentials', 'ok', 'Twilio accepts the Account SID and the auth token.');
  } catch (error) {
    const { reason, message } = error as ProviderError;
    if (reason !== 'account') return say('credentials', 'unknown', `${message}.`);
    return say('credentials', 'failed', `Twilio does not accept the Account SID and the auth token: ${message}.`);
  }
  if (account.phone === SANDBOX) {
    say('number', 'ok', "It is Twilio's sandbox, for those who have joined it.");
    return say('webhook', 'unknown', 'The webhook of the sandbox is entered in the Twilio console.');
  }
  let sender: Json | undefined;
  try {
    sender = await senderOf(account);
  } catch (error) {
    return say('number', 'unknown', `Twilio does not list its WhatsApp senders: ${(error as ProviderError).message}.`);
  }
  if (!sender) return say('number', 'failed', `The Twilio account has no WhatsApp sender ${account.phone}.`);
  const status = textAt(sender, 'status');
  const works = status === 'ONLINE' || status === '' || status.startsWith('ONLINE:');
  say('number', works ? 'ok' : 'failed', `The WhatsApp sender ${account.phone} is ${status || 'there'}.`);
  const url = textAt(objectAt(sender, 'webhook'), 'callback_url');
  if (receiveUrl === '') return checks;
  if (withoutFragment(url) === receiveUrl) return say('webhook', 'ok', 'Twilio sends messages to the Receive URL.');
  const other = url
    ? 'Twilio sends messages to another address.'
    : 'Twilio sends messages to no address of the sender.';
  return say('webhook', 'failed', other);
}

/**
 * Messages and statuses of the sender go to the Receive URL from now on.
 * @throws ProviderError
 */
export async function setTwilioWebhook(account: ProviderAccount, receiveUrl: string): Promise<void> {
  const sender = await senderOf(account);
  const sid = textAt(sender, 'sid');
  if (!sid)
    throw new ProviderError('no_sender', 'account', `The Twilio account has no WhatsApp sender ${account.phone}`);
  const webhook = {
    callback_url: receiveUrl + OVERRIDES,
    callback_method: 'POST',
    status_callback_url: receiveUrl,
    status_callback_method: 'POST',
  };
  await call(account, 'post', `/v2/Channels/Senders/${encodeURIComponent(sid)}`, { webhook }, MESSAGING_API);
}

const withoutFragment = (url: string): string => url.replace(/#.*$/s, '');

/** @throws ProviderError */
async function senderOf(account: ProviderAccount): Promise<Json | undefined> {
  const wanted = `whatsapp:${account.phone}`;
  let query: Record<string, string | number> = { Channel: 'whatsapp', PageSize: PAGE_SIZE };
  for (let page = 0; page < MAX_PAGES; page++) {
    const body = await call(account, 'get', '/v2/Channels/Senders', query, MESSAGING_API);
    const found = objectsAt(body, 'senders').find((sender) => textAt(sender, 'sender_id') === wanted);
    if (found) return found;
    const next = URL.parse(textAt(objectAt(body, 'meta'), 'next_page_url'));
    if (!next) return undefined;
    query = Object.fromEntries(next.searchParams);
  }
  return undefined;
}

/** @throws ProviderError */
async function call(
  account: ProviderAccount,
  method: 'get' | 'post',
  path: string,
  values: Record<string, unknown>,
  host = TWILIO_API,
): Promise<Json> {
  let answer: TwilioAnswer;
  try {
    answer = await twilioRequest(await clientOf(account), method, path, values, TIMEOUT, host, 'json');
  } catch (error) {
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Twilio gives no answer (${code})`);
  }
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const code = safeCode(body.code, `http_${status}`);
  const said = redact(account, textAt(body, 'message') || textAt(body, 'title') || `HTTP ${status}`);
  throw new ProviderError(code, twilioReason(code, status), `Twilio refuses: ${said}`);
}
