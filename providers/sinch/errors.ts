import type { FailureReason } from '../provider.ts';

/** Sinch's reason codes (delivery reports) and error statuses (API answers) by common reason; the names are Sinch's. */
const CODES: Record<Exclude<FailureReason, 'unknown'>, string[]> = {
  window_closed: ['OUTSIDE_ALLOWED_SENDING_WINDOW'],
  rate_limited: ['RATE_LIMITED', 'RESOURCE_EXHAUSTED'],
  recipient_invalid: [
    'RECIPIENT_INVALID_CHANNEL_IDENTITY',
    'RECIPIENT_NOT_REACHABLE',
    'CONTACT_NOT_FOUND',
    'NO_CHANNEL_IDENTITY_FOR_CONTACT',
    'NO_PROFILE_AVAILABLE',
  ],
  opted_out: ['RECIPIENT_NOT_OPTED_IN'],
  content_rejected: [
    'BAD_REQUEST',
    'CHANNEL_REJECT',
    'DELIVERY_REJECTED_DUE_TO_POLICY',
    'INVALID_ARGUMENT',
    'MESSAGE_SPLIT_REQUIRED',
    'UNSUPPORTED_OPERATION',
  ],
  media: ['MEDIA_TYPE_UNSUPPORTED', 'MEDIA_TOO_LARGE', 'MEDIA_NOT_REACHABLE'],
  template: ['TEMPLATE_NOT_FOUND', 'TEMPLATE_INSUFFICIENT_PARAMETERS', 'TEMPLATE_NON_EXISTING_LANGUAGE_OR_VERSION'],
  account: [
    'CHANNEL_BAD_CONFIGURATION',
    'CHANNEL_CONFIGURATION_MISSING',
    'INACTIVE_CREDENTIAL',
    'NO_PERMISSION',
    'NOT_FOUND',
    'PERMISSION_DENIED',
    'UNAUTHENTICATED',
    'UNKNOWN_APP',
  ],
  temporary: [
    'CHANNEL_FAILURE',
    'DELIVERY_REPORT_TIME_OUT',
    'DELIVERY_TIMED_OUT',
    'INTERNAL',
    'INTERNAL_ERROR',
    'MESSAGE_EXPIRED',
    'UNAVAILABLE',
  ],
};

const REASONS = new Map<string, FailureReason>();
for (const [reason, codes] of Object.entries(CODES)) {
  for (const code of codes) REASONS.set(code, reason as FailureReason);
}

/** The common reason of a Sinch code, or of the HTTP status if the code says nothing. */
export function sinchReason(code: string, status?: number): FailureReason {
  const known = REASONS.get(code);
  if (known) return known;
  if (status === 401 || status === 403 || status === 404) return 'account';
  if (status === 429) return 'rate_limited';
  return status !== undefined && status >= 500 ? 'temporary' : 'unknown';
}
