import { networkCode, ProviderError, redact, safeCode } from '../failure.ts';
import { objectsAt, textAt } from '../json.ts';
import type { LookUpResult, ProviderAccount, Sought } from '../provider.ts';
import { clientOf, messagesPath, type TwilioAnswer, twilioRequest } from './client.ts';
import { twilioReason } from './errors.ts';
import { twilioStatus } from './status.ts';

/** ms. */
const TIMEOUT = 10_000;
/** The clocks may differ by so much, ms. */
const SKEW = 30_000;
/** More than were sent to one contact within minutes. */
const PAGE_SIZE = 100;

/**
 * Looks for a message among the newest ones to its recipient, by what it says: Twilio gives nothing of ours back. Dates are not asked for:
 * a message that is queued has not been sent yet, and a list by `DateSent` would leave it out.
 * Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
 * @throws ProviderError if Twilio refuses or does not answer
 */
export async function lookUpTwilio(account: ProviderAccount, sought: Sought): Promise<LookUpResult> {
  const listed = await newest(account, sought.to.address);
  const since = sought.since - SKEW;
  const recent = listed.filter(
    (item) => textAt(item, 'direction').startsWith('outbound') && !(createdAt(item) < since) && textAt(item, 'sid'),
  );
  // All that could be ours have to be on the page.
  const isWhole = listed.length < PAGE_SIZE || listed.some((item) => createdAt(item) < since);
  const untaken = await sought.untaken(recent.map((item) => textAt(item, 'sid')));
  const open = recent.filter((item) => untaken.has(textAt(item, 'sid')));
  const hasFile = sought.type !== 'text' && sought.type !== 'location' && sought.type !== 'button';
  const same = open.filter(
    (item) => textAt(item, 'body').trim() === sought.text.trim() && Number(item.num_media ?? 0) > 0 === hasFile,
  );
  // The oldest: what was sent again later has an id of its own.
  const found = same.at(-1);
  if (found) return resultOf(found);
  if (open.length > 0 || !isWhole)
    return { outcome: 'ambiguous', code: 'not_told_apart', message: 'Twilio lists messages that may be this one' };
  return { outcome: 'absent' };
}

type Resource = Record<string, unknown>;

function resultOf(item: Resource): LookUpResult {
  const status = twilioStatus(item.status) ?? 'queued';
  if (status !== 'failed') return { outcome: 'sent', providerId: textAt(item, 'sid'), status };
  const code = safeCode(item.error_code, 'failed');
  return {
    outcome: 'rejected',
    code,
    reason: twilioReason(code),
    message: `Twilio refused the message: ${code}`,
    retry: false,
  };
}

/** Epoch ms; NaN if it is not said, which is later than anything. */
const createdAt = (item: Resource): number => Date.parse(textAt(item, 'date_created'));

async function newest(account: ProviderAccount, address: string): Promise<Resource[]> {
  const filter = { To: `whatsapp:${address}`, From: `whatsapp:${account.phone}`, PageSize: PAGE_SIZE };
  let answer: TwilioAnswer;
  try {
    answer = await twilioRequest(await clientOf(account), 'get', messagesPath(account), filter, TIMEOUT);
  } catch (error) {
    const code = networkCode(error);
    throw new ProviderError(code, 'temporary', `Twilio gave no answer (${code})`);
  }
  const { status, body } = answer;
  if (status === 200) return objectsAt(body, 'messages');
  const code = safeCode(body.code, `http_${status}`);
  const said = redact(account, textAt(body, 'message') || `HTTP ${status}`);
  throw new ProviderError(code, twilioReason(code, status), `Twilio refused the list of messages: ${said}`);
}
