import { phoneOf } from '../address.ts';
import { under } from '../check.ts';
import { ProviderError, refused, unanswered, unusable } from '../failure.ts';
import { type Answer, post } from '../http.ts';
import { type Json, objectAt, objectsAt, textAt } from '../json.ts';
import type { OutboundMedia, OutboundMessage, ProviderAccount, SendResult } from '../provider.ts';
import { type TemplateUse, variablesAt } from '../template.ts';
import { metaReason, metaWait, PAIR_LIMIT } from './errors.ts';
import { uploadToMeta } from './media.ts';
import { GRAPH_API, GRAPH_VERSION } from './version.ts';

/** How Meta appears in messages to people. */
const NAME = 'Meta';

/** ms for uploading a file; it and the send together stay below what a send may take before it counts as lost. */
const UPLOAD = 40_000;

/** More choices than this are a list, which opens with a button of its own. */
const MAX_BUTTONS = 3;
const OPEN_LIST = 'Options';

/**
 * One attempt to send. Never retried here and never throws. `timeout` in ms.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
 */
export async function sendMeta(
  account: ProviderAccount,
  message: OutboundMessage,
  timeout = 10_000,
): Promise<SendResult> {
  const { appId, authToken, baseUrl } = account;
  if (!appId) return unusable(NAME, 'app_id_missing', 'it has no phone number id');
  if (!authToken) return unusable(NAME, 'auth_token_missing', 'it has no access token');
  const url = under(baseUrl || GRAPH_API, `/${GRAPH_VERSION}/${encodeURIComponent(appId)}/messages`);
  const headers = {
    Authorization: `Bearer ${authToken}`,
    'Content-Type': 'application/json',
    Accept: 'application/json',
  };
  let mediaId = '';
  if (message.media) {
    const { media } = message;
    try {
      mediaId = await uploadToMeta(account, { ...media, content: await media.open() }, UPLOAD);
    } catch (error) {
      return notUploaded(error);
    }
  }
  try {
    return resultOf(account, await post(url, JSON.stringify(requestOf(message, mediaId)), headers, timeout));
  } catch (error) {
    return unanswered(NAME, error, timeout);
  }
}

/** Statuses go to the app's webhook; `biz_opaque_callback_data` comes back in each of them. */
function requestOf(message: OutboundMessage, mediaId: string): object {
  const { address } = message.to;
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    // With its plus sign a number is never taken for one of the business's own country.
    ...(phoneOf(address) ? { to: phoneOf(address) } : { recipient: address }),
    ...(message.media ? fileOf(message, message.media, mediaId) : contentOf(message)),
    biz_opaque_callback_data: message.id,
  };
}

/** Without the file no message was sent: what may pass is tried again. */
function notUploaded(error: unknown): SendResult {
  const known = error instanceof ProviderError ? error : undefined;
  const message = known?.message ?? 'the file could not be read';
  const reason = known?.reason === 'unknown' ? 'media' : (known?.reason ?? 'media');
  const retry = reason === 'temporary';
  return {
    outcome: 'rejected',
    code: known?.code ?? 'file_lost',
    reason,
    message,
    retry,
    ...(retry && { retryAfter: 5 }),
  };
}

function fileOf({ text }: OutboundMessage, { type, fileName }: OutboundMedia, id: string): object {
  const captioned = type === 'image' || type === 'video' || type === 'document';
  const file = {
    id,
    ...(captioned && text ? { caption: text } : {}),
    ...(type === 'document' ? { filename: fileName } : {}),
  };
  return { type, [type]: file };
}

function contentOf({ text = '', location, buttons, template }: OutboundMessage): object {
  if (template) return { type: 'template', template: templateOf(template) };
  if (location) {
    const { latitude, longitude, address } = location;
    const name = location.name || text || address;
    return {
      type: 'location',
      location: { latitude, longitude, ...(name && { name }), ...(address && address !== name && { address }) },
    };
  }
  if (!buttons?.length) return { type: 'text', text: { preview_url: false, body: text } };
  const interactive = buttons.length > MAX_BUTTONS ? listOf(buttons) : buttonsOf(buttons);
  return { type: 'interactive', interactive: { ...interactive, body: { text } } };
}

/** Source: https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates */
function templateOf(use: TemplateUse): object {
  const components: object[] = [];
  const header = variablesAt(use, 'header').map(([name, value]) =>
    MEDIA.includes(name) ? { type: name, [name]: { link: value } } : parameter(name, value),
  );
  if (header.length > 0) components.push({ type: 'header', parameters: header });
  const body = variablesAt(use, 'body').map(([name, value]) => parameter(name, value));
  if (body.length > 0) components.push({ type: 'body', parameters: body });
  for (const [index, value] of variablesAt(use, 'button'))
    components.push({ type: 'button', sub_type: 'url', index, parameters: [{ type: 'text', text: value }] });
  return { name: use.name, language: { code: use.language }, ...(components.length > 0 && { components }) };
}

const MEDIA = ['image', 'video', 'document'];

/** Numbered ones go by their order, others by their name. */
function parameter(name: string, text: string): object {
  return { type: 'text', ...(/^\d+$/.test(name) ? {} : { parameter_name: name }), text };
}

type Buttons = NonNullable<OutboundMessage['buttons']>;

function buttonsOf(buttons: Buttons): object {
  const replies = buttons.map(({ id, text }) => ({ type: 'reply', reply: { id, title: text } }));
  return { type: 'button', action: { buttons: replies } };
}

function listOf(buttons: Buttons): object {
  const rows = buttons.map(({ id, text }) => ({ id, title: text }));
  return { type: 'list', action: { button: OPEN_LIST, sections: [{ rows }] } };
}

function resultOf(account: ProviderAccount, { status, headers, body }: Answer): SendResult {
  if (status >= 200 && status < 300) {
    const id = textAt(objectsAt(body, 'messages')[0], 'id');
    if (/^[\x21-\x7e]{1,512}$/.test(id)) return { outcome: 'sent', providerId: id, status: 'queued' };
    return { outcome: 'ambiguous', code: 'unreadable_answer', message: `${NAME} answered without a message id` };
  }
  const error = objectAt(body, 'error');
  const code = numberText(error, 'code');
  return refused(account, NAME, {
    status,
    code,
    reason: metaReason(code, status, numberText(error, 'error_subcode')),
    message: saidBy(error),
    retryAfter: headers['retry-after'],
    wait: metaWait(code),
    contactOnly: code === PAIR_LIMIT,
  });
}

function numberText(from: Json | undefined, key: string): string {
  const value = from?.[key];
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '';
}

/** The error in Meta's words, with the details if they say more. */
function saidBy(error: Json | undefined): string {
  const message = textAt(error, 'message');
  const details = textAt(objectAt(error, 'error_data'), 'details');
  return [message, message.includes(details) ? '' : details].filter(Boolean).join(': ');
}
