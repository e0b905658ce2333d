/** What a message says in WhatsApp's own JSON: as Meta's webhooks have it, and as other providers pass on what they do not know. */
import { phoneOf } from './address.ts';
import { type Json, numberAt, objectAt, objectsAt, textAt } from './json.ts';
import type { InboundMedia, MessageContent, MessageType, Referral } from './provider.ts';

/**
 * The content of a message by its `type`. What is not known, or not whole, is kept as `unknown`.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
 */
export function whatsappContent(message: Json): MessageContent {
  const kind = textAt(message, 'type');
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  const said = objectAt(message, kind);
  const content = read?.(said, message) ?? { type: 'unknown', text: textAt(said, 'body') || textAt(said, 'text') };
  const quoted = textAt(objectAt(message, 'context'), 'id');
  if (quoted) content.repliedTo ??= quoted;
  const context = objectAt(message, 'context');
  if (context?.frequently_forwarded === true) content.forwarded = 'often';
  else if (context?.forwarded === true) content.forwarded = 'once';
  const ad = objectAt(message, 'referral');
  if (ad) {
    const words = ['headline', 'body', 'source_url', 'source_id'].map((key) => textAt(ad, key)) as Words;
    const referral = referralOf(...words);
    if (referral) content.referral = referral;
  }
  return content;
}

type Words = [headline: string, body: string, url: string, id: string];

/** The ad or post that a conversation began with, cut to what can be shown; undefined if nothing is said of it. */
export function referralOf(...[headline, body, url, id]: Words): Referral | undefined {
  const referral: Referral = {};
  if (headline) referral.headline = headline.slice(0, 300);
  if (body) referral.body = body.slice(0, 1000);
  // It is opened from the desk.
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) referral.url = url.slice(0, 2000);
  if (id) referral.id = id.slice(0, 200);
  return Object.keys(referral).length > 0 ? referral : undefined;
}

type Reader = (said: Json | undefined, message: Json) => MessageContent | undefined;

const READERS: Record<string, Reader> = {
  text: (said) => ({ type: 'text', text: textAt(said, 'body') }),
  image: media('image'),
  audio: media('audio'),
  voice: media('audio'),
  video: media('video'),
  document: media('document'),
  sticker: media('sticker'),
  location: (said) => placeContent(said, textAt(said, 'name'), textAt(said, 'address')),
  contacts: (_, message) => ({ type: 'contact', text: cardsText(objectsAt(message, 'contacts')) }),
  button: (said) => buttonContent('button', textAt(said, 'payload'), textAt(said, 'text')),
  interactive: interactiveContent,
  reaction: (said) => reactionContent(textAt(said, 'message_id'), textAt(said, 'emoji')),
  order: (said) => ({ type: 'unknown', text: orderText(textAt(said, 'text'), objectsAt(said, 'product_items')) }),
  system: (said) => ({ type: 'system', text: textAt(said, 'body') }),
};

/** A file, named by its media id. */
function media(type: MessageType): Reader {
  return (said) => {
    const source = textAt(said, 'id');
    const text = textAt(said, 'caption');
    if (!source) return { type: 'unknown', text };
    const item: InboundMedia = { source };
    const contentType = textAt(said, 'mime_type');
    const fileName = textAt(said, 'filename');
    if (contentType) item.contentType = contentType;
    if (fileName) item.fileName = fileName;
    return { type, text, media: [item] };
  };
}

/** Whether there is such a place on earth. */
export function isPlace(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}

/** A place by its `latitude` and `longitude`; without them what is said of it. */
export function placeContent(coordinates: Json | undefined, name: string, address: string): MessageContent {
  const latitude = numberAt(coordinates, 'latitude');
  const longitude = numberAt(coordinates, 'longitude');
  if (latitude === undefined || longitude === undefined || !isPlace(latitude, longitude))
    return { type: 'unknown', text: name };
  const location: NonNullable<MessageContent['location']> = { latitude, longitude };
  if (name) location.name = name;
  if (address) location.address = address;
  return { type: 'location', text: '', location };
}

/** Contact cards, one a line: the name, then the numbers or, without any, the e-mail addresses. */
function cardsText(cards: Json[]): string {
  return cards.map(cardText).filter(Boolean).join('\n');
}

function cardText(card: Json): string {
  const name = objectAt(card, 'name');
  const full = [textAt(name, 'first_name'), textAt(name, 'last_name')].filter(Boolean).join(' ');
  const called = textAt(name, 'formatted_name') || full || textAt(objectAt(card, 'org'), 'company');
  const numbers = objectsAt(card, 'phones').map((one) => textAt(one, 'phone') || phoneOf(textAt(one, 'wa_id')) || '');
  const known = numbers.some(Boolean) ? numbers : objectsAt(card, 'emails').map((one) => textAt(one, 'email'));
  return [called, known.filter(Boolean).join(', ')].filter(Boolean).join(' ');
}

function buttonContent(type: 'button' | 'list', id: string, text: string): MessageContent {
  const button: NonNullable<MessageContent['button']> = {};
  if (id) button.id = id;
  if (text) button.text = text;
  return { type, text, button };
}

function interactiveContent(said: Json | undefined): MessageContent | undefined {
  const chosen = (type: 'button' | 'list', reply: Json | undefined) =>
    reply && buttonContent(type, textAt(reply, 'id'), textAt(reply, 'title'));
  const form = objectAt(said, 'nfm_reply');
  // Whether the business may call: `accept` or `reject`.
  const call = textAt(objectAt(said, 'call_permission_reply'), 'response');
  return (
    chosen('button', objectAt(said, 'button_reply')) ??
    chosen('list', objectAt(said, 'list_reply')) ??
    (form && formContent(form)) ??
    (call ? buttonContent('button', call, call) : undefined)
  );
}

/** A completed WhatsApp form: its answers (JSON) stand in for the button's id. */
export function formContent(reply: Json): MessageContent {
  const text = textAt(reply, 'body');
  return { type: 'button', text, button: { id: textAt(reply, 'response_json'), text: text || textAt(reply, 'name') } };
}

/** Taking a reaction back is a reaction without an emoji. */
export function reactionContent(to: string, emoji: string): MessageContent | undefined {
  return to ? { type: 'reaction', text: emoji, reaction: { to, emoji }, repliedTo: to } : undefined;
}

/** An order from the catalogue: what was written with it, then its items, one a line. */
export function orderText(text: string, items: Json[]): string {
  const lines = items.map((item) => {
    const name = textAt(item, 'product_retailer_id') || textAt(item, 'id');
    return name && `${numberAt(item, 'quantity') ?? 1} × ${name}`;
  });
  return [text, ...lines].filter(Boolean).join('\n');
}
