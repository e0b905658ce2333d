/** Calls of the Graph API other than those that send. */
import { under } from '../check.ts';
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { type Answer, get, post } from '../http.ts';
import { type Json, objectAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';
import { metaReason } from './errors.ts';
import { GRAPH_API, GRAPH_VERSION } from './version.ts';

/**
 * The id of the WhatsApp Business account: the Account SID if that is filled in, else as Meta says.
 * @throws ProviderError
 */
export async function businessOf(account: ProviderAccount, timeout: number): Promise<string> {
  if (account.accountSid) return account.accountSid;
  const path = `${encodeURIComponent(account.appId ?? '')}?fields=whatsapp_business_account`;
  const id = textAt(objectAt(await graphGet(account, path, timeout), 'whatsapp_business_account'), 'id');
  if (id) return id;
  const message =
    'Meta does not say which WhatsApp Business Account the number belongs to: enter its id as the Account SID';
  throw new ProviderError('business_account_missing', 'account', message);
}

/**
 * One GET of the Graph API. `timeout` in ms.
 * @throws ProviderError
 */
export function graphGet(account: ProviderAccount, path: string, timeout: number): Promise<Json> {
  return graph(account, path, (url, headers) => get(url, headers, timeout));
}

/**
 * One POST of JSON. `timeout` in ms.
 * @throws ProviderError
 */
export function graphPost(account: ProviderAccount, path: string, body: object, timeout: number): Promise<Json> {
  return graph(account, path, (url, headers) =>
    post(url, JSON.stringify(body), { ...headers, 'Content-Type': 'application/json' }, timeout),
  );
}

async function graph(
  account: ProviderAccount,
  path: string,
  call: (url: string, headers: Record<string, string>) => Promise<Answer>,
): Promise<Json> {
  const url = under(account.baseUrl || GRAPH_API, `/${GRAPH_VERSION}/${path}`);
  let answer: Answer;
  try {
    answer = await call(url, { Authorization: `Bearer ${account.authToken}`, Accept: 'application/json' });
  } catch (error) {
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Meta does not answer (${code})`);
  }
  const { status, body } = answer;
  if (status === 200) return body;
  const error = objectAt(body, 'error');
  const code = typeof error?.code === 'number' ? String(error.code) : '';
  const said = redact(account, textAt(error, 'message') || `HTTP ${status}`);
  throw new ProviderError(safeCode(code, `http_${status}`), metaReason(code, status), `Meta refused: ${said}`);
}
