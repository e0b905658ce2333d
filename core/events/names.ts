/** The events of the contact centre (contract 5.8), as the audit log, `wa-events` and the API name them. */
export const EVENT_NAMES = [
  'interaction-opened',
  'interaction-reopened',
  'interaction-assigned',
  'interaction-released',
  'interaction-transferred',
  'transfer-returned',
  'interaction-closed',
  'disposed',
  'message-in',
  'message-out',
  'message-status',
  'offer-made',
  'offer-accepted',
  'offer-rejected',
  'offer-expired',
  'agent-login',
  'agent-logout',
  'agent-paused',
  'agent-available',
  'plan-ended',
  'plan-loop',
  'step-orphaned',
  'account-error',
  'spied',
  'exported',
  'deleted',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** Events that are the rows of messages, interactions and offers themselves: nobody writes them a second time. */
export type RowEvent = 'interaction-opened' | 'message-in' | 'message-out' | 'offer-made';
/** Events that `audit` writes. */
export type AuditEvent = Exclude<EventName, RowEvent>;
