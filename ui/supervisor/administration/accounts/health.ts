import type { Account } from '../types.ts';

/** How an account is, by its worst: its node is gone, its provider refuses something, messages pile up, nothing is known to be wrong. */
export type Health = 'gone' | 'error' | 'pending' | 'ok';

/** More than these that wait to be sent are worth a look. */
const MANY = 100;

export function healthOf({ deployed, health }: Account): Health {
  if (!deployed) return 'gone';
  if (health.lastError) return 'error';
  return health.pendingSends > MANY ? 'pending' : 'ok';
}

const PROVIDERS: Readonly<Record<string, string>> = { twilio: 'Twilio', sinch: 'Sinch', meta: 'Meta' };
/** A provider is called by its own name in every language. */
export const providerName = (provider: string): string => PROVIDERS[provider] ?? provider;
