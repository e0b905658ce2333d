import { randomUUID } from 'node:crypto';
import { derivedUlid, ulid } from './ids.ts';
import { metaHandshake, metaInbound, metaRequest, metaStatus, type Written } from './meta-webhooks.ts';
import { sinchSignatureHeaders, twilioSignature, withoutFragment } from './signatures.ts';
import type {
  Account,
  AccountRegistration,
  Customer,
  Send,
  SimulatedMessage,
  Special,
  WebhookRequest,
} from './types.ts';

/** What a webhook is made with, besides its content. */
export interface WebhookContext {
  /** Base URL of the simulator, for media links. */
  base: string;
  now: number;
  wrongSignature: boolean;
}

/** The webhook of a customer's message, as the account's provider sends it. */
export function inboundWebhook(
  account: Account,
  customer: Customer,
  message: SimulatedMessage,
  special: Special,
  context: WebhookContext,
): WebhookRequest {
  if (account.provider === 'meta') return togetherWebhook(account, [{ customer, message, special }], context);
  if (account.provider === 'sinch') {
    return sinchRequest(account, account.webhookUrl, sinchInbound(account, customer, message, context), context);
  }
  const fields = { ...twilioInbound(account, customer, message, context.base), ...special.fields };
  return twilioRequest(account, account.publicUrl ?? account.webhookUrl, fields, context);
}

/** One webhook with several messages, as only Meta sends it. */
export function togetherWebhook(account: Account, written: Written[], context: WebhookContext): WebhookRequest {
  return toMetaWebhook(account, metaInbound(account, written), context);
}

function toMetaWebhook(account: Account, content: object, context: WebhookContext): WebhookRequest {
  const request = metaRequest(account, account.webhookUrl, content, context);
  return { ...request, headers: { ...extraHeaders(account, request.url), ...request.headers } };
}

/** What a provider asks the Receive URL before it takes it, and the answer it expects; null if it asks nothing. */
export function handshakeWebhook(
  account: AccountRegistration,
  challenge: string,
): { request: WebhookRequest; answer: string } | null {
  if (account.provider !== 'meta') return null;
  const request = metaHandshake(account, account.webhookUrl, challenge);
  return {
    request: { ...request, headers: { ...extraHeaders(account, request.url), ...request.headers } },
    answer: challenge,
  };
}

/** The callback of one delivery status, or null if the message asked for none. */
export function statusWebhook(
  account: Account,
  message: Send,
  status: 'sent' | 'delivered' | 'read' | 'failed',
  context: WebhookContext,
): WebhookRequest | null {
  if (account.provider === 'meta') {
    return toMetaWebhook(account, metaStatus(account, message, status, context.now), context);
  }
  if (account.provider === 'sinch') {
    const target = message.statusCallback ?? account.webhookUrl;
    return sinchRequest(account, target, sinchReport(account, message, status, context.now), context);
  }
  if (!message.statusCallback) return null;
  return twilioRequest(account, message.statusCallback, twilioStatus(account, message, status), context);
}

/** Where to connect for a URL that is public: the account's own Receive URL may stand for it. */
export function connectTo(account: Account, publicUrl: string): string {
  if (!account.publicUrl) return publicUrl;
  const asked = new URL(publicUrl);
  const known = new URL(account.publicUrl);
  if (asked.origin !== known.origin) return publicUrl;
  const real = new URL(account.webhookUrl);
  const path = asked.pathname === known.pathname ? real.pathname : asked.pathname;
  return `${real.origin}${path}${asked.search}${asked.hash}`;
}

function extraHeaders(account: AccountRegistration, url: string): Record<string, string> {
  return new URL(url).origin === new URL(account.webhookUrl).origin ? (account.webhookHeaders ?? {}) : {};
}

