import { graphId, twilioSid, ulid, wamid } from './ids.ts';
import { type DeliveryRules, META_RULES, SINCH_RULES, twilioRules } from './post.ts';
import type { SimulatedProvider } from './types.ts';

/** In what the providers differ besides their APIs and webhooks. */
export interface Dialect {
  /** The id of a new message. `now`: epoch ms. */
  messageId(now: number, hasMedia: boolean): string;
  /** The id of a new file; undefined: it has none at this provider. */
  mediaId(): string | undefined;
  /** How webhooks are delivered. */
  rules(url: string): DeliveryRules;
  /** The provider's codes for what can happen to an accepted message. */
  codes: { window: string; optedOut: string; media: string; unknown: string };
}

export const DIALECTS: Record<SimulatedProvider, Dialect> = {
  twilio: {
    messageId: (_now, hasMedia) => twilioSid(hasMedia ? 'MM' : 'SM'),
    mediaId: () => twilioSid('ME'),
    rules: twilioRules,
    codes: { window: '63016', optedOut: '21610', media: '63019', unknown: '30008' },
  },
  sinch: {
    messageId: ulid,
    mediaId: () => undefined,
    rules: () => SINCH_RULES,
    codes: {
      window: 'OUTSIDE_ALLOWED_SENDING_WINDOW',
      optedOut: 'RECIPIENT_NOT_OPTED_IN',
      media: 'MEDIA_NOT_REACHABLE',
      unknown: 'UNKNOWN',
    },
  },
  meta: {
    messageId: wamid,
    mediaId: graphId,
    rules: () => META_RULES,
    codes: { window: '131047', optedOut: '131050', media: '131053', unknown: '131000' },
  },
};
