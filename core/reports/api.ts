/** Figures for supervisors; part of `core/api.ts`. docs/figures.md says what each of them means. */
import type { PresenceState, Role } from '../roles.ts';

/** Seconds; null where there is nothing to count. */
export interface Spread {
  count: number;
  average: number | null;
  p50: number | null;
  p90: number | null;
}

/** How what began in a time went. */
export interface Outcome {
  /** Conversations that contacts began. */
  started: number;
  answered: number;
  abandoned: number;
  /** Of the answered and abandoned ones the share that was answered within `answerWithin`; null if there are none. */
  serviceLevel: number | null;
  /** Average seconds. */
  wait: number | null;
  firstResponse: number | null;
  handling: number | null;
}

export interface QueueNow {
  id: string;
  name: string;
  waiting: number;
  /** Seconds. */
  longestWait: number;
  /** Why nobody is asked for the one that waits longest; null if somebody could be, or nothing waits. */
  nobody: string | null;
  agents: { available: number; paused: number; offline: number };
}

export interface AgentNow {
  username: string;
  name: string;
  role: Role;
  presence: { state: PresenceState; pause: string | null; since: string };
  capacity: number;
  /** Open conversations: all of theirs, with an open tab, and those that ring. */
  assigned: number;
  open: number;
  ringing: number;
  /** Names of their queues. */
  queues: string[];
  handling: {
    id: string;
    account: string;
    contact: string;
    queue: string | null;
    assignedAt: string | null;
    unread: number;
    unansweredSince: string | null;
  }[];
}

export interface RealtimeNow {
  at: string;
  totals: { open: number; unassigned: number; waiting: number };
  queues: QueueNow[];
  agents: AgentNow[];
}

/** `hour`: each by itself; `hourOfDay`: those of all days together, `weekDay`: those of all weeks. */
export const REPORT_KEYS = ['account', 'queue', 'agent', 'disposition', 'day', 'hour', 'hourOfDay', 'weekDay'] as const;
export type ReportKey = (typeof REPORT_KEYS)[number];

export interface ReportRow {
  /** Id, username, path, day, hour, hour of the day (00–23) or week day (1–7); '' = none. */
  key: string;
  name: string;
  messagesIn: number;
  messagesOut: number;
  interactions: number;
  answered: number;
  abandoned: number;
  transfers: number;
  waiting: Spread;
  firstResponse: Spread;
  handling: Spread;
}

export interface DispositionCount {
  name: string;
  count: number;
  children: DispositionCount[];
}

export interface AgentActivity {
  username: string;
  name: string;
  /** Seconds in each state. */
  available: number;
  paused: number;
  offline: number;
  pauses: { name: string; count: number; seconds: number }[];
  messagesOut: number;
  accepted: number;
  rejected: number;
  expired: number;
}

export interface Report {
  from: string;
  to: string;
  timezone: string;
  by: ReportKey;
  rows: ReportRow[];
  total: ReportRow;
  /** The rows of the other groupings that were asked for. */
  groups: Partial<Record<ReportKey, ReportRow[]>>;
  dispositions: DispositionCount[];
  /** Closed ones without an outcome. */
  undisposed: number;
  /** Waits of the plan that ended without an agent. */
  timeouts: { node: string; kind: string; queue: string | null; account: string; count: number }[];
  /** Conversations that began, by week day (0 = Monday) and hour of the day. */
  busyHours: number[][];
  agents: AgentActivity[];
}

export interface ReportQuery {
  from: string;
  to: string;
  timezone: string;
  by: ReportKey;
  /** Groupings beside `by`, counted in the same reading. */
  also?: ReportKey[];
  /** Only of this account, of this queue (ids). Agents' time, offers and messages are told whole. */
  account?: string;
  queue?: string;
}

export type QueueToday = QueueNow & { today: Outcome };

/** How it stands, and how what began today went, as the API answers. */
export interface Realtime {
  at: string;
  timezone: string;
  /** When today began. */
  since: string;
  /** Seconds. */
  answerWithin: number;
  totals: RealtimeNow['totals'] & { today: Outcome };
  queues: QueueToday[];
  agents: AgentNow[];
}

/** A report as the API answers: with the names of nodes, which only the flows know. */
export type NamedReport = Omit<Report, 'timeouts'> & {
  timeouts: (Report['timeouts'][number] & { name: string | null })[];
};

/** What of a report a CSV can hold. */
export const REPORT_TABLES = ['rows', 'dispositions', 'timeouts', 'busyHours', 'agents', 'pauses'] as const;
export type ReportTable = (typeof REPORT_TABLES)[number];

/** Longest time of a report, days. */
export const LONGEST_REPORT = 400;

export interface ReportCommands {
  realtime: [Record<string, never>, RealtimeNow];
  /** Of what began since then (epoch ms), all together and by queue (id; '' = none). */
  outcomes: [{ since: number; answerWithin: number }, { all: Outcome; queues: Record<string, Outcome> }];
  /** `from`, `to`: days of the time zone or moments; a day at the end is in it. */
  report: [ReportQuery, Report];
}
