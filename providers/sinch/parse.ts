import { isId, peerOf } from '../address.ts';
import { safeCode } from '../failure.ts';
import { type Json, objectAt, objectsAt, parseObject, textAt } from '../json.ts';
import { fileNameOf, typeOfFile } from '../media-type.ts';
import {
  type ConsentUpdate,
  type DeliveryStatus,
  type InboundMedia,
  type InboundMessage,
  type MessageContent,
  type ProviderEvent,
  type StatusUpdate,
  UnreadableWebhook,
  type WebhookRequest,
} from '../provider.ts';
import { formContent, orderText, placeContent, reactionContent, whatsappContent } from '../whatsapp-content.ts';
import { sinchReason } from './errors.ts';

/**
 * Normalises a callback of Sinch's Conversation API; its top-level key says what it is.
 * Source: https://developers.sinch.com/docs/conversation/callbacks
 * @throws UnreadableWebhook if it is no such callback
 */
export function parseSinch(request: WebhookRequest): ProviderEvent[] {
  const body = parseObject(request.body.toString('utf8'));
  if (!body) throw new UnreadableWebhook('The body is no JSON object.');
  const message = objectAt(body, 'message');
  if (message) return inbound(body, message);
  const report = objectAt(body, 'message_delivery_report');
  if (report) return delivery(body, report);
  const submitted = objectAt(body, 'message_submit_notification');
  if (submitted) return statusOf(body, submitted, 'sent');
  const event = objectAt(body, 'event');
  if (event) return contactEvent(body, event);
  const optOut = objectAt(body, 'opt_out_notification');
  if (optOut) return consent(optOut, true);
  const optIn = objectAt(body, 'opt_in_notification');
  if (optIn) return consent(optIn, false);
  const unsupported = objectAt(body, 'unsupported_callback');
  if (unsupported) return fromContact(body, unsupported, () => rawContent(textAt(unsupported, 'payload')));
  if (!('project_id' in body) && !('app_id' in body)) {
    throw new UnreadableWebhook('The body is no callback of the Sinch Conversation API.');
  }
  return [];
}

function inbound(body: Json, message: Json): InboundMessage[] {
  const direction = textAt(message, 'direction');
  if (direction && direction !== 'TO_APP') return [];
  if (!isId(textAt(message, 'id')))
    throw new UnreadableWebhook('The Sinch message has no id, or one that is too long.');
  const said = objectAt(message, 'contact_message');
  return fromContact(body, message, () => {
    const content = contentOf(said);
    const quoted = textAt(objectAt(said, 'reply_to'), 'message_id');
    if (quoted) content.repliedTo ??= quoted;
    return content;
  });
}

/** Whether somebody wants messages. Only a request that Sinch carried out counts. */
function consent(notification: Json, out: boolean): ConsentUpdate[] {
  const address = textAt(notification, 'identity');
  const channel = textAt(notification, 'channel');
  const done = textAt(notification, 'status');
  const failed = done !== '' && !done.endsWith('SUCCEEDED');
  if (!isId(address) || failed || (channel && channel !== 'WHATSAPP')) return [];
  return [{ kind: 'consent', id: textAt(notification, 'request_id'), peer: peerOf(address), out }];
}

/** An event of a WhatsApp contact; other channels of the same app are none of ours. */
function fromContact(body: Json, item: Json, read: () => MessageContent): InboundMessage[] {
  const identity = objectAt(item, 'channel_identity');
  const channel = textAt(identity, 'channel') || textAt(item, 'channel');
  const address = textAt(identity, 'identity');
  const id = textAt(item, 'id');
  if (!isId(id) || !isId(address) || (channel && channel !== 'WHATSAPP')) return [];
  const event: InboundMessage = { kind: 'message', id, peer: peerOf(address), ...read() };
  const at = timeOf(textAt(item, 'accept_time'), body);
  if (at !== undefined) event.at = at;
  return [event];
}

function timeOf(own: string, body: Json): number | undefined {
  const at = Date.parse(own || textAt(body, 'event_time') || textAt(body, 'accepted_time'));
  return Number.isFinite(at) ? at : undefined;
}

