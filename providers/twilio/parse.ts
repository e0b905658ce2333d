import { isId, nameOf, peerOf, phoneOf } from '../address.ts';
import { safeCode } from '../failure.ts';
import { isFileName, typeOfContent } from '../media-type.ts';
import {
  type InboundMedia,
  type InboundMessage,
  type MessageType,
  type Peer,
  type ProviderEvent,
  type StatusUpdate,
  UnreadableWebhook,
  type WebhookRequest,
} from '../provider.ts';
import { isPlace, referralOf } from '../whatsapp-content.ts';
import { twilioReason } from './errors.ts';
import { formOf } from './form.ts';
import { twilioStatus } from './status.ts';

type Fields = Map<string, string>;

const CHANNEL = 'whatsapp:';

/** WhatsApp carries one item per message; other channels of Twilio at most ten. */
const MAX_MEDIA = 10;

/** The query parameter of the status callback that carries our message id. It is part of what Twilio signs. */
export const OUR_ID = 'wa';

/**
 * Normalises a Twilio webhook: a status callback has `MessageStatus`, an inbound message has not.
 * Sources: https://www.twilio.com/docs/messaging/guides/webhook-request and
 * https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
 * @throws UnreadableWebhook if it is no webhook of Twilio's messaging
 */
export function parseTwilio(request: WebhookRequest): ProviderEvent[] {
  const { fields } = formOf(request);
  const id = fields.get('MessageSid') || fields.get('SmsMessageSid') || fields.get('SmsSid');
  if (!id) {
    if (fields.has('AccountSid')) return [];
    throw new UnreadableWebhook('The body is no Twilio webhook: it has neither MessageSid nor AccountSid.');
  }
  if (!isId(id)) throw new UnreadableWebhook('The MessageSid is too long.');
  const status = fields.get('MessageStatus') ?? otherThanReceived(fields.get('SmsStatus'));
  if (status !== undefined) return statusEvents(id, status, fields, request.url);
  const from = fields.get('From');
  if (!from) throw new UnreadableWebhook('The Twilio webhook has a MessageSid but no From.');
  // Text messages and other channels may share the URL; they are none of ours.
  if (!from.startsWith(CHANNEL) || from.length === CHANNEL.length) return [];
  if (!isId(from)) throw new UnreadableWebhook('The From is too long.');
  return [message(id, from, fields)];
}

function otherThanReceived(smsStatus: string | undefined): string | undefined {
  return smsStatus === undefined || smsStatus === 'received' || smsStatus === 'receiving' ? undefined : smsStatus;
}

function statusEvents(id: string, raw: string, fields: Fields, url: string): StatusUpdate[] {
  const status = twilioStatus(raw);
  if (!status) return [];
  const event: StatusUpdate = { kind: 'status', id, status };
  const ourId = ourIdOf(url);
  if (ourId) event.ourId = ourId;
  if (status === 'failed') {
    const code = safeCode(fields.get('ErrorCode'), raw);
    event.error = { code, reason: twilioReason(code) };
  }
  return [event];
}

