/** What the HTTP API asks of the flows around it, which the store does not know. */
import { CoreError } from '../core/api.ts';
import type { AccountCheck } from '../providers/provider.ts';

export interface Flows {
  /** The name of a deployed node; null if it has none, or is not deployed. */
  nodeName(id: string): string | null;
  /** The Receive URL of an account. */
  receiveUrl(account: { id: string; proxyToken: string; nodeId: string | null }): string;
  /** Looks at what can be known of an account without sending anything. `id`: node or store id. May reject with a `CoreError`. */
  testAccount(id: string): Promise<AccountTest>;
}

export interface AccountTest {
  /** Nothing is known to be wrong. */
  ok: boolean;
  /** Of the configuration: what has to be mended before anybody can be asked. */
  problems: { code: string; message: string }[];
  /** What was looked at: the provider, and whether this Node-RED can be reached. */
  checks: AccountCheck[];
  lastInboundAt: string | null;
  lastError: string | null;
}

/** An API without flows around it. */
export const NO_FLOWS: Flows = {
  nodeName: () => null,
  receiveUrl: ({ id, proxyToken }) => `/whatsapp/webhooks/${id}/${proxyToken}`,
  testAccount: async () => {
    throw new CoreError('not_running', 503, 'There are no flows here that an account could be tested with.');
  },
};
