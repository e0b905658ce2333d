/** Where a provider sends what it has for an account, as its API shows it and lets it be changed. */
import type { Account } from './types.ts';
import type { World } from './world.ts';

const plain = (url: string): string => url.replace(/#.*$/s, '');
const pathOf = (url: string): string => URL.parse(url)?.pathname ?? '';

/** The address as the provider knows it: the public one. */
export const receiveUrlOf = (account: Account): string => plain(account.publicUrl ?? account.webhookUrl);

/** The provider is told another address. Under the same path it is the same Node-RED, which keeps being reached where it was. */
export function pointAt(world: World, account: Account, url: string): Account {
  const { id: _, ...registration } = account;
  const isSame = pathOf(account.webhookUrl) === pathOf(url);
  const { publicUrl: __, ...rest } = registration;
  return world.register(isSame ? { ...registration, publicUrl: plain(url) } : { ...rest, webhookUrl: url }).account;
}
