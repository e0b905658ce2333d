import { shallowRef } from 'vue';
import type { Supervisor } from '../../useSupervisor.ts';
import type { Account, AccountTest } from '../types.ts';
import { useSaid } from '../useSaid.ts';
import type { Accounts } from './useAccounts.ts';

/** What came of something that was asked of an account: a test, or a URL that the browser would not copy. */
export type Result = { account: Account } & ({ test: AccountTest } | { url: string });

/** Copies the Receive URL and tries an account. */
export function useAccountActions({ t, fail }: Supervisor, accounts: Accounts) {
  const { say } = useSaid();
  const result = shallowRef<Result | null>(null);
  return {
    result,
    /** Browsers copy only on https and localhost: elsewhere the URL is shown, to be copied by hand. */
    async copyUrl(account: Account): Promise<void> {
      try {
        const url = await accounts.receiveUrl(account);
        try {
          await navigator.clipboard.writeText(url);
          say(t('administration.accounts.copied', { name: account.name }));
        } catch {
          result.value = { account, url };
        }
      } catch (error) {
        fail(error);
      }
    },
    async test(account: Account): Promise<void> {
      try {
        result.value = { account, test: await accounts.test(account) };
      } catch (error) {
        fail(error);
      }
    },
  };
}
