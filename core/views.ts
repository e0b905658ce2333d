/**
 * The shapes that leave the core: what the HTTP API answers, what the events stream carries and what travels in `msg.whatsapp`
 * (docs/contract of the pack). Times are ISO 8601 UTC, ids are opaque strings.
 */
import type { FailureReason, MessageType, Referral } from '../providers/provider.ts';
import type { EventName } from './events/names.ts';
import type { PresenceState, Role } from './roles.ts';

export type { PresenceState, Role };

export type MessageStatus = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

export interface Presence {
  state: PresenceState;
  pause: string | null;
  since: string;
}

export interface AgentView {
  username: string;
  name: string;
  role: Role;
  capacity: number;
  disabled: boolean;
  presence: Presence;
}

/** `waiting`: it is being fetched, or will be. */
export type MediaState = 'waiting' | 'ready' | 'failed';

export interface MessageView {
  id: string;
  version: number;
  interactionId: string;
  providerId: string | null;
  direction: 'in' | 'out' | 'note' | 'system';
  type: MessageType;
  text: string;
  media: {
    url: string;
    contentType?: string;
    fileName?: string;
    size?: number;
    state: MediaState;
    /** Why it failed, a stable word. */
    error?: string;
  }[];
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  button?: { id?: string; text?: string };
  reaction?: { to: string; emoji: string };
  repliedTo?: string;
  /** `often`: so often that WhatsApp says so. */
  forwarded?: 'once' | 'often';
  /** The ad or post that it began with. */
  referral?: Referral;
  /** A username, `contact` or `system`. */
  author: string;
  at: string;
  status: MessageStatus | 'received' | 'ambiguous';
  error?: { code: string; reason: FailureReason };
}

export interface InteractionView {
  id: string;
  version: number;
  status: 'open' | 'closed';
  account: { id: string; key: string; name: string };
  contact: ContactView;
  agent: string | null;
  queue: string | null;
  tags: string[];
  disposition: string[];
  unread: number;
  lastMessage: { id: string; text: string; type: MessageType; direction: string; at: string } | null;
  startedAt: string;
  closedAt: string | null;
  unansweredSince: string | null;
  windowClosesAt: string | null;
  tabOpen: boolean;
  /** Until when its tab is put away. */
  snoozedUntil: string | null;
  /** `node`: null for what belongs to no node. `agent`: who is asked by name. */
  waiting: {
    node: string | null;
    kind: 'route' | 'queue' | 'agent' | 'transfer' | 'return';
    queue: string | null;
    agent: string | null;
    since: string;
    until: string | null;
  } | null;
  /** What closing it asks for, where a `wa-disposition` says something else than the account. */
  closing?: { dispositions: unknown[]; mandatory: boolean };
  /** The contact wants no messages from the account: since when, said by themselves or by the provider. */
  optOut?: { at: string; by: 'contact' | 'provider' };
}

export interface ContactView {
  id: string;
  address: string;
  phone: string | null;
  userId: string | null;
  name: string;
  list: string;
}

export interface OfferView {
  id: string;
  interaction: InteractionView;
  queue: string | null;
  createdAt: string;
  expiresAt: string | null;
  notification: { text: string; sound: boolean; shake: boolean };
}

/** What `wa-notify` tells a desk. */
export interface NotificationView {
  id: string;
  level: 'info' | 'warning' | 'error';
  text: string;
  sound: boolean;
  shake: boolean;
  /** The interaction it is about. */
  interactionId: string;
  at: string;
}

export interface DeskAccount {
  id: string;
  key: string;
  name: string;
  color: string;
  mandatoryDisposition: boolean;
  dispositions: unknown[];
  /** Characters that a message may have at most. */
  maxText: number;
}

export interface DeskView {
  agent: { username: string; name: string; role: Role; capacity: number };
  presence: Presence;
  pauses: string[];
  offers: OfferView[];
  tabs: InteractionView[];
  assigned: InteractionView[];
  unassigned: InteractionView[];
  /** Ids of what the agent has pressed Close on and neither closed nor cancelled. */
  disposing: string[];
  queues: { name: string; waiting: number; longestWait: number }[];
  /** `account`: the key of its account, null = of every one. */
  cannedAnswers: { shortcut: string; text: string; account: string | null }[];
  /** Names of the lists that contacts are in. */
  lists: string[];
  accounts: DeskAccount[];
}

/** `msg.whatsapp`, refreshed whenever a step hands a message on. */
export interface WhatsAppContext {
  account: { id: string; key: string; name: string; phone: string };
  contact: ContactView & { isNew: boolean };
  interaction: {
    id: string;
    status: 'open' | 'closed';
    agent: string | null;
    queue: string | null;
    tags: string[];
    isNew: boolean;
    unread: number;
    windowClosesAt: string | null;
  };
  plan: { id: string; seq: number };
}

/** A message on its way out of a `wa-inbound`. */
export interface Handover {
  message: MessageView;
  context: WhatsAppContext;
}

/** An event of the audit log. */
export interface EventView {
  id: string;
  event: EventName;
  at: string;
  /** A username, `contact`, `system` or a node id. */
  actor: string;
  /** Ids. */
  account: string | null;
  interaction: string | null;
  data: Record<string, unknown> | null;
}

/** An event with what it is about, as that is when the event is read. */
export interface EventDetail extends EventView {
  whatsapp: Partial<Pick<WhatsAppContext, 'account' | 'contact' | 'interaction'>> & { message?: MessageView };
}
