import type { DeliveryStatus } from '../provider.ts';

/** Twilio's message statuses; those of inbound messages and the deprecated `partially_delivered` say nothing about delivery. */
const STATUSES: Record<string, DeliveryStatus> = {
  accepted: 'queued',
  scheduled: 'queued',
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/** The common status of one of Twilio's, undefined if it has none. */
export function twilioStatus(status: unknown): DeliveryStatus | undefined {
  return typeof status === 'string' && Object.hasOwn(STATUSES, status) ? STATUSES[status] : undefined;
}
