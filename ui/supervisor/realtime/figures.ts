/** How it stands now, as `GET /api/realtime` answers; times in seconds. */
export interface Today {
  started: number;
  answered: number;
  abandoned: number;
  /** 0 to 1; null if nothing was answered or abandoned. */
  serviceLevel: number | null;
  wait: number | null;
  firstResponse: number | null;
  handling: number | null;
}

export interface QueueNow {
  id: string;
  name: string;
  waiting: number;
  longestWait: number;
  /** Why nobody is asked. */
  nobody: string | null;
  agents: { available: number; paused: number; offline: number };
  today: Today;
}

export interface AgentNow {
  username: string;
  name: string;
  role: string;
  presence: { state: 'available' | 'paused' | 'offline'; pause: string | null; since: string };
  capacity: number;
  assigned: number;
  open: number;
  ringing: number;
  queues: string[];
  handling: { id: string; account: string; contact: string; queue: string | null; unansweredSince: string | null }[];
}

export interface Realtime {
  at: string;
  totals: { open: number; unassigned: number; waiting: number; today: Today };
  queues: QueueNow[];
  agents: AgentNow[];
}

/** What an agent is doing, and the class of its dot. */
export type Doing = 'available' | 'full' | 'ringing' | 'paused' | 'offline';
export const DOTS: Record<Doing, string> = {
  available: 'ok',
  full: 'busy',
  ringing: 'ring',
  paused: 'pause',
  offline: 'off',
};

export function doing({ presence, ringing, open, capacity }: AgentNow): Doing {
  if (presence.state !== 'available') return presence.state;
  if (ringing > 0) return 'ringing';
  return open >= capacity ? 'full' : 'available';
}

/** The new rows, with the old object wherever nothing has changed, so that only what changed is drawn anew. */
export function keepSame<T>(before: readonly T[], fresh: readonly T[], key: (row: T) => string): T[] {
  const known = new Map(before.map((row) => [key(row), row]));
  return fresh.map((row) => {
    const old = known.get(key(row));
    return old && JSON.stringify(old) === JSON.stringify(row) ? old : row;
  });
}