function twilioRequest(
  account: Account,
  signedUrl: string,
  fields: Record<string, string>,
  context: WebhookContext,
): WebhookRequest {
  const url = connectTo(account, signedUrl);
  const token = context.wrongSignature ? `${account.authToken}, but wrong` : account.authToken;
  return {
    url,
    method: 'POST',
    headers: {
      ...extraHeaders(account, url),
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'user-agent': 'TwilioProxy/1.1',
      accept: '*/*',
      'i-twilio-idempotency-token': randomUUID(),
      'x-home-region': 'us1',
      'x-twilio-signature': twilioSignature(token, withoutFragment(signedUrl), fields),
    },
    body: new URLSearchParams(fields).toString(),
  };
}

function sinchRequest(account: Account, target: string, content: object, context: WebhookContext): WebhookRequest {
  const url = connectTo(account, target);
  const body = JSON.stringify(content);
  const signature = account.webhookSecret
    ? sinchSignatureHeaders(
        context.wrongSignature ? `${account.webhookSecret}, but wrong` : account.webhookSecret,
        body,
        ulid(context.now),
        Math.floor(context.now / 1000),
      )
    : {};
  return {
    url,
    method: 'POST',
    headers: { ...extraHeaders(account, url), 'content-type': 'application/json', accept: '*/*', ...signature },
    body,
  };
}

function address(customer: { phone?: string; userId: string }): string {
  return customer.phone ?? customer.userId;
}

function messageType(message: SimulatedMessage): string {
  const media = message.media[0];
  if (message.location) return 'location';
  if (message.button) return 'interactive';
  if (!media) return 'text';
  const kind = media.contentType.split('/')[0]!;
  if (media.contentType === 'image/webp') return 'sticker';
  return ['image', 'audio', 'video'].includes(kind) ? kind : 'document';
}

/** The form fields of an inbound message. Source: Twilio, "Twilio's request to your incoming message webhook", and captures. */
function twilioInbound(
  account: Account,
  customer: Customer,
  message: SimulatedMessage,
  base: string,
): Record<string, string> {
  const waId = customer.phone?.slice(1);
  const context: Record<string, string> = { ProfileName: customer.name };
  if (waId) context.WaId = waId;
  if (message.button) context.ButtonText = message.button.text;
  const fields: Record<string, string> = {
    SmsMessageSid: message.id,
    NumMedia: String(message.media.length),
    ProfileName: customer.name,
    MessageType: messageType(message),
    SmsSid: message.id,
    ...(waId ? { WaId: waId } : {}),
    SmsStatus: 'received',
    Body: message.button?.text ?? message.text,
    To: `whatsapp:${account.phone}`,
    NumSegments: '1',
    ReferralNumMedia: '0',
    MessageSid: message.id,
    AccountSid: account.accountSid,
    From: `whatsapp:${address(customer)}`,
    ApiVersion: '2010-04-01',
    ChannelMetadata: JSON.stringify({ type: 'whatsapp', data: { context } }),
    ExternalUserId: `whatsapp:${customer.userId}`,
  };
  const media = message.media[0];
  if (media) {
    fields.MediaContentType0 = media.contentType;
    fields.MediaUrl0 = `${base}/2010-04-01/Accounts/${account.accountSid}/Messages/${message.id}/Media/${media.id}`;
    if (messageType(message) === 'document' && !fields.Body) fields.Body = media.fileName ?? '';
  }
  if (message.location) {
    fields.Latitude = String(message.location.latitude);
    fields.Longitude = String(message.location.longitude);
    if (message.location.address) fields.Address = message.location.address;
    if (message.location.name) fields.Label = message.location.name;
  }
  if (message.button) {
    fields.ButtonText = message.button.text;
    fields.ButtonPayload = message.button.id;
    fields.ButtonType = 'REPLY';
  }
  if (message.repliedTo) {
    fields.OriginalRepliedMessageSid = message.repliedTo;
    fields.OriginalRepliedMessageSender = `whatsapp:${account.phone}`;
  }
  return fields;
}

