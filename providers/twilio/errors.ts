import type { FailureReason } from '../provider.ts';

/** Twilio's error codes by common reason. Source: https://www.twilio.com/docs/api/errors */
const CODES: Partial<Record<FailureReason, number[]>> = {
  window_closed: [63016],
  rate_limited: [20429, 21611, 30001, 63018, 63038, 63049],
  recipient_invalid: [21211, 21604, 21614, 30003, 30005, 30006, 63003, 63024, 63031],
  opted_out: [21610],
  content_rejected: [21617, 21619, 30007, 63005, 63013, 63021, 63030],
  media: [21620, 63019],
  template: [21654, 21656, 63027, 63028, 63040, 63041, 63042],
  account: [20003, 20404, 21603, 21606, 30002, 63001, 63002, 63007, 63051],
  temporary: [20500, 20503],
};

const REASONS = new Map<string, FailureReason>();
for (const [reason, codes] of Object.entries(CODES)) {
  for (const code of codes) REASONS.set(String(code), reason as FailureReason);
}

/** The common reason of a Twilio error code, or of the HTTP status if the code says nothing. */
export function twilioReason(code: string | number | null | undefined, status?: number): FailureReason {
  const known = REASONS.get(String(code ?? ''));
  if (known) return known;
  if (status === 401 || status === 403 || status === 404) return 'account';
  if (status === 429) return 'rate_limited';
  return status !== undefined && status >= 500 ? 'temporary' : 'unknown';
}
