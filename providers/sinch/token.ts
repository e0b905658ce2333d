import { BoundedCache } from '../cache.ts';
import { baseUrlOf, under } from '../check.ts';
import { type Answer, post } from '../http.ts';
import { numberAt, textAt } from '../json.ts';
import type { ProviderAccount } from '../provider.ts';

/** Raised when Sinch refuses to give a token; holds the answer's status and error words, no secret. */
export class TokenRefused extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`HTTP ${answer.status}`);
    this.answer = answer;
  }
}

interface Slot {
  token?: string;
  /** Epoch ms from when on a new one is fetched. */
  renewAt: number;
  fetching?: Promise<string>;
}

/** Fetched again this long (ms) before it ends, so that none ends on its way. */
const MARGIN = 60_000;

const slots = new BoundedCache<Slot>(64);

/**
 * Where tokens come from: Sinch's own host, or with a base URL outside `sinch.com` the same host as the API.
 * Source: https://developers.sinch.com/docs/conversation/api-reference/#oauth2-authentication
 */
export function tokenUrl(baseUrl: string): string {
  const host = baseUrlOf(baseUrl)?.hostname ?? '';
  const own = host === 'sinch.com' || host.endsWith('.sinch.com');
  return own ? 'https://auth.sinch.com/oauth2/token' : under(baseUrl, '/oauth2/token');
}

/** True if the account's token is `keyId:keySecret`, to be exchanged; otherwise it is a bearer token as it is. */
export function isKeyPair(account: ProviderAccount): boolean {
  return account.authToken.includes(':');
}

/**
 * The bearer token to call with. `timeout` in ms; `now` epoch ms. Parallel calls share one fetch.
 * @throws TokenRefused if the key was not accepted, or a network error
 */
export function bearerOf(account: ProviderAccount, timeout: number, now = Date.now()): Promise<string> {
  if (!isKeyPair(account)) return Promise.resolve(account.authToken);
  const slot = slotOf(account);
  if (slot.token !== undefined && now < slot.renewAt) return Promise.resolve(slot.token);
  slot.fetching ??= fetchToken(account, slot, timeout, now).finally(() => {
    slot.fetching = undefined;
  });
  return slot.fetching;
}

/** Forgets a token that was refused, unless a newer one is there already. */
export function forgetToken(account: ProviderAccount, token: string): void {
  const slot = slotOf(account);
  if (slot.token === token) slot.token = undefined;
}

function slotOf(account: ProviderAccount): Slot {
  return slots.get(`${account.baseUrl}\n${account.authToken}`, () => ({ renewAt: 0 }));
}

async function fetchToken(account: ProviderAccount, slot: Slot, timeout: number, now: number): Promise<string> {
  const headers = {
    Authorization: `Basic ${Buffer.from(account.authToken).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
    Accept: 'application/json',
  };
  const answer = await post(tokenUrl(account.baseUrl ?? ''), 'grant_type=client_credentials', headers, timeout);
  const token = textAt(answer.body, 'access_token');
  if (answer.status !== 200 || !token) throw new TokenRefused(answer);
  const lifetime = Math.max(0, numberAt(answer.body, 'expires_in') ?? 300) * 1000;
  slot.token = token;
  slot.renewAt = now + Math.max(lifetime - MARGIN, lifetime / 2);
  return token;
}