function contentOf(said: Json | undefined): MessageContent {
  const text = objectAt(said, 'text_message');
  if (text) return { type: 'text', text: textAt(text, 'text') };
  const card = objectAt(said, 'media_card_message');
  if (card) return mediaContent(card, textAt(card, 'caption'));
  const media = objectAt(said, 'media_message');
  if (media) return mediaContent(media, '');
  const location = objectAt(said, 'location_message');
  if (location)
    return placeContent(objectAt(location, 'coordinates'), textAt(location, 'title'), textAt(location, 'label'));
  const choice = objectAt(said, 'choice_response_message');
  if (choice) return choiceContent(choice);
  const specific = objectAt(objectAt(objectAt(said, 'channel_specific_message'), 'message'), 'nfm_reply');
  if (specific) return formContent(specific);
  const product = objectAt(said, 'product_response_message');
  if (product) return { type: 'unknown', text: orderText(textAt(product, 'text'), objectsAt(product, 'products')) };
  return rawContent(textAt(objectAt(said, 'fallback_message'), 'raw_message'));
}

/** What Sinch has no shape for, such as a contact card, it passes on as WhatsApp wrote it; files and ids in that are not Sinch's. */
function rawContent(raw: string): MessageContent {
  const { type, text } = whatsappContent(parseObject(raw) ?? {});
  return { type: type === 'contact' || type === 'system' ? type : 'unknown', text };
}

/** Sinch names no content type; the file's extension is all there is until it is downloaded. */
function mediaContent(media: Json, text: string): MessageContent {
  const source = textAt(media, 'url');
  if (!source) return { type: 'unknown', text };
  const fileName = textAt(media, 'filename_override') || fileNameOf(source);
  const item: InboundMedia = fileName ? { source, fileName } : { source };
  return { type: typeOfFile(fileName), text, media: [item] };
}

/** The label is given back only inside the default postback data, `<message id>_<label>`. */
function choiceContent(choice: Json): MessageContent {
  const id = textAt(choice, 'postback_data');
  const asked = textAt(choice, 'message_id');
  const label = asked && id.startsWith(`${asked}_`) ? id.slice(asked.length + 1) : id;
  const content: MessageContent = { type: 'button', text: label, button: { id, text: label } };
  if (asked) content.repliedTo = asked;
  return content;
}

/** Typing and the like are no messages; a reaction is one. */
function contactEvent(body: Json, event: Json): InboundMessage[] {
  const reaction = objectAt(objectAt(event, 'contact_message_event'), 'reaction_event');
  const isTaken = textAt(reaction, 'action').endsWith('UNREACT');
  const content = reactionContent(textAt(reaction, 'message_id'), isTaken ? '' : textAt(reaction, 'emoji'));
  return content ? fromContact(body, event, () => content) : [];
}

/** Sinch's delivery states. `SWITCHING_CHANNEL` is on its way elsewhere: neither sent nor failed. */
const STATUSES: Record<string, DeliveryStatus> = {
  QUEUED_ON_CHANNEL: 'sent',
  DELIVERED: 'delivered',
  READ: 'read',
  FAILED: 'failed',
};

function delivery(body: Json, report: Json): StatusUpdate[] {
  const raw = textAt(report, 'status');
  return Object.hasOwn(STATUSES, raw) ? statusOf(body, report, STATUSES[raw]!) : [];
}

function statusOf(body: Json, report: Json, status: DeliveryStatus): StatusUpdate[] {
  const id = textAt(report, 'message_id');
  if (!isId(id)) return [];
  const event: StatusUpdate = { kind: 'status', id, status };
  const ourId = textAt(report, 'metadata') || textAt(body, 'message_metadata');
  if (ourId) event.ourId = ourId;
  if (status === 'failed') {
    const code = safeCode(textAt(objectAt(report, 'reason'), 'code'), 'UNKNOWN');
    event.error = { code, reason: sinchReason(code) };
  }
  const at = timeOf('', body);
  if (at !== undefined) event.at = at;
  return [event];
}
