import { checkCommon, type Problem } from '../check.ts';
import { MAX_TEXT, type Provider, type ProviderAccount } from '../provider.ts';
import { listTwilio } from './list.ts';
import { lookUpTwilio } from './look-up.ts';
import { twilioMedia } from './media.ts';
import { parseTwilio } from './parse.ts';
import { sendTwilio } from './send.ts';
import { inspectTwilio, setTwilioWebhook } from './senders.ts';
import { verifyTwilio } from './signature.ts';
import { signOfTwilio } from './signs.ts';
import { templatesOfTwilio } from './templates.ts';

/** Twilio's Programmable Messaging with a WhatsApp sender. */
export const twilio: Provider = {
  name: 'twilio',
  // Buttons are sent by the SID of prepared content only.
  free: ['location'],
  maxText: MAX_TEXT.twilio,
  // An empty 200 is reported as error 11200 in Twilio's debugger, one without a content type as 12300.
  success: { status: 200, contentType: 'text/xml', body: '<?xml version="1.0" encoding="UTF-8"?><Response/>' },
  check,
  verify: verifyTwilio,
  parse: parseTwilio,
  send: sendTwilio,
  list: listTwilio,
  lookUp: lookUpTwilio,
  showSign: signOfTwilio,
  inspect: inspectTwilio,
  setWebhook: setTwilioWebhook,
  templates: templatesOfTwilio,
  media: twilioMedia,
};

function check(account: ProviderAccount): Problem[] {
  const problems = checkCommon(account);
  const { accountSid, authToken, baseUrl } = account;
  if (!accountSid) {
    problems.push({ code: 'account_sid_missing', message: 'Account SID missing' });
  } else if (baseUrl ? !/^AC\w+$/.test(accountSid) : !/^AC[0-9a-f]{32}$/i.test(accountSid)) {
    const form = baseUrl ? 'AC' : 'AC and 32 hexadecimal digits';
    problems.push({ code: 'account_sid_invalid', message: `a Twilio Account SID starts with ${form}` });
  }
  if (!authToken) problems.push({ code: 'auth_token_missing', message: 'Authorization Token missing' });
  return problems;
}
