/** What the model of contract 5 consists of. Times are epoch ms, waits are seconds where it says so. */

export type Strategy = 'beepall' | 'rrmemory' | 'leastrecent' | 'fewestopen';

export interface Agent {
  name: string;
  supervisor: boolean;
  capacity: number;
  disabled: boolean;
  presence: 'available' | 'paused' | 'offline';
  pause: string | null;
  /** Begin of the presence. */
  since: number;
  connections: Set<string>;
  lostAt: number | null;
  /** What follows the disposition pause. */
  resume: { presence: Agent['presence']; pause: string | null; since: number } | null;
}

export interface Queue {
  name: string;
  strategy: Strategy;
  /** Seconds. */
  ring: number;
  weight: number;
  agents: string[];
  removed: boolean;
  lastAccepted: string | null;
  offeredAt: Map<string, number>;
}

export interface Offer {
  /** In the order in which they were made. */
  id: number;
  agent: string;
  queue: string | null;
  expires: number | null;
  state: 'ringing' | 'refused' | 'forgotten' | 'accepted';
}

export interface Step {
  kind: 'route' | 'queue' | 'agent' | 'transfer' | 'return';
  /** null: it belongs to no node. */
  node: string | null;
  /** Whether `wa-route`, or what came back, asks the agent who has it. */
  asksOwn: boolean;
  queue: string | null;
  /** Without a queue who is asked, with one who is not. */
  agent: string | null;
  since: number;
  deadline: number | null;
  wired: boolean[];
  /** Of a transfer: what it goes back to. */
  before: { tab: boolean; queue: string | null };
  offers: Offer[];
}

export interface Talk {
  id: number;
  contact: number;
  open: boolean;
  closedAt: number;
  agent: string | null;
  /** The queue that delivered it last. */
  queue: string | null;
  tab: boolean;
  unread: number;
  priority: number;
  unanswered: number | null;
  disposing: string | null;
  snoozed: number | null;
  seq: number;
  /** The newest message that took the plan position. */
  planMessage: number;
  at: Step | null;
  between: { node: string; output: number; deadline: number; handovers: number; outcome: string } | null;
}

export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export const refuse = (code: string): never => {
  throw new Refused(code);
};

/** Seconds. */
export const WAITS = { agent: 10, queue: 20, transferToAgent: 30, transferToQueue: 40, offlineAfter: 60, between: 60 };
export const REOPEN = 60_000;
/** The pause that gives the tabs up, and after how many ms. */
export const LONG_PAUSE = { name: 'Lunch', releaseAfter: 60_000 };
/** ms of a second. */
export const S = 1000;

/** Whether a list of members has somebody, by name or by `*`. */
export const isIn = (members: string[], name: string): boolean => members.includes('*') || members.includes(name);

export const person = (name: string, capacity: number, supervisor = false): Agent => ({
  name,
  supervisor,
  capacity,
  disabled: false,
  presence: 'offline',
  pause: null,
  since: 0,
  connections: new Set(),
  lostAt: null,
  resume: null,
});
export const group = (
  name: string,
  strategy: Queue['strategy'],
  ring: number,
  weight: number,
  agents: string[],
): Queue => ({
  ...{ name, strategy, ring, weight, agents },
  ...{ removed: false, lastAccepted: null, offeredAt: new Map() },
});
