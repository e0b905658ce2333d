import { baseUrlOf, checkCommon, type Problem } from '../check.ts';
import { MAX_TEXT, type Provider, type ProviderAccount } from '../provider.ts';
import { inspectSinch, setSinchWebhook } from './app.ts';
import { lookUpSinch } from './look-up.ts';
import { sinchMedia } from './media.ts';
import { parseSinch } from './parse.ts';
import { sendSinch } from './send.ts';
import { verifySinch } from './signature.ts';
import { signOfSinch } from './signs.ts';
import { templatesOfSinch } from './templates.ts';

/** Sinch's Conversation API with a WhatsApp app. */
export const sinch: Provider = {
  name: 'sinch',
  free: ['location', 'buttons'],
  maxText: MAX_TEXT.sinch,
  success: { status: 200 },
  check,
  verify: verifySinch,
  parse: parseSinch,
  send: sendSinch,
  lookUp: lookUpSinch,
  showSign: signOfSinch,
  inspect: inspectSinch,
  setWebhook: setSinchWebhook,
  templates: templatesOfSinch,
  media: sinchMedia,
};

function check(account: ProviderAccount): Problem[] {
  const problems = checkCommon(account);
  const missing = (code: string, what: string) => problems.push({ code, message: `${what} missing` });
  if (!account.accountSid) missing('account_sid_missing', 'Account SID (Sinch project id)');
  if (!account.authToken) missing('auth_token_missing', 'Authorization Token (keyId:keySecret or a bearer token)');
  if (!account.appId) missing('app_id_missing', 'app id');
  if (!account.webhookSecret) missing('webhook_secret_missing', 'webhook secret');
  if (!account.baseUrl) {
    missing('base_url_missing', 'base URL (for example https://eu.conversation.api.sinch.com)');
  } else if (isRetired(account.baseUrl)) {
    const reason = 'Sinch retired its WhatsApp API (whatsapp.api.sinch.com) on 30 September 2023';
    problems.push({ code: 'base_url_retired', message: `${reason}: use the Conversation API's base URL instead` });
  }
  return problems;
}

function isRetired(baseUrl: string): boolean {
  const host = baseUrlOf(baseUrl)?.hostname ?? '';
  return host === 'whatsapp.api.sinch.com' || host.endsWith('.whatsapp.api.sinch.com');
}
