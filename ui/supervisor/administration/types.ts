/** What the administration's part of the HTTP API answers with (contract 6.5). Times are ISO 8601 UTC, ids are opaque. */
import type { Presence, Role } from '../../shared/types.ts';

export type Source = 'flow' | 'admin';

/** `username` may be `*`: everybody. `sources`: named by the flow, added here, or both. */
export interface Member {
  username: string;
  sources: Source[];
}

/** `id`: null for those of the flow. */
export interface Answer {
  id: string | null;
  shortcut: string;
  text: string;
}

export interface Account {
  id: string;
  key: string;
  name: string;
  phone: string;
  provider: string;
  /** False once its node is gone; its data stays. */
  deployed: boolean;
  health: { lastInboundAt: string | null; lastError: string | null; pendingSends: number };
  agents: Member[];
  cannedAnswers: Answer[];
}

export interface AccountTest {
  ok: boolean;
  problems: { code: string; message: string }[];
}

export interface Queue {
  id: string;
  name: string;
  strategy: string;
  /** Seconds. */
  agentTimeout: number;
  weight: number;
  deployed: boolean;
  agents: Member[];
}

export interface Membership {
  id: string;
  sources: Source[];
}

export interface Agent {
  username: string;
  name: string;
  role: Role;
  capacity: number;
  disabled: boolean;
  presence: Presence;
  accounts: Membership[];
  queues: Membership[];
}

export interface ContactEntry {
  id: string;
  name: string;
  list: string;
  addresses: { address: string; kind: 'phone' | 'user_id' | 'other' }[];
  createdAt: string;
}

export interface Pause {
  id: string;
  name: string;
  /** Minutes, 0 = never. */
  releaseAfter: number;
}

export interface Named {
  id: string;
  name: string;
}

export interface GlobalAnswer {
  id: string;
  shortcut: string;
  text: string;
}

/** A rule of an interval: an absent part means any (contract 5.7). */
export interface Rule {
  always?: true;
  from?: string;
  to?: string;
  weekDays?: number[];
  monthDays?: number[];
  months?: number[];
  dates?: string[];
}

export interface Calendar {
  id: string;
  name: string;
  /** '' = the server's. */
  timezone: string;
  rules: Rule[];
  holidays: Rule[];
}

export interface Entry {
  id: string;
  event: string;
  at: string;
  actor: string;
  account: string | null;
  interaction: string | null;
  data: Record<string, unknown> | null;
}

export interface ImportPreview {
  created: number;
  updated: number;
  lines: { row: number; key: string; name: string; made: boolean | null }[];
  problems: { row: number; column: string | null; code: string; message: string; value?: string }[];
}

/** Everybody, in a list of members. */
export const EVERYBODY = '*';
