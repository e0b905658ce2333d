/** Whether an address of this Node-RED can be reached from outside, as far as that can be seen from here. */
import type { AccountCheck, ProviderAccount } from '../providers/provider.ts';

/** ms. */
const TIMEOUT = 10_000;
/** Failures that others would have as well; after any other one nobody knows. */
const FINAL: Record<string, string> = {
  ENOTFOUND: 'its name is not known',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by itself',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is incomplete',
};
const PRIVATE =
  /^(localhost|.*\.(localhost|local|internal|lan)|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*|\[(::1|f[cd].*|fe80.*)\])$/i;

/**
 * Asks the Receive URL what a provider that knows its secret would be answered. `url`: of an account, or of the health of this Node-RED
 * while the account is not deployed. Never rejects.
 */
export async function reach(url: string, account: ProviderAccount, isDeployed: boolean): Promise<AccountCheck> {
  const say = (state: AccountCheck['state'], message: string): AccountCheck => ({ what: 'address', state, message });
  const target = URL.parse(url);
  if (!target || !/^https?:$/.test(target.protocol))
    return say('failed', 'There is no public address: fill in the domain.');
  const isOwn = PRIVATE.test(target.hostname);
  const challenge = String(Date.now());
  if (isDeployed && account.provider === 'meta') {
    target.searchParams.set('hub.mode', 'subscribe');
    target.searchParams.set('hub.challenge', challenge);
    target.searchParams.set('hub.verify_token', account.verifyToken ?? '');
  }
  let status: number;
  let body: string;
  try {
    const answer = await fetch(target, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
    status = answer.status;
    body = (await answer.text()).slice(0, 2000);
  } catch (error) {
    const { code = '' } = ((error as { cause?: unknown }).cause ?? error) as { code?: string };
    const why = FINAL[code];
    if (why) return say('failed', `${target.host} cannot be reached: ${why}.`);
    return say(
      'unknown',
      `${target.host} cannot be reached from here${code ? ` (${code})` : ''}; perhaps it can from outside.`,
    );
  }
  if (status === 403 && body.includes('bad_verify_token'))
    return say('failed', `The Receive URL answers, but the verify token is not the one that is deployed.`);
  const isUs = isDeployed
    ? body === challenge || body.includes('method_not_allowed')
    : status === 200 && body.includes('"ok"');
  if (!isUs)
    return say(
      'failed',
      `Something else answers at ${target.host}${target.pathname === '/' ? '' : ' at this path'} (HTTP ${status}).`,
    );
  if (isOwn)
    return say('unknown', `This Node-RED answers at ${target.host}, but a provider cannot reach a private address.`);
  if (target.protocol === 'http:')
    return say('unknown', `This Node-RED answers at ${target.host}, but providers want https.`);
  return say('ok', `This Node-RED answers at ${target.host}.`);
}