/** The form fields of a status callback. Source: Twilio, "Track the message status of outbound messages", and captures. */
function twilioStatus(account: Account, message: Send, status: string): Record<string, string> {
  const fields: Record<string, string> = {
    ChannelPrefix: 'whatsapp',
    ChannelToAddress: message.to.startsWith('+') ? `${message.to.slice(0, -4)}XXXX` : message.to,
    ChannelInstallSid: `XE${account.accountSid.slice(2)}`,
    SmsSid: message.id,
    SmsStatus: status,
    MessageStatus: status,
    To: `whatsapp:${message.to}`,
    MessageSid: message.id,
    AccountSid: account.accountSid,
    From: `whatsapp:${account.phone}`,
    ApiVersion: '2010-04-01',
    ExternalUserId: `whatsapp:${message.recipientUserId}`,
  };
  if (status === 'sent') fields.StructuredMessage = 'false';
  if (status === 'delivered') fields.EventType = 'DELIVERED';
  if (status === 'read') fields.EventType = 'READ';
  if (status === 'failed' && message.error) {
    fields.ErrorCode = message.error.code;
    fields.ErrorMessage = message.error.message;
    fields.ChannelStatusMessage = message.error.message;
  }
  return fields;
}

function sinchEnvelope(account: Account, now: number, metadata = '', correlationId = ''): Record<string, unknown> {
  const time = new Date(now).toISOString();
  return {
    app_id: account.appId ?? '',
    accepted_time: time,
    event_time: time,
    project_id: account.accountSid,
    message_metadata: metadata,
    correlation_id: correlationId,
  };
}

function sinchPeer(account: Account, peer: string): Record<string, unknown> {
  return {
    channel_identity: { channel: 'WHATSAPP', identity: peer.replace(/^\+/, ''), app_id: '' },
    conversation_id: derivedUlid(`conversation ${account.id} ${peer}`),
    contact_id: derivedUlid(`contact ${account.accountSid} ${peer}`),
  };
}

/** A MESSAGE_INBOUND callback. Source: Sinch Conversation API, "Callbacks". */
function sinchInbound(
  account: Account,
  customer: Customer,
  message: SimulatedMessage,
  context: WebhookContext,
): object {
  const media = message.media[0];
  const content: Record<string, unknown> = {};
  if (message.location) {
    content.location_message = {
      title: message.location.name ?? '',
      label: message.location.address ?? '',
      coordinates: { latitude: message.location.latitude, longitude: message.location.longitude },
    };
  } else if (message.button) {
    content.choice_response_message = { message_id: message.repliedTo ?? '', postback_data: message.button.id };
  } else if (media) {
    const url = `${context.base}/media/${media.id}`;
    if (message.text) content.media_card_message = { url, caption: message.text };
    else content.media_message = { url };
  } else {
    content.text_message = { text: message.text };
  }
  if (message.repliedTo) content.reply_to = { message_id: message.repliedTo };
  return {
    ...sinchEnvelope(account, context.now),
    message: {
      id: message.id,
      direction: 'TO_APP',
      contact_message: content,
      ...sinchPeer(account, address(customer)),
      metadata: '',
      accept_time: new Date(message.at).toISOString(),
      sender_id: account.phone.slice(1),
      processing_mode: 'CONVERSATION',
      injected: false,
    },
  };
}

const SINCH_STATUS = { sent: 'QUEUED_ON_CHANNEL', delivered: 'DELIVERED', read: 'READ', failed: 'FAILED' };

/** A MESSAGE_DELIVERY callback. Source: Sinch Conversation API, "Callbacks". */
function sinchReport(account: Account, message: Send, status: keyof typeof SINCH_STATUS, now: number): object {
  return {
    ...sinchEnvelope(account, now, message.metadata, message.correlationId),
    message_delivery_report: {
      message_id: message.id,
      status: SINCH_STATUS[status],
      ...sinchPeer(account, message.to),
      metadata: message.metadata ?? '',
      processing_mode: 'CONVERSATION',
      ...(status === 'failed' && message.error
        ? {
            reason: {
              code: message.error.code,
              description: message.error.message,
              sub_code: 'UNSPECIFIED_SUB_CODE',
            },
          }
        : {}),
    },
  };
}