function ourIdOf(url: string): string | undefined {
  const query = url.indexOf('?');
  if (query === -1) return undefined;
  for (const pair of url.slice(query + 1).split('&')) {
    if (!pair.startsWith(`${OUR_ID}=`)) continue;
    try {
      return decodeURIComponent(pair.slice(OUR_ID.length + 1)) || undefined;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function message(id: string, from: string, fields: Fields): InboundMessage {
  const text = fields.get('Body') ?? '';
  const media = mediaOf(fields);
  const location = locationOf(fields);
  const button = buttonOf(fields, text);
  const quoted = fields.get('OriginalRepliedMessageSid');
  const type = typeOf(fields, text, media, location !== undefined, button !== undefined);
  const event: InboundMessage = { kind: 'message', id, peer: sender(from, fields), type, text };
  if (media) {
    event.media = media;
    // Documents without a caption come with their name as the text.
    if (type === 'document' && isFileName(text)) media[0]!.fileName = text;
  }
  if (location) event.location = location;
  if (button) event.button = button;
  if (quoted) event.repliedTo = quoted;
  if (fields.get('FrequentlyForwarded') === 'true') event.forwarded = 'often';
  else if (fields.get('Forwarded') === 'true') event.forwarded = 'once';
  const ad = (name: string): string => fields.get(`Referral${name}`) ?? '';
  const referral = referralOf(ad('Headline'), ad('Body'), ad('SourceUrl'), ad('SourceId'));
  if (referral) event.referral = referral;
  if (type === 'reaction' && quoted) event.reaction = { to: quoted, emoji: text };
  return event;
}

function sender(from: string, fields: Fields): Peer {
  const peer = peerOf(from.slice(CHANNEL.length));
  const phone = peer.phone ?? phoneOf(fields.get('WaId'));
  if (phone) peer.phone = phone;
  const userId = peer.userId ?? withoutChannel(fields.get('ExternalUserId'));
  if (userId && isId(userId)) peer.userId = userId;
  const name = nameOf(fields.get('ProfileName'));
  if (name) peer.profileName = name;
  return peer;
}

function withoutChannel(address: string | undefined): string | undefined {
  return address?.startsWith(CHANNEL) ? address.slice(CHANNEL.length) : address;
}

function mediaOf(fields: Fields): InboundMedia[] | undefined {
  if (!fields.has('MediaUrl0')) return undefined;
  const media: InboundMedia[] = [];
  for (let i = 0; i < MAX_MEDIA; i++) {
    const source = fields.get(`MediaUrl${i}`);
    if (!source) break;
    const contentType = fields.get(`MediaContentType${i}`);
    media.push(contentType ? { source, contentType } : { source });
  }
  return media.length > 0 ? media : undefined;
}

function locationOf(fields: Fields): InboundMessage['location'] {
  const [lat, long] = [fields.get('Latitude'), fields.get('Longitude')];
  if (!lat || !long) return undefined;
  const latitude = Number(lat);
  const longitude = Number(long);
  if (!isPlace(latitude, longitude)) return undefined;
  const location: NonNullable<InboundMessage['location']> = { latitude, longitude };
  const name = fields.get('Label');
  const address = fields.get('Address');
  if (name) location.name = name;
  if (address) location.address = address;
  return location;
}

/** A pressed button, a chosen list entry, or a completed form, whose answers (JSON) then stand in for the id. */
function buttonOf(fields: Fields, text: string): InboundMessage['button'] {
  const id =
    fields.get('ListId') || fields.get('ButtonPayload') || fields.get('FlowData') || fields.get('InteractiveData');
  const label = fields.get('ListTitle') || fields.get('ButtonText');
  if (!id && !label) return undefined;
  const button: NonNullable<InboundMessage['button']> = {};
  if (id) button.id = id;
  if (label || text) button.text = label || text;
  return button;
}

/** Twilio's `MessageType`, which it does not document and older webhooks lack. */
const TYPES: Record<string, MessageType> = {
  text: 'text',
  image: 'image',
  audio: 'audio',
  voice: 'audio',
  video: 'video',
  document: 'document',
  sticker: 'sticker',
  location: 'location',
  contact: 'contact',
  contacts: 'contact',
  reaction: 'reaction',
  system: 'system',
};

function typeOf(
  fields: Fields,
  text: string,
  media: InboundMedia[] | undefined,
  hasLocation: boolean,
  hasButton: boolean,
): MessageType {
  if (fields.get('ListId')) return 'list';
  if (hasButton) return 'button';
  const named = fields.get('MessageType');
  const known = named !== undefined && Object.hasOwn(TYPES, named) ? TYPES[named]! : undefined;
  if (known && known !== 'text') {
    // A reaction without its target is shown as what it says; a contact card may be announced as a document.
    if (known === 'reaction' && !fields.get('OriginalRepliedMessageSid')) return text ? 'text' : 'unknown';
    if (known === 'document' && typeOfContent(media?.[0]?.contentType) === 'contact') return 'contact';
    return known;
  }
  if (media) return typeOfContent(media[0]!.contentType);
  if (hasLocation) return 'location';
  if (known === 'text' || named === undefined) return text || known ? 'text' : 'unknown';
  return text && named === 'interactive' ? 'text' : 'unknown';
}
