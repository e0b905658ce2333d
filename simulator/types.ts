/** The simulator's own shapes: accounts it serves, customers who write, messages between them. Times are epoch ms. */

import type { SimulatedTemplate } from './templates.ts';

export type SimulatedProvider = 'twilio' | 'sinch' | 'meta';

/** What an account tells the simulator about itself. The secrets stay here and are never given out again. */
export interface AccountRegistration {
  provider: SimulatedProvider;
  /** The business number, E.164. */
  phone: string;
  /** Twilio account sid, Sinch project id, or the id of the business account at Meta (may be empty). */
  accountSid: string;
  /** Twilio auth token; Sinch `keyId:keySecret` or a ready bearer token; Meta's access token. */
  authToken: string;
  /** Sinch app id; Meta's phone number id. */
  appId?: string;
  /** Sinch webhook secret, without which callbacks are not signed, as at Sinch; Meta's app secret. */
  webhookSecret?: string;
  /** Meta: what the Receive URL has to know in the handshake. */
  verifyToken?: string;
  /** The Receive URL the simulator connects to. A Twilio fragment (`#rc=3&rp=all`) is honoured. */
  webhookUrl: string;
  /** The public form of the same URL, if it differs: Twilio's signature is made over this one. */
  publicUrl?: string;
  /** Sent with every webhook to the host of `webhookUrl`, for example an Authorization header. */
  webhookHeaders?: Record<string, string>;
  /** Shown on the phone. */
  name?: string;
  key?: string;
}

export interface Account extends AccountRegistration {
  id: string;
}

/** An account as it is shown: no token, no secret, and the last part of the Receive URL masked. */
export interface AccountView {
  id: string;
  provider: SimulatedProvider;
  phone: string;
  name: string;
  key: string;
  accountSid: string;
  appId?: string;
  webhookUrl: string;
}

/** A simulated person with a phone. */
export interface Customer {
  id: string;
  name: string;
  /** E.164; absent for a person who only has a user name. */
  phone?: string;
  /** Business-scoped user id. */
  userId: string;
}

export interface MediaFile {
  id: string;
  contentType: string;
  fileName?: string;
  size: number;
  bytes: Buffer;
}

export type MediaView = Omit<MediaFile, 'bytes'>;

/** `sending`, `delivered`, `read`, `failed` for what a customer writes; `queued` to `read` or `failed` for what the business sends. */
export type SimulatedStatus = 'sending' | 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

export interface SimulatedMessage {
  /** The provider's message id. */
  id: string;
  account: string;
  customer: string;
  /** Seen from the business: `in` is written by the customer, `out` is sent through the provider's API. */
  direction: 'in' | 'out';
  text: string;
  media: MediaView[];
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  buttons?: { id: string; text: string }[];
  /** A tapped button; `list`: it was an entry of a list. */
  button?: { id: string; text: string; list?: true };
  template?: { id: string; variables: Record<string, string> };
  /** Provider id of the quoted message. */
  repliedTo?: string;
  at: number;
  updatedAt: number;
  /** Grows with each change of any message: the larger one is the newer state. */
  version: number;
  status: SimulatedStatus;
  /** Why it failed: the provider's code, and the reason in plain words. */
  error?: { code: string; message: string };
}

/** An outgoing message together with the request that sent it. */
export interface Send extends SimulatedMessage {
  /** Recipient without channel prefix: `+12025550142` or a business-scoped user id. */
  to: string;
  /** The recipient's business-scoped user id, whatever the request named. */
  recipientUserId: string;
  /** The decoded request: form fields of Twilio, the JSON body of Sinch and Meta. */
  request: Record<string, unknown>;
  /** Where delivery statuses go, if asked for. */
  statusCallback?: string;
  /** Sinch and Meta: comes back in each status. */
  metadata?: string;
  correlationId?: string;
}

/** What a customer does on the phone. */
export interface InboundOptions {
  /** Account id, or its phone number. Default: the only account there is. */
  account?: string;
  /** E.164 number, business-scoped user id, or the id of a customer; unknown people are created. */
  from: string;
  /** Profile name. */
  name?: string;
  text?: string;
  /** A chosen provider message id; the same id again is a repeated delivery. */
  id?: string;
  media?: { contentType: string; bytes: Buffer; fileName?: string };
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  button?: { id: string; text: string };
  repliedTo?: string;
  /** Twilio: further or replaced form fields. */
  fields?: Record<string, string>;
  /** Meta: further or replaced properties of the message, for kinds that the phone does not write. */
  content?: Record<string, unknown>;
}

/** A webhook request, complete and signed. */
export interface WebhookRequest {
  /** The URL to connect to. */
  url: string;
  method: 'POST' | 'GET';
  headers: Record<string, string>;
  body: string;
}

/** What makes a provider's webhook of a message differ from what the phone wrote. */
export type Special = Pick<InboundOptions, 'fields' | 'content'>;

/** How a webhook was answered. */
export interface WebhookOutcome {
  /** HTTP status, or 0 without an answer. */
  status: number;
  body: string;
  ms: number;
  /** Node's error code when there was no answer. */
  error?: string;
  /** How often it was tried. */
  attempts: number;
}

export interface InboundResult extends WebhookOutcome {
  message: SimulatedMessage;
}

/** How the simulated network and provider behave until told otherwise; everything off is a good day. */
export interface Behaviour {
  /** Each webhook (message and status) is delivered twice. */
  webhookTwice: boolean;
  wrongSignature: boolean;
  /** ms each webhook is late. */
  webhookDelay: number;
  /** Webhooks overtake each other: each is late by another time, up to this many ms. */
  webhookShuffle: number;
  /** `reversed`: the later status first. `none`: no status callback at all. */
  statuses: 'ordered' | 'reversed' | 'none';
  /** Status callbacks arrive before the API call has answered. */
  statusesFirst: boolean;
  neverRead: boolean;
  /** Messages are read by themselves this many ms after delivery; null: only when the phone shows them. */
  autoRead: number | null;
  /**
   * Answer of the send API. `lost`: accepted, then the connection is cut without an answer. `refused`: cut before anything happened.
   * `mixed`: by chance one of all these, or late.
   */
  send: 'ok' | '429' | '500' | '503' | 'lost' | 'refused' | 'mixed';
  /** Seconds in the Retry-After header of a 429. */
  retryAfter: number;
  /** ms the send API takes to answer. */
  sendDelay: number;
  optedOut: boolean;
  /** As if the 24-hour window were closed for everybody. */
  windowClosed: boolean;
  /** Of a hundred webhooks and calls, how many the faults concern: chance says which. */
  share: number;
}

export interface LogEntry {
  id: number;
  at: number;
  /** `out`: the simulator called Node-RED; `in`: Node-RED called the simulated API. */
  direction: 'in' | 'out';
  what: string;
  about: string;
  /** HTTP status, 0 without an answer. */
  status: number;
  ms: number;
  failed: boolean;
}

export type SimulatorEvent =
  | { type: 'account'; data: AccountView }
  | { type: 'account-removed'; data: { id: string } }
  | { type: 'phone'; data: Customer }
  | { type: 'message'; data: SimulatedMessage }
  | { type: 'typing'; data: { account: string; customer: string } }
  | { type: 'behaviour'; data: Behaviour }
  | { type: 'templates'; data: SimulatedTemplate[] }
  | { type: 'log'; data: LogEntry };
