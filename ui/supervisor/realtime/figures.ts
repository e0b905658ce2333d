/** What the screen makes of how it stands now (`GET /api/realtime`). */
import type { AgentNow } from '../../../core/reports/api.ts';

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
