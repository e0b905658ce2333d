import { meta } from './meta/index.ts';
import type { Provider, ProviderName } from './provider.ts';
import { sinch } from './sinch/index.ts';
import { twilio } from './twilio/index.ts';

const PROVIDERS: Record<ProviderName, Provider> = { twilio, sinch, meta };

/** Raised for a provider this version does not speak. */
export class UnknownProvider extends Error {
  readonly code = 'unknown_provider';
}

/**
 * The provider of that name. Cheap: HTTP clients are loaded at the first send.
 * @throws UnknownProvider if this version has none of that name
 */
export function providerOf(name: ProviderName): Provider {
  const provider = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (!provider) {
    throw new UnknownProvider(
      `The provider "${name}" is not available in this version; it has ${Object.keys(PROVIDERS).join(', ')}.`,
    );
  }
  return provider;
}
