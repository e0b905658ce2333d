import { isE164 } from './address.ts';
import type { ProviderAccount } from './provider.ts';

export interface Problem {
  code: string;
  message: string;
}

/** The problems every provider's account can have: the number and the form of the base URL. */
export function checkCommon(account: ProviderAccount): Problem[] {
  const problems: Problem[] = [];
  if (!isE164(account.phone ?? '')) {
    problems.push({ code: 'phone_invalid', message: 'the phone number must be in the form +12025550100' });
  }
  if (account.baseUrl && !baseUrlOf(account.baseUrl)) {
    problems.push({
      code: 'base_url_invalid',
      message: 'the base URL must be an http or https URL without a user name',
    });
  }
  return problems;
}

/** A usable API base URL, or undefined: http(s), no credentials in it (they would end up in logs). */
export function baseUrlOf(text: string | undefined): URL | undefined {
  const url = text ? URL.parse(text) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return url.username || url.password ? undefined : url;
}

/** `base` without its trailing slashes, plus `path`. */
export function under(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path;
}
