import { baseUrlOf } from './check.ts';
import type { ProviderAccount } from './provider.ts';

/**
 * Whether an address is the provider's own, so that it may see the account's credentials: https under one of its domains, or the very
 * origin that the account's base URL names.
 */
export function isOwnHost(account: ProviderAccount, url: URL, domains: readonly string[]): boolean {
  if (url.username || url.password) return false;
  if (baseUrlOf(account.baseUrl)?.origin === url.origin) return true;
  const host = url.hostname.toLowerCase();
  return url.protocol === 'https:' && url.port === '' && domains.some((d) => host === d || host.endsWith(`.${d}`));
}
