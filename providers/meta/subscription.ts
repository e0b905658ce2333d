/**
 * What Meta tells of a phone number, and where its webhooks go. The address in the app's settings can only be entered there; the business
 * account's own, which is preferred to it, can be set.
 * Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started/webhooks-for-whatsapp#overrides
 */
import type { ProviderError } from '../failure.ts';
import { objectsAt, textAt } from '../json.ts';
import type { AccountCheck, ProviderAccount } from '../provider.ts';
import { businessOf, graphGet, graphPost } from './graph.ts';

/** ms for each request. */
const TIMEOUT = 10_000;

/** Looks at credentials, number and webhook. Never rejects. */
export async function inspectMeta(account: ProviderAccount, receiveUrl: string): Promise<AccountCheck[]> {
  const checks: AccountCheck[] = [];
  const say = (what: AccountCheck['what'], state: AccountCheck['state'], message: string): AccountCheck[] => {
    checks.push({ what, state, message });
    return checks;
  };
  try {
    const fields = 'display_phone_number,verified_name,quality_rating';
    const number = await graphGet(account, `${encodeURIComponent(account.appId ?? '')}?fields=${fields}`, TIMEOUT);
    say('credentials', 'ok', 'Meta accepts the access token.');
    const shown = textAt(number, 'display_phone_number');
    const digits = shown.replace(/\D/g, '');
    if (digits !== '' && `+${digits}` !== account.phone)
      return say('number', 'failed', `The phone number id belongs to ${shown}.`);
    const quality = textAt(number, 'quality_rating');
    const rated = quality === 'RED' || quality === 'YELLOW' ? `, with the quality rating ${quality}` : '';
    say('number', 'ok', `The phone number id belongs to ${account.phone}${rated}.`);
  } catch (error) {
    const { code, reason, message } = error as ProviderError;
    if (code !== '100') return say('credentials', reason === 'temporary' ? 'unknown' : 'failed', `${message}.`);
    say('credentials', 'ok', 'Meta accepts the access token.');
    return say('number', 'failed', 'There is no such phone number id, or the access token may not use it.');
  }
  if (receiveUrl === '') return checks;
  try {
    const business = await businessOf(account, TIMEOUT);
    const apps = objectsAt(await graphGet(account, `${encodeURIComponent(business)}/subscribed_apps`, TIMEOUT), 'data');
    const urls = apps.map((app) => textAt(app, 'override_callback_uri')).filter(Boolean);
    if (apps.length === 0)
      return say('webhook', 'failed', 'The app is not subscribed to the WhatsApp Business account.');
    if (urls.includes(receiveUrl)) return say('webhook', 'ok', 'Meta sends messages to the Receive URL.');
    if (urls.length > 0) return say('webhook', 'failed', 'Meta sends messages to another address.');
    return say('webhook', 'unknown', 'Meta sends messages to the callback URL of the app, which it does not tell.');
  } catch (error) {
    return say('webhook', 'unknown', `Meta does not tell where messages go: ${(error as ProviderError).message}.`);
  }
}

/**
 * Webhooks of the WhatsApp Business account go to the Receive URL, of all of its numbers. Meta asks there for the verify token at once.
 * @throws ProviderError
 */
export async function setMetaWebhook(account: ProviderAccount, receiveUrl: string): Promise<void> {
  const business = await businessOf(account, TIMEOUT);
  const body = { override_callback_uri: receiveUrl, verify_token: account.verifyToken };
  await graphPost(account, `${encodeURIComponent(business)}/subscribed_apps`, body, TIMEOUT);
}
