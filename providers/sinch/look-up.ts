import { objectsAt, textAt } from '../json.ts';
import type { LookUpResult, ProviderAccount, Sought } from '../provider.ts';
import { sinchGet } from './call.ts';

/** ms. */
const TIMEOUT = 10_000;
/** The clocks may differ by so much, ms. */
const SKEW = 30_000;
const PAGE_SIZE = 20;
const MAX_PAGES = 5;

/**
 * Looks for a message among those to its recipient, by our id, which Sinch keeps as the message's metadata.
 * Source: https://developers.sinch.com/docs/conversation/api-reference/conversation/messages/messages_listmessages
 * @throws ProviderError if Sinch refuses or does not answer
 */
export async function lookUpSinch(account: ProviderAccount, sought: Sought): Promise<LookUpResult> {
  let token = '';
  let nameless = false;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({
      app_id: account.appId ?? '',
      channel_identity: sought.to.address.replace(/^\+(?=\d)/, ''),
      start_time: new Date(sought.since - SKEW).toISOString(),
      view: 'WITH_METADATA',
      page_size: String(PAGE_SIZE),
      ...(token && { page_token: token }),
    });
    const body = await sinchGet(account, `/messages?${query}`, TIMEOUT);
    for (const item of objectsAt(body, 'messages')) {
      if (textAt(item, 'direction') !== 'TO_CONTACT') continue;
      const metadata = textAt(item, 'metadata');
      if (metadata === sought.id) return { outcome: 'sent', providerId: textAt(item, 'id'), status: 'queued' };
      nameless ||= metadata === '';
    }
    token = textAt(body, 'next_page_token');
    if (token === '') break;
  }
  // One that is not told apart may be ours.
  if (nameless || token !== '')
    return { outcome: 'ambiguous', code: 'not_told_apart', message: 'Sinch lists messages that may be this one' };
  return { outcome: 'absent' };
}
