/**
 * What a WhatsApp provider is to this pack: one interface, one normalised event. Everything that is particular to Twilio,
 * Sinch or Meta stays behind it. Implementations hold no state that cannot be rebuilt and never log.
 */

import type { Readable } from 'node:stream';
import type { Template, TemplateUse } from './template.ts';

export { isE164, peerOf } from './address.ts';
export * from './template.ts';

export const PROVIDER_NAMES = ['twilio', 'sinch', 'meta'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Common reasons of a failed delivery or send; the same words for every provider. */
export const FAILURE_REASONS = [
  'window_closed',
  'rate_limited',
  'recipient_invalid',
  'opted_out',
  'content_rejected',
  'media',
  'template',
  'account',
  'temporary',
  'unknown',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export const MESSAGE_TYPES = [
  'text',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contact',
  'button',
  'list',
  'reaction',
  'system',
  'unknown',
] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** Delivery states in the order of their rank; `failed` is terminal. */
export type DeliveryStatus = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

/** A configured account as a provider needs it. Secrets live here and nowhere else; never put one of these into an error or a log. */
export interface ProviderAccount {
  provider: ProviderName;
  /** E.164, the business number at the provider. */
  phone: string;
  /** API base URL; empty = the provider's own. */
  baseUrl?: string;
  appId?: string;
  accountSid: string;
  authToken: string;
  webhookSecret?: string;
  verifyToken?: string;
}

/** A webhook request as it came over the wire. */
export interface WebhookRequest {
  /** Lower-case header names. */
  headers: Record<string, string | string[] | undefined>;
  /** The configured public URL with the path and query of the request: what the provider signed. Never built from the Host header. */
  url: string;
  /** The raw bytes of the body. */
  body: Buffer;
  /** Epoch ms, for signatures that carry a time. */
  now: number;
}

/** Who wrote: an opaque address plus what is known of it. */
export interface Peer {
  /** The address to answer to: `+12025550142` or a business-scoped user id such as `US.13491208655302741918`. */
  address: string;
  /** E.164 if known. */
  phone?: string;
  /** Business-scoped user id if known. */
  userId?: string;
  profileName?: string;
}

export interface InboundMedia {
  /** Provider URL (or media id): never leaves the server. */
  source: string;
  contentType?: string;
  fileName?: string;
  size?: number;
}

/** The ad or post on which somebody tapped to write. */
export interface Referral {
  headline?: string;
  body?: string;
  url?: string;
  /** The provider's id of it. */
  id?: string;
}

export interface InboundMessage {
  kind: 'message';
  /** Provider message id; the key of deduplication. */
  id: string;
  peer: Peer;
  type: MessageType;
  /** The text or caption, "" if none. */
  text: string;
  media?: InboundMedia[];
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  button?: { id?: string; text?: string };
  reaction?: { to: string; emoji: string };
  /** Provider id of the quoted message. */
  repliedTo?: string;
  /** `often`: so often that WhatsApp says so. */
  forwarded?: 'once' | 'often';
  referral?: Referral;
  /** Epoch ms at the provider, if it says so. */
  at?: number;
}

/** What a message says, apart from who wrote it and when. */
export type MessageContent = Pick<InboundMessage, 'type' | 'text'> &
  Partial<Pick<InboundMessage, 'media' | 'location' | 'button' | 'reaction' | 'repliedTo' | 'forwarded' | 'referral'>>;

export interface StatusUpdate {
  kind: 'status';
  /** Provider message id of the outgoing message. */
  id: string;
  /**
   * Our own message id when the provider gives it back (Twilio: `wa` in the callback's query; Sinch: `message_metadata`; Meta:
   * `biz_opaque_callback_data`).
   */
  ourId?: string;
  status: DeliveryStatus;
  error?: { code: string; reason: FailureReason };
  at?: number;
}

/** The provider says that somebody wants no more messages, or wants them again. */
export interface ConsentUpdate {
  kind: 'consent';
  /** Of the notification. */
  id: string;
  peer: Peer;
  out: boolean;
}

export type ProviderEvent = InboundMessage | StatusUpdate | ConsentUpdate;

export interface OutboundMedia {
  type: MessageType;
  contentType: string;
  fileName: string;
  /** Bytes. */
  size: number;
  /** A public address of it that holds for a while; '' if there is none. */
  link: string;
  open(): Promise<Readable>;
}

/** How files of incoming messages are reached. */
export interface MediaAccess {
  /** Where a file is now, and what is known of it. Rejects with `ProviderError`, whose reason `temporary` is worth another attempt. */
  locate(
    account: ProviderAccount,
    source: string,
  ): Promise<{ url: string; sha256?: string; contentType?: string; size?: number }>;
  /** Headers with the account's credentials for that address; none unless it is the provider's own. */
  credentials(account: ProviderAccount, url: URL): Promise<Record<string, string>>;
}

export interface OutboundMessage {
  /** Our message id; given back by the provider with each status. */
  id: string;
  to: { address: string; phone?: string; userId?: string };
  text?: string;
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  buttons?: { id: string; text: string }[];
  /** A template goes out as it was approved; `text` is only what it says. */
  template?: TemplateUse;
  /** A file; `text` is its caption. */
  media?: OutboundMedia;
  /** Where delivery statuses are to go: the Receive URL. Providers may add a query to it. Absent: none is asked for. */
  statusCallback?: string;
}

/** The outcome of one send attempt. Sending is not idempotent: only `rejected` with `retryAfter` is known not to have been processed. */
export type SendResult =
  | { outcome: 'sent'; providerId: string; status: DeliveryStatus }
  /**
   * The provider said no. `retry` only for what is known not to have been processed (HTTP 429), after `retryAfter` seconds; with the
   * reason `rate_limited` that holds for the whole account, with `contactOnly` for this contact.
   */
  | {
      outcome: 'rejected';
      code: string;
      reason: FailureReason;
      message: string;
      retry: boolean;
      retryAfter?: number;
      contactOnly?: true;
    }
  /** No or an unclear answer (timeout, reset, 5xx): it may have been sent. */
  | { outcome: 'ambiguous'; code: string; message: string };

/** What a look for a message has found: what became of it, that the provider has none, or (`ambiguous`) that this cannot be said. */
export type LookUpResult = SendResult | { outcome: 'absent' };

/** A message whose send got no clear answer. */
export interface Sought {
  /** Our message id. */
  id: string;
  to: OutboundMessage['to'];
  type: MessageType;
  text: string;
  /** When the send began, epoch ms. */
  since: number;
  /** Of these provider ids those that belong to none of our messages. */
  untaken(ids: string[]): Promise<Set<string>>;
}

/** Providers that can be asked for messages that went out. */
export const LOOKS_UP: readonly ProviderName[] = ['twilio', 'sinch'];

/** The answer a webhook is acknowledged with, once everything in it is durable. */
export interface WebhookAnswer {
  status: number;
  contentType?: string;
  body?: string;
}

/** The longest text one message may carry at each provider, in characters. */
export const MAX_TEXT: Record<ProviderName, number> = { twilio: 1600, sinch: 4096, meta: 4096 };

/**
 * How fast a provider lets one contact be written to: a message every so many ms, and so many at once after a silence. Source:
 * https://developers.facebook.com/docs/whatsapp/cloud-api/overview#pair-rate-limits
 */
export const CONTACT_PACE: Partial<Record<ProviderName, { every: number; burst: number }>> = {
  meta: { every: 6000, burst: 45 },
};

/** What a message can be besides a text without a template that was approved before. */
export type FreeContent = 'location' | 'buttons';

export interface Provider {
  readonly name: ProviderName;
  /** Sent as they are; everything else needs a template at this provider. */
  readonly free: readonly FreeContent[];
  /** The longest text one message may carry, in characters. */
  readonly maxText: number;
  /** Problems of the account's configuration in plain English, empty if it can work. No secret is repeated. */
  check(account: ProviderAccount): { code: string; message: string }[];
  /** True if the signature over the raw bytes and the public URL is right. Constant time; false (never an exception) for anything malformed. */
  verify(account: ProviderAccount, request: WebhookRequest): boolean;
  /** Normalises one webhook body. Throws `UnreadableWebhook` for what is no webhook of this provider. Unknown kinds give no event. */
  parse(request: WebhookRequest, account: ProviderAccount): ProviderEvent[];
  /** Why a readable webhook that gave no event concerns another number than the account's; undefined if it does not. For the log. */
  misdirected?(request: WebhookRequest, account: ProviderAccount): string | undefined;
  readonly media: MediaAccess;
  /** What success is answered with. */
  readonly success: WebhookAnswer;
  /** One attempt to send. Resolves for every answer and every network failure; never throws a raw client error. `timeout` in ms. */
  send(account: ProviderAccount, message: OutboundMessage, timeout?: number): Promise<SendResult>;
  /**
   * The provider's view of messages since a time (epoch ms), newest first, for what was missed and for ambiguous sends. Absent: the
   * provider cannot list. Rejects with `ProviderError`.
   */
  list?(account: ProviderAccount, since: number, options?: ListOptions): Promise<Listed>;
  /** Looks for a message that went out, or perhaps did not. Absent: the provider cannot be asked. Rejects with `ProviderError`. */
  lookUp?(account: ProviderAccount, sought: Sought): Promise<LookUpResult>;
  /**
   * What the provider tells of the account, without anything being sent. `receiveUrl`: '' = there is none yet. Never rejects. Absent:
   * nothing.
   */
  inspect?(account: ProviderAccount, receiveUrl: string): Promise<AccountCheck[]>;
  /** Makes the provider send messages and statuses to the Receive URL. Rejects with `ProviderError`. Absent: that is done by hand. */
  setWebhook?(account: ProviderAccount, receiveUrl: string): Promise<void>;
  /** Shows a sign if the provider has it, else does nothing. Rejects if it was not taken; nothing depends on it. */
  showSign?(account: ProviderAccount, sign: Sign): Promise<void>;
  /** All templates of the account. Rejects with `ProviderError`. */
  templates(account: ProviderAccount, timeout?: number): Promise<Template[]>;
}

/** What a contact sees besides messages. */
export interface Sign {
  sign: 'read' | 'typing';
  /** Provider id of the contact's newest message. */
  messageId: string;
  to: OutboundMessage['to'];
}

/** One thing that was looked at. */
export interface AccountCheck {
  /** The credentials, the number, where the provider sends messages to, and whether that can be reached. */
  what: 'credentials' | 'number' | 'webhook' | 'address';
  /** `unknown`: nobody tells, or could be asked. */
  state: 'ok' | 'failed' | 'unknown';
  /** A sentence for people; no secret is repeated. */
  message: string;
}

export interface ListOptions {
  /** Epoch ms; messages after it are left out. */
  until?: number;
  /** Leaves out what was sent. */
  inboundOnly?: boolean;
  /** Of these provider ids those that are of interest: details of the others are not asked for. */
  wanted?(ids: string[]): Promise<Set<string>>;
}

export interface Listed {
  inbound: InboundMessage[];
  outbound: { id: string; to: string; text: string; at: number; status: DeliveryStatus }[];
  /** False if there were more than could be listed: then the oldest are missing. */
  complete: boolean;
}

/** Raised by `parse`: the webhook is answered with 400. */
export class UnreadableWebhook extends Error {
  readonly code = 'unreadable';
}
