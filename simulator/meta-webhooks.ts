import { metaSignature } from './signatures.ts';
import type { Account, Customer, Send, SimulatedMessage, Special, WebhookRequest } from './types.ts';
import type { WebhookContext } from './webhooks.ts';

/** A customer's message with who wrote it and what is special about it. */
export interface Written {
  customer: Customer;
  message: SimulatedMessage;
  special: Special;
}

/** The webhook of one or, as under load, several messages. Source: Meta, "Cloud API webhooks: components". */
export function metaInbound(account: Account, written: Written[]): object {
  const contacts = new Map(written.map(({ customer }) => [customer.id, contactOf(customer)]));
  return bodyOf(account, {
    contacts: [...contacts.values()],
    messages: written.map(({ customer, message, special }) => ({
      ...(customer.phone ? { from: customer.phone.slice(1) } : {}),
      from_user_id: customer.userId,
      id: message.id,
      timestamp: secondsOf(message.at),
      ...(message.repliedTo ? { context: { from: account.phone.slice(1), id: message.repliedTo } } : {}),
      ...contentOf(message),
      ...special.content,
    })),
  });
}

/** The webhook of a delivery status. Source: Meta, "Status messages webhook reference". */
export function metaStatus(
  account: Account,
  message: Send,
  status: 'sent' | 'delivered' | 'read' | 'failed',
  now: number,
): object {
  const phone = message.to.startsWith('+') ? message.to.slice(1) : undefined;
  const failed = status === 'failed';
  const error = message.error ?? { code: '131000', message: 'Something went wrong' };
  const entry = {
    id: message.id,
    status,
    timestamp: secondsOf(now),
    ...(phone ? { recipient_id: phone } : {}),
    // A failed one does not say who it would have been.
    ...(failed && phone ? {} : { recipient_user_id: message.recipientUserId }),
    ...(message.metadata === undefined ? {} : { biz_opaque_callback_data: message.metadata }),
    ...(status === 'sent' ? { pricing: { billable: true, pricing_model: 'PMP', category: 'service' } } : {}),
    ...(failed
      ? {
          errors: [
            {
              code: Number(error.code),
              title: error.message,
              message: error.message,
              error_data: { details: error.message },
            },
          ],
        }
      : {}),
  };
  const contact = { ...(phone ? { wa_id: phone } : {}), user_id: message.recipientUserId };
  return bodyOf(account, { ...(failed ? {} : { contacts: [contact] }), statuses: [entry] });
}

/** Signs a body and addresses it. Meta writes everything beyond ASCII as an escape, which only the raw bytes show. */
export function metaRequest(account: Account, url: string, content: object, context: WebhookContext): WebhookRequest {
  const body = JSON.stringify(content).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const secret = context.wrongSignature ? `${account.webhookSecret}, but wrong` : (account.webhookSecret ?? '');
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'facebookexternalua',
    accept: '*/*',
    'x-hub-signature-256': metaSignature(secret, body),
  };
  return { url, method: 'POST', headers, body };
}

/** The GET that a Receive URL has to answer with the challenge before Meta takes it. */
export function metaHandshake(account: Pick<Account, 'verifyToken'>, url: string, challenge: string): WebhookRequest {
  const asked = new URL(url);
  asked.searchParams.set('hub.mode', 'subscribe');
  asked.searchParams.set('hub.challenge', challenge);
  asked.searchParams.set('hub.verify_token', account.verifyToken ?? '');
  return { url: asked.href, method: 'GET', headers: { 'user-agent': 'facebookplatform/1.0', accept: '*/*' }, body: '' };
}

function bodyOf(account: Account, value: object): object {
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: account.accountSid || '0',
        changes: [
          {
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: account.phone.slice(1), phone_number_id: account.appId },
              ...value,
            },
            field: 'messages',
          },
        ],
      },
    ],
  };
}

function contactOf(customer: Customer): object {
  const contact = { profile: { name: customer.name }, user_id: customer.userId };
  return customer.phone ? { ...contact, wa_id: customer.phone.slice(1) } : contact;
}

function secondsOf(ms: number): string {
  return String(Math.floor(ms / 1000));
}

/** The message's type and what stands under it. */
function contentOf(message: SimulatedMessage): object {
  const { text, location, button } = message;
  const media = message.media[0];
  if (location) return { type: 'location', location };
  if (button) {
    const reply = { id: button.id, title: button.text };
    const interactive = button.list
      ? { type: 'list_reply', list_reply: reply }
      : { type: 'button_reply', button_reply: reply };
    return { type: 'interactive', interactive };
  }
  if (!media) return { type: 'text', text: { body: text } };
  const type = mediaType(media.contentType);
  const file = {
    ...(text ? { caption: text } : {}),
    ...(type === 'document' && media.fileName ? { filename: media.fileName } : {}),
    mime_type: media.contentType,
    id: media.id,
    ...(type === 'audio' ? { voice: media.contentType === 'audio/ogg' } : {}),
  };
  return { type, [type]: file };
}

function mediaType(contentType: string): string {
  if (contentType === 'image/webp') return 'sticker';
  const kind = contentType.split('/')[0]!;
  return ['image', 'audio', 'video'].includes(kind) ? kind : 'document';
}
