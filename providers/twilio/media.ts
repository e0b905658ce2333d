import { baseUrlOf, under } from '../check.ts';
import { ProviderError } from '../failure.ts';
import { isOwnHost } from '../own-host.ts';
import type { MediaAccess } from '../provider.ts';
import { TWILIO_API } from './client.ts';

/**
 * Files at Twilio are under their own address, which redirects to a store that needs no credentials.
 * Source: https://www.twilio.com/docs/messaging/api/media-resource
 */
export const twilioMedia: MediaAccess = {
  async locate(account, source) {
    const url = URL.parse(source);
    if (!url) throw new ProviderError('source_invalid', 'media', 'The address of the file cannot be read');
    // Lists name Twilio's own host, whatever stands in for it.
    const base = baseUrlOf(account.baseUrl);
    return { url: base && url.origin === TWILIO_API ? under(base.href, url.pathname + url.search) : url.href };
  },
  async credentials(account, url): Promise<Record<string, string>> {
    if (!isOwnHost(account, url, ['twilio.com'])) return {};
    const login = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64');
    return { Authorization: `Basic ${login}` };
  },
};
