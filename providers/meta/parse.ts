import { isId, nameOf, phoneOf } from '../address.ts';
import { safeCode } from '../failure.ts';
import { type Json, objectAt, objectsAt, parseObject, textAt } from '../json.ts';
import {
  type DeliveryStatus,
  type InboundMessage,
  type Peer,
  type ProviderAccount,
  type ProviderEvent,
  type StatusUpdate,
  UnreadableWebhook,
  type WebhookRequest,
} from '../provider.ts';
import { whatsappContent } from '../whatsapp-content.ts';
import { metaReason } from './errors.ts';

/**
 * Normalises a webhook of the Cloud API: several messages and statuses, in several entries. What concerns another phone number id
 * than the account's is left out, and so are fields other than `messages`.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
 * @throws UnreadableWebhook if it is no such webhook
 */
export function parseMeta(request: WebhookRequest, account: ProviderAccount): ProviderEvent[] {
  const events: ProviderEvent[] = [];
  for (const value of valuesOf(request)) {
    const number = numberOf(value);
    if (number && number !== account.appId) continue;
    for (const message of objectsAt(value, 'messages')) {
      const event = inbound(value, message);
      if (event) events.push(event);
    }
    for (const status of objectsAt(value, 'statuses')) {
      const event = delivery(status);
      if (event) events.push(event);
    }
  }
  return events;
}

/** Says so if a webhook is for other phone number ids only: all numbers of an app share its callback URL unless they have their own. */
export function misdirectedMeta(request: WebhookRequest, account: ProviderAccount): string | undefined {
  const numbers = new Set(valuesOf(request).map(numberOf).filter(Boolean));
  if (numbers.size === 0 || numbers.has(account.appId ?? '')) return undefined;
  // Only digits: what else stands there may be anything.
  const named = [...numbers].slice(0, 3).map((number) => number.replace(/\D/g, '').slice(0, 20));
  return `it is for the phone number id ${named.join(', ')}, the account's is ${account.appId || 'missing'}`;
}

/** The parts of a webhook that are about messages. */
function valuesOf(request: WebhookRequest): Json[] {
  const body = parseObject(request.body.toString('utf8'));
  if (!body) throw new UnreadableWebhook('The body is no JSON object.');
  if (textAt(body, 'object') !== 'whatsapp_business_account') {
    throw new UnreadableWebhook('The body is no webhook of a WhatsApp Business account.');
  }
  return objectsAt(body, 'entry')
    .flatMap((entry) => objectsAt(entry, 'changes'))
    .filter((change) => textAt(change, 'field') === 'messages')
    .map((change) => objectAt(change, 'value') ?? {});
}

function numberOf(value: Json): string {
  return textAt(objectAt(value, 'metadata'), 'phone_number_id');
}

/** Without an id it could not be told from its repetition, without a sender it is nobody's. */
function inbound(value: Json, message: Json): InboundMessage | undefined {
  const id = textAt(message, 'id');
  const peer = peerOf(message, objectsAt(value, 'contacts'));
  if (!isId(id) || !peer) return undefined;
  const event: InboundMessage = { kind: 'message', id, peer, ...whatsappContent(message) };
  const at = timeOf(message);
  if (at !== undefined) event.at = at;
  return event;
}

/** The sender, with what the webhook's list of contacts knows of them. Who has a user name only comes without a number. */
function peerOf(message: Json, contacts: Json[]): Peer | undefined {
  const from = textAt(message, 'from');
  const fromUser = textAt(message, 'from_user_id');
  const contact =
    contacts.find(
      (one) => (from && textAt(one, 'wa_id') === from) || (fromUser && textAt(one, 'user_id') === fromUser),
    ) ?? (contacts.length === 1 ? contacts[0] : undefined);
  const phone = phoneOf(from) ?? phoneOf(textAt(contact, 'wa_id'));
  const userId = fromUser || textAt(contact, 'user_id') || (phone ? '' : from);
  const address = phone ?? userId;
  if (!isId(address)) return undefined;
  const peer: Peer = { address };
  if (phone) peer.phone = phone;
  if (userId && isId(userId)) peer.userId = userId;
  const name = nameOf(textAt(objectAt(contact, 'profile'), 'name'));
  if (name) peer.profileName = name;
  return peer;
}

/** The end of the times that a date can be. */
const MAX_SECONDS = 8.64e12;

/** Unix seconds, written as a text. */
function timeOf(item: Json): number | undefined {
  const seconds = Number(item.timestamp);
  return seconds > 0 && seconds < MAX_SECONDS ? Math.round(seconds * 1000) : undefined;
}

/** `played` is said of voice messages, after `read`. */
const STATUSES: Record<string, DeliveryStatus> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
};

function delivery(item: Json): StatusUpdate | undefined {
  const id = textAt(item, 'id');
  const raw = textAt(item, 'status');
  if (!isId(id) || !Object.hasOwn(STATUSES, raw)) return undefined;
  const event: StatusUpdate = { kind: 'status', id, status: STATUSES[raw]! };
  const ourId = textAt(item, 'biz_opaque_callback_data');
  if (ourId) event.ourId = ourId;
  if (event.status === 'failed') {
    const code = safeCode(objectsAt(item, 'errors')[0]?.code, 'failed');
    event.error = { code, reason: metaReason(code) };
  }
  const at = timeOf(item);
  if (at !== undefined) event.at = at;
  return event;
}
