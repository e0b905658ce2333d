import { checkCommon, type Problem } from '../check.ts';
import type { Provider, ProviderAccount } from '../provider.ts';
import { metaMedia } from './media.ts';
import { misdirectedMeta, parseMeta } from './parse.ts';
import { sendMeta } from './send.ts';
import { verifyMeta } from './signature.ts';
import { signOfMeta } from './signs.ts';
import { inspectMeta, setMetaWebhook } from './subscription.ts';
import { templatesOfMeta } from './templates.ts';

/** Meta's WhatsApp Cloud API. */
export const meta: Provider = {
  name: 'meta',
  free: ['location', 'buttons'],
  maxText: 4096,
  success: { status: 200 },
  check,
  verify: verifyMeta,
  parse: parseMeta,
  misdirected: misdirectedMeta,
  send: sendMeta,
  showSign: signOfMeta,
  inspect: inspectMeta,
  setWebhook: setMetaWebhook,
  templates: templatesOfMeta,
  media: metaMedia,
};

function check(account: ProviderAccount): Problem[] {
  const problems = checkCommon(account);
  const { appId, phone } = account;
  const missing = (code: string, what: string) => problems.push({ code, message: `${what} missing` });
  if (!appId) {
    missing('app_id_missing', 'phone number id');
  } else if (!/^\d+$/.test(appId) || `+${appId}` === phone) {
    const message =
      'the phone number id is the number by which Meta knows the phone number, not the phone number itself';
    problems.push({ code: 'app_id_invalid', message });
  }
  if (!account.authToken) missing('auth_token_missing', 'access token');
  if (!account.webhookSecret) missing('webhook_secret_missing', 'webhook secret');
  if (!account.verifyToken) missing('verify_token_missing', 'verify token');
  return problems;
}
