import type { FailureReason } from '../provider.ts';

/** Error codes of the Cloud API by common reason. Source: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes */
const CODES: Partial<Record<FailureReason, number[]>> = {
  window_closed: [131047],
  rate_limited: [4, 17, 32, 613, 80007, 130429, 131048, 131049, 131056, 133016],
  recipient_invalid: [131021, 131026, 131030],
  opted_out: [131050],
  content_rejected: [100, 131008, 131009, 131051],
  media: [131052, 131053],
  template: [132000, 132001, 132005, 132007, 132012, 132015, 132016, 132018, 132068, 132069],
  account: [0, 3, 10, 33, 190, 368, 130497, 131005, 131031, 131042, 131045, 133006, 133010],
  temporary: [1, 2, 131000, 131016, 131057, 133004],
};

const REASONS = new Map<string, FailureReason>();
for (const [reason, codes] of Object.entries(CODES)) {
  for (const code of codes) REASONS.set(String(code), reason as FailureReason);
}

/** `100` with this subcode: the phone number id does not exist, or the token may not use it. */
const NO_SUCH_OBJECT = '33';

/** The common reason of an error code, or of the HTTP status if the code says nothing. */
export function metaReason(code: string, status?: number, subcode = ''): FailureReason {
  if (code === '100' && subcode === NO_SUCH_OBJECT) return 'account';
  const known = REASONS.get(code);
  if (known) return known;
  // 200 to 299 are permissions that the token lacks.
  if (/^2\d\d$/.test(code) || status === 401 || status === 403 || status === 404) return 'account';
  if (status === 429) return 'rate_limited';
  return status !== undefined && status >= 500 ? 'temporary' : 'unknown';
}

/**
 * Seconds until a message may be sent again that one of the rate limits held up: the app's, the business account's, the number's
 * throughput, and that between two numbers (one message in 6 s). Such a message was not processed, whatever the HTTP status is.
 */
const WAITS: Record<string, number> = { 4: 60, 80007: 60, 130429: 2, 131056: 6 };

/** The seconds to wait after an error code that is a passing rate limit, undefined for any other. */
export function metaWait(code: string): number | undefined {
  return Object.hasOwn(WAITS, code) ? WAITS[code] : undefined;
}

/** The limit of messages to one recipient: others are not concerned. */
export const PAIR_LIMIT = '131056';
