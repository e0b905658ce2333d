/** What a wa-send sends, filled in for one message. Nothing is escaped: it is text, not HTML. */
import Mustache from 'mustache';
import { CoreError, type SendJob } from '../../core/api.ts';
import type { MessageView } from '../../core/views.ts';
import { isE164 } from '../../providers/address.ts';
import type { FreeContent, Provider } from '../../providers/provider.ts';
import type { FileSend } from '../../server/attach.ts';
import { MAX_BUTTON_TEXT, MAX_TEXT } from './checks.ts';
import { MAX_BUTTONS, type SendMode, type WaSendConfig } from './config.ts';

export interface Content {
  text: string;
  type: MessageView['type'];
  content: SendJob['content'];
  template?: { id: string; variables: Record<string, string> };
  textAfter?: string;
  same?: string;
}

type Fill = (template: string) => string;

/** Mustache over `msg`, whose properties may be written without `msg.` as well. */
export function filler(msg: object): Fill {
  const view = { ...msg, msg };
  return (template) => Mustache.render(template, view, {}, { escape: (v) => String(v) });
}

/** @throws CoreError `text_missing`, `text_too_long` (of buttons), `location_invalid`, `buttons_missing`, `buttons_invalid`, `mode_unsupported` */
export function contentOf(config: WaSendConfig, fill: Fill): Content {
  switch (config.mode) {
    case 'text':
      return { type: 'text', text: someText(fill(config.text)), content: null };
    case 'location':
      return { type: 'location', text: '', content: { location: placeOf(config.location, fill) } };
    case 'buttons':
      return { type: 'button', text: questionOf(fill(config.text)), content: { buttons: buttonsOf(config, fill) } };
    case 'template':
      return { type: 'text', text: '', content: null, template: templateOf(config, fill) };
    default:
      throw new CoreError('mode_unsupported', 400, `The mode ${config.mode} is not supported by this version.`);
  }
}

/** The template's id or name, and its variables, those that come out empty left out: the engine says which ones are missing. */
function templateOf(config: WaSendConfig, fill: Fill): NonNullable<Content['template']> {
  const id = fill(config.template).trim();
  if (id === '') throw new CoreError('template_missing', 400, 'There is no template to send.');
  const filled = Object.entries(config.variables).map(([name, value]): [string, string] => [name, fill(value).trim()]);
  return { id, variables: Object.fromEntries(filled.filter(([, value]) => value !== '')) };
}

/** How a file comes here. */
export interface Bringing {
  /** Fetches it from an address, as its provider sends it. */
  bring(address: string, text: string): Promise<FileSend>;
  /** Whether what is the `same` was sent before: then it need not be there any more. */
  sentBefore(same: string): Promise<boolean>;
}

/**
 * A file with its caption.
 * @throws CoreError `media_url_missing`, `text_too_long`, and those of fetching
 */
export async function mediaContent(
  config: WaSendConfig,
  fill: Fill,
  { bring, sentBefore }: Bringing,
): Promise<Content> {
  const address = fill(config.mediaUrl).trim();
  if (address === '') throw new CoreError('media_url_missing', 400, 'The address of the file comes out empty.');
  const caption = fill(config.text);
  const same = `file ${address} ${caption}`;
  if (await sentBefore(same)) return { type: 'document', text: '', content: null, same };
  const { file, ...said } = await bring(address, caption.trim() === '' ? '' : shortEnough(caption));
  return { ...said, content: { media: [{ ...file, state: 'ready' }] }, same };
}

/** A text may be long: it goes out in parts. */
function someText(text: string): string {
  if (text.trim() === '') throw new CoreError('text_missing', 400, 'There is no text to send.');
  return text;
}

const questionOf = (text: string): string => shortEnough(someText(text));

function shortEnough(text: string): string {
  if (text.length > MAX_TEXT)
    throw new CoreError(
      'text_too_long',
      400,
      `WhatsApp takes at most ${MAX_TEXT} characters; this text has ${text.length}.`,
    );
  return text;
}

function placeOf(
  config: WaSendConfig['location'],
  fill: Fill,
): NonNullable<NonNullable<Content['content']>['location']> {
  const latitude = Number(fill(config.latitude).trim() || Number.NaN);
  const longitude = Number(fill(config.longitude).trim() || Number.NaN);
  if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180))
    throw new CoreError('location_invalid', 400, 'The location needs a latitude and a longitude in decimal degrees.');
  const name = fill(config.name).trim();
  const address = fill(config.address).trim();
  return { latitude, longitude, ...(name && { name }), ...(address && { address }) };
}

/** A button whose text comes out empty is left out. */
function buttonsOf(config: WaSendConfig, fill: Fill): { id: string; text: string }[] {
  const buttons = config.buttons
    .map((button) => ({ id: button.id, text: fill(button.text).trim() }))
    .filter(({ text }) => text !== '')
    .map(({ id, text }) => ({ id: id || text, text }));
  const refuse = (why: string): never => {
    throw new CoreError('buttons_invalid', 400, why);
  };
  if (buttons.length === 0) throw new CoreError('buttons_missing', 400, 'There is no button to send.');
  if (buttons.length > MAX_BUTTONS)
    refuse(`WhatsApp shows at most ${MAX_BUTTONS} buttons, these are ${buttons.length}.`);
  const long = buttons.find(({ text }) => [...text].length > MAX_BUTTON_TEXT);
  if (long) refuse(`The text of a button has at most ${MAX_BUTTON_TEXT} characters: ${long.text}`);
  const unique = new Set(buttons.map(({ text }) => text));
  if (unique.size < buttons.length) refuse('Two buttons have the same text.');
  return buttons;
}

const FREE: Partial<Record<SendMode, FreeContent>> = { location: 'location', buttons: 'buttons' };
const NAMES = { twilio: 'Twilio', sinch: 'Sinch', meta: 'Meta' };

/** @throws CoreError `mode_unsupported` if the provider sends this kind of message from a prepared template only */
export function checkMode(mode: SendMode, provider: Provider | undefined): void {
  const content = FREE[mode];
  if (!content || !provider || provider.free.includes(content)) return;
  const name = NAMES[provider.name];
  throw new CoreError(
    'mode_unsupported',
    400,
    `${name} sends ${content} from a prepared template only, which is not supported by this version.`,
  );
}

/**
 * The address that `to` gives: a number in E.164 form, or a business-scoped user id as it is.
 * @throws CoreError `recipient_missing`, `recipient_invalid`
 */
export function recipientOf(written: string): string {
  const plain = written.trim();
  if (plain === '') throw new CoreError('recipient_missing', 400, 'The recipient (to) comes out empty.');
  if (/^[A-Z]{2}\.[A-Za-z0-9]+$/.test(plain)) return plain;
  const phone = plain.replace(/[\s()./-]/g, '');
  if (isE164(phone)) return phone;
  throw new CoreError(
    'recipient_invalid',
    400,
    `The recipient "${plain.slice(0, 40)}" is no number with + and country code, such as +12025550142.`,
  );
}
