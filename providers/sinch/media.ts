import { ProviderError } from '../failure.ts';
import { isOwnHost } from '../own-host.ts';
import type { MediaAccess } from '../provider.ts';
import { bearerOf } from './token.ts';

/** ms for a token. */
const TIMEOUT = 10_000;

/** Files at Sinch have an address each, most in a public store; hosts of its own get the token. */
export const sinchMedia: MediaAccess = {
  async locate(_account, source) {
    const url = URL.parse(source);
    if (!url) throw new ProviderError('source_invalid', 'media', 'The address of the file cannot be read');
    return { url: url.href };
  },
  async credentials(account, url): Promise<Record<string, string>> {
    if (!account.authToken || !isOwnHost(account, url, ['sinch.com'])) return {};
    return { Authorization: `Bearer ${await bearerOf(account, TIMEOUT)}` };
  },
};
