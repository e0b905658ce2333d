import { under } from '../check.ts';
import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { type Answer, get, request } from '../http.ts';
import { type Json, objectAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';
import { sinchReason } from './errors.ts';
import { bearerOf, forgetToken, isKeyPair, TokenRefused } from './token.ts';

/**
 * One call of the Conversation API other than sending, under the account's project. A token that ended is fetched anew, once. `timeout`
 * in ms.
 * @throws ProviderError
 */
export async function sinchCall(
  account: ProviderAccount,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body: object | undefined,
  timeout: number,
): Promise<Json> {
  const url = under(account.baseUrl ?? '', `/v1/projects/${encodeURIComponent(account.accountSid)}${path}`);
  for (let repeated = false; ; repeated = true) {
    let answer: Answer;
    let token = '';
    try {
      token = await bearerOf(account, timeout);
      const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
      answer =
        method === 'GET'
          ? await get(url, headers, timeout)
          : await request(
              method,
              url,
              JSON.stringify(body),
              { ...headers, 'Content-Type': 'application/json' },
              timeout,
            );
    } catch (error) {
      throw withoutAnswer(account, error);
    }
    if (answer.status === 401 && isKeyPair(account)) {
      forgetToken(account, token);
      if (!repeated) continue;
    }
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const error = objectAt(answer.body, 'error');
    const code = safeCode(textAt(error, 'status'), `http_${answer.status}`);
    const said = redact(account, textAt(error, 'message') || `HTTP ${answer.status}`, [token]);
    throw new ProviderError(code, sinchReason(code, answer.status), `Sinch refused: ${said}`);
  }
}

/** @throws ProviderError */
export function sinchGet(account: ProviderAccount, path: string, timeout: number): Promise<Json> {
  return sinchCall(account, 'GET', path, undefined, timeout);
}

function withoutAnswer(account: ProviderAccount, error: unknown): ProviderError {
  if (error instanceof TokenRefused) {
    const { status, body } = error.answer;
    const said = textAt(objectAt(body, 'error'), 'message') || textAt(body, 'error') || `HTTP ${status}`;
    const reason = status === 429 || status >= 500 ? 'temporary' : 'account';
    return new ProviderError(`token_http_${status}`, reason, `Sinch gave no access token: ${redact(account, said)}`);
  }
  const code = networkCode(error);
  return new ProviderError(code, 'temporary', `Sinch does not answer (${code})`);
}
