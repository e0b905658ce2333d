import { onBeforeUnmount } from 'vue';
import { callbackUrl } from '../../../../providers/callback.ts';
import { at, roughly } from '../../../shared/time.ts';
import type { Supervisor } from '../../useSupervisor.ts';
import type { Account, AccountTest } from '../types.ts';
import { useCollection } from '../useCollection.ts';

/** How often the health of accounts is looked at again while the page is seen, in ms. */
const EVERY = 15_000;

/** All accounts, with what can be done to each. */
export function useAccounts(supervisor: Supervisor) {
  const { t, api, online, serverNow } = supervisor;
  const collection = useCollection<Account>(supervisor, '/accounts', 'accounts');
  const timer = setInterval(() => {
    if (collection.shown() && online.value && document.visibilityState === 'visible') void collection.read();
  }, EVERY);
  onBeforeUnmount(() => clearInterval(timer));

  const one = (account: Account, rest = '') => `/accounts/${encodeURIComponent(account.id)}${rest}`;
  return {
    ...collection,
    /** How long ago something came in; a dash if nothing ever did. */
    ago(iso: string | null): string {
      return iso ? t('administration.ago', { time: roughly(t, serverNow.value - at(iso)) }) : '–';
    },
    path: one,
    /** What is pasted into the provider's console. */
    async receiveUrl(account: Account): Promise<string> {
      const { receiveUrl } = await api.call<{ receiveUrl: string }>('GET', one(account, '/receive-url'));
      return callbackUrl(account.provider, receiveUrl);
    },
    test: (account: Account) => api.call<AccountTest>('POST', one(account, '/test')),
  };
}
export type Accounts = ReturnType<typeof useAccounts>;
