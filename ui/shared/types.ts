/** The shapes the HTTP API answers with, as far as the screens use them. Times are ISO 8601 UTC, ids are opaque. */

export type Role = 'agent' | 'supervisor' | 'admin';
export type PresenceState = 'available' | 'paused' | 'offline';

export interface Presence {
  state: PresenceState;
  pause: string | null;
  since: string;
}

export interface AgentInfo {
  username: string;
  name: string;
  role: Role;
  capacity?: number;
}

export type MessageStatus = 'received' | 'queued' | 'sent' | 'delivered' | 'read' | 'failed' | 'ambiguous';

export interface Media {
  url: string;
  contentType?: string;
  fileName?: string;
  /** Bytes. */
  size?: number;
  /** `waiting`: the server is still fetching it. */
  state: 'waiting' | 'ready' | 'failed';
  /** Why it failed, a stable word. */
  error?: string;
}

export interface Message {
  id: string;
  version: number;
  interactionId: string;
  /** Its id at the provider, by which replies and reactions name it. */
  providerId?: string | null;
  direction: 'in' | 'out' | 'note' | 'system';
  type: string;
  text: string;
  media?: Media[];
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  button?: { id?: string; text?: string };
  reaction?: { to: string; emoji: string };
  repliedTo?: string;
  /** `often`: so often that WhatsApp says so. */
  forwarded?: 'once' | 'often';
  /** The ad or post that it began with. */
  referral?: { headline?: string; body?: string; url?: string; id?: string };
  /** A username, `contact` or `system`. */
  author: string;
  at: string;
  status: MessageStatus;
  error?: { code: string; reason: string };
}

export interface Template {
  id: string;
  name: string;
  language: string;
  category: string;
  state: 'approved' | 'session' | 'pending' | 'rejected' | 'paused' | 'disabled' | 'unknown';
  /** With `{{name}}` for each variable. */
  text: string;
  variables: string[];
  /** Why it cannot be sent from here; '' if it can. */
  unsupported: string;
}

export interface Contact {
  id: string;
  address: string;
  phone: string | null;
  userId: string | null;
  name: string;
  list: string;
}

export interface Interaction {
  id: string;
  version: number;
  status: 'open' | 'closed';
  account: { id: string; key: string; name: string };
  contact: Contact;
  agent: string | null;
  queue: string | null;
  tags: string[];
  disposition: string[];
  unread: number;
  lastMessage: { id: string; text: string; type: string; direction: string; at: string } | null;
  startedAt: string;
  closedAt: string | null;
  unansweredSince: string | null;
  windowClosesAt: string | null;
  tabOpen: boolean;
  /** Until when its tab is put away. */
  snoozedUntil?: string | null;
  waiting: {
    node: string | null;
    kind?: 'route' | 'queue' | 'agent' | 'transfer' | 'return';
    queue: string | null;
    agent?: string | null;
    since: string;
    until: string | null;
  } | null;
  /** What closing it asks for, where the flow says something else than the account. */
  closing?: { dispositions: Disposition[]; mandatory: boolean };
  /** The contact wants no messages: since when, said by themselves or by the provider. */
  optOut?: { at: string; by: 'contact' | 'provider' };
}

/** What a flow tells its agents. */
export interface Notification {
  id: string;
  level: 'info' | 'warning' | 'error';
  text: string;
  sound: boolean;
  shake: boolean;
  interactionId: string;
  at: string;
}

export interface Offer {
  id: string;
  interaction: Interaction;
  queue: string | null;
  createdAt: string;
  /** Null: rings until somebody accepts. */
  expiresAt: string | null;
  notification: { text: string; sound: boolean; shake: boolean };
}

export interface Disposition {
  name: string;
  children?: Disposition[];
}

export interface DeskAccount {
  id: string;
  key: string;
  name: string;
  color?: string;
  mandatoryDisposition?: boolean;
  dispositions?: Disposition[];
  /** Characters a message may have at most. */
  maxText?: number;
}

export interface QueueFigures {
  name: string;
  waiting: number;
  /** Seconds. */
  longestWait: number | null;
}

export interface CannedAnswer {
  shortcut: string;
  text: string;
  /** Key of its account; null or absent: for every account. */
  account?: string | null;
}

export interface DeskSnapshot {
  agent: AgentInfo;
  presence: Presence;
  pauses: string[];
  offers: Offer[];
  tabs: Interaction[];
  assigned: Interaction[];
  unassigned: Interaction[];
  /** Ids of what is being closed. */
  disposing?: string[];
  queues: QueueFigures[];
  cannedAnswers: CannedAnswer[];
  /** Names of the lists that contacts are in. */
  lists?: string[];
  accounts: DeskAccount[];
}

/** Whom a conversation can be given to, and whether they could take it now. */
export interface Targets {
  agents: { username: string; name: string; presence: Presence; load: number; capacity: number; ready: boolean }[];
  queues: { name: string; waiting: number; ready: number }[];
  /** What the account allows. */
  allowed: { agent: boolean; queue: boolean };
}
