/** What can be known of an account without sending anything, deployed or as it stands in the dialog, and its Receive URL at the provider. */
import { CoreError, type Engine } from '../core/api.ts';
import { ProviderError } from '../providers/failure.ts';
import { providerOf } from '../providers/index.ts';
import type { AccountCheck, Provider, ProviderAccount } from '../providers/provider.ts';
import type { AccountTest } from '../server/flows.ts';
import type { Bodies } from '../server/schemas.ts';
import type { Accounts } from './accounts.ts';
import type { Problem } from './problem.ts';
import { reach } from './reach.ts';

/** What stands in the fields of the dialog. */
export type DialogValues = Bodies['accountTest'];

/** What Node-RED's editor has in place of a secret that it must not know. */
const UNCHANGED = '__PWRD__';
const SECRETS = ['authToken', 'webhookSecret'] as const;

type Status = {
  id: string;
  proxyToken: string;
  nodeId: string | null;
  lastInboundAt: string | null;
  lastError: string | null;
};

/** An account as it is to be looked at. */
interface Subject {
  account: ProviderAccount;
  provider: Provider;
  problems: Problem[];
  /** '' = not deployed yet. */
  receiveUrl: string;
  /** Public base URL with httpNodeRoot. */
  base: string;
  status: Status | null;
}

export class Health {
  readonly #engine: Engine;
  readonly #accounts: Accounts;

  constructor(engine: Engine, accounts: Accounts) {
    this.#engine = engine;
    this.#accounts = accounts;
  }

  /**
   * Looks at an account. `id`: node or store id; `values`: what stands in its dialog, absent = as deployed.
   * @throws CoreError 404 `not_found`
   */
  async test(id: string, values?: DialogValues): Promise<AccountTest> {
    const subject = await this.#subject(id, values);
    const { account, provider, problems, receiveUrl, base, status } = subject;
    const about = { lastInboundAt: status?.lastInboundAt ?? null, lastError: status?.lastError ?? null };
    // What is missing would only be refused.
    if (problems.length > 0) return { ok: false, problems, checks: [], ...about };
    const [checks = [], address] = await Promise.all([
      provider.inspect?.(account, receiveUrl),
      reach(receiveUrl || `${base}/whatsapp/health`, account, receiveUrl !== ''),
    ]);
    const all: AccountCheck[] = [...checks, address];
    return { ok: all.every(({ state }) => state !== 'failed'), problems, checks: all, ...about };
  }

  /**
   * Enters the Receive URL at the provider, then looks again.
   * @throws CoreError 409 `not_deployed`, `domain_missing`, 422 with what is wrong or what the provider says
   */
  async connect(id: string, values?: DialogValues): Promise<AccountTest> {
    const { account, provider, problems, receiveUrl } = await this.#subject(id, values);
    const [problem] = problems;
    if (problem) throw new CoreError(problem.code, 422, problem.message);
    if (receiveUrl === '') throw new CoreError('not_deployed', 409, 'There is a Receive URL after the first deploy.');
    if (!provider.setWebhook)
      throw new CoreError('by_hand', 422, 'The Receive URL is entered at the provider by hand.');
    try {
      await provider.setWebhook(account, receiveUrl);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      throw new CoreError(error.code, 422, `${error.message}.`);
    }
    return this.test(id, values);
  }

  async #subject(id: string, values: DialogValues | undefined): Promise<Subject> {
    const status = await this.#statusOf(id, values !== undefined);
    const nodeId = status?.nodeId ?? id;
    const node = this.#accounts.nodes.find((one) => one.nodeId === nodeId);
    if (!values && !node) return notDeployed(status);
    const { account, domain } = merge(node?.provider, node?.domain ?? '', values);
    const provider = providerOf(account.provider);
    const base = this.#accounts.baseWith(domain);
    const problems = values ? provider.check(account) : this.#accounts.problems(nodeId);
    if (values && base === '') problems.push({ code: 'domain_missing', message: 'domain missing' });
    // The URL belongs to the number: another one has another.
    const isSame =
      node !== undefined && node.provider.provider === account.provider && node.provider.phone === account.phone;
    const receiveUrl = status && isSame ? this.#accounts.receiveUrlWith(status, domain) : '';
    return { account, provider, problems, receiveUrl, base, status };
  }

  /** @throws CoreError 404 unless it may be new */
  async #statusOf(id: string, mayBeNew: boolean): Promise<Status | null> {
    try {
      return await this.#engine.run('accountStatus', { idOrNode: id });
    } catch (error) {
      if (mayBeNew && error instanceof CoreError && error.status === 404) return null;
      throw error;
    }
  }
}

function notDeployed(status: Status | null): Subject {
  const account: ProviderAccount = { provider: 'twilio', phone: '', accountSid: '', authToken: '' };
  const problems = [{ code: 'not_deployed', message: 'not deployed' }];
  return { account, provider: providerOf('twilio'), problems, receiveUrl: '', base: '', status };
}

/**
 * The values of the dialog over what is deployed. A secret that was not typed again is the deployed one, but only for the place that it
 * was deployed for: nobody is to have it sent elsewhere.
 */
function merge(
  deployed: ProviderAccount | undefined,
  deployedDomain: string,
  values: DialogValues | undefined,
): { account: ProviderAccount; domain: string } {
  if (!values) return { account: deployed as ProviderAccount, domain: deployedDomain };
  const { domain = deployedDomain, ...own } = values;
  const account: ProviderAccount = {
    accountSid: '',
    authToken: '',
    phone: '',
    provider: 'twilio',
    ...deployed,
    ...own,
  };
  account.phone = account.phone.replace(/[\s().-]/g, '');
  account.baseUrl = account.baseUrl?.replace(/\/+$/, '');
  const isSamePlace = deployed?.provider === account.provider && (deployed.baseUrl ?? '') === (account.baseUrl ?? '');
  for (const secret of SECRETS)
    if (account[secret] === UNCHANGED || own[secret] === undefined)
      account[secret] = isSamePlace ? (deployed?.[secret] ?? '') : '';
  return { account, domain: domain.replace(/\/+$/, '') };
}
