/**
 * What Sinch tells of an app, and where its callbacks go.
 * Sources: https://developers.sinch.com/docs/conversation/api-reference/conversation/app and …/webhooks
 */
import type { ProviderError } from '../failure.ts';
import { type Json, objectAt, objectsAt, textAt } from '../json.ts';
import type { AccountCheck, ProviderAccount } from '../provider.ts';
import { sinchCall, sinchGet } from './call.ts';

/** ms for each request. */
const TIMEOUT = 10_000;

/** What is listened to: messages, their statuses, reactions, opt-outs, and what Sinch has no shape for. */
const TRIGGERS = ['MESSAGE_INBOUND', 'MESSAGE_DELIVERY', 'EVENT_INBOUND', 'OPT_IN', 'OPT_OUT', 'UNSUPPORTED'];

/** Looks at credentials, number and webhook. Never rejects. */
export async function inspectSinch(account: ProviderAccount, receiveUrl: string): Promise<AccountCheck[]> {
  const checks: AccountCheck[] = [];
  const say = (what: AccountCheck['what'], state: AccountCheck['state'], message: string): AccountCheck[] => {
    checks.push({ what, state, message });
    return checks;
  };
  let app: Json;
  try {
    app = await sinchGet(account, `/apps/${encodeURIComponent(account.appId ?? '')}`, TIMEOUT);
  } catch (error) {
    const { code, reason, message } = error as ProviderError;
    if (code !== 'NOT_FOUND') return say('credentials', reason === 'temporary' ? 'unknown' : 'failed', `${message}.`);
    say('credentials', 'ok', 'Sinch accepts the project id and the access key.');
    return say('number', 'failed', 'The project has no such app, or it is in another region.');
  }
  say('credentials', 'ok', 'Sinch accepts the project id, the access key and the app id.');
  checks.push(numberCheck(account, app));
  if (receiveUrl === '') return checks;
  try {
    const own = (await webhooksOf(account)).find((hook) => textAt(hook, 'target') === receiveUrl);
    const missing = TRIGGERS.filter((trigger) => own && !listOf(own.triggers).includes(trigger));
    if (!own) return say('webhook', 'failed', 'No webhook of the app has the Receive URL.');
    if (missing.length > 0)
      return say('webhook', 'failed', `The app's webhook lacks the triggers ${missing.join(', ')}.`);
    return say('webhook', 'ok', "The app's webhook has the Receive URL.");
  } catch (error) {
    return say('webhook', 'unknown', `Sinch does not list the webhooks: ${(error as ProviderError).message}.`);
  }
}

/**
 * Callbacks of the app go to the Receive URL, signed with the account's webhook secret; an older webhook of the same account is changed.
 * @throws ProviderError
 */
export async function setSinchWebhook(account: ProviderAccount, receiveUrl: string): Promise<void> {
  const old = (await webhooksOf(account)).find((hook) => isSame(textAt(hook, 'target'), receiveUrl));
  const webhook = {
    app_id: account.appId,
    target: receiveUrl,
    target_type: 'HTTP',
    triggers: TRIGGERS,
    secret: account.webhookSecret,
  };
  if (old) await sinchCall(account, 'PATCH', `/webhooks/${encodeURIComponent(textAt(old, 'id'))}`, webhook, TIMEOUT);
  else await sinchCall(account, 'POST', '/webhooks', webhook, TIMEOUT);
}

/** The same account behind whichever domain. */
function isSame(target: string, receiveUrl: string): boolean {
  const path = (url: string) => URL.parse(url)?.pathname.replace(/^.*(?=\/whatsapp\/webhooks\/)/, '');
  return path(target) !== undefined && path(target) === path(receiveUrl);
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function numberCheck(account: ProviderAccount, app: Json): AccountCheck {
  const channel = objectsAt(app, 'channel_credentials').find((one) => textAt(one, 'channel') === 'WHATSAPP');
  if (!channel) return { what: 'number', state: 'failed', message: 'The app has no WhatsApp channel.' };
  const state = textAt(objectAt(channel, 'state'), 'status');
  if (state !== '' && state !== 'ACTIVE')
    return { what: 'number', state: 'failed', message: `The WhatsApp channel of the app is ${state}.` };
  const claimed = textAt(channel, 'channel_known_id') || textAt(objectAt(channel, 'static_bearer'), 'claimed_identity');
  const digits = claimed.replace(/^\+/, '');
  if (/^\d{7,15}$/.test(digits) && `+${digits}` !== account.phone)
    return { what: 'number', state: 'failed', message: `The app's WhatsApp number is +${digits}.` };
  return { what: 'number', state: 'ok', message: 'The app has a WhatsApp channel.' };
}

/** @throws ProviderError */
async function webhooksOf(account: ProviderAccount): Promise<Json[]> {
  const path = `/apps/${encodeURIComponent(account.appId ?? '')}/webhooks`;
  return objectsAt(await sinchGet(account, path, TIMEOUT), 'webhooks');
}
