import type { Strategy } from '../api.ts';

/** What a strategy knows of an agent who may be asked. */
export interface Candidate {
  username: string;
  /** Epoch ms of the last offer by this queue; null = never. */
  offeredAt: number | null;
  /** Open interactions assigned to the agent. */
  open: number;
}

/**
 * Who is asked next, of those who may be asked now.
 * - `beepall`: everybody.
 * - `rrmemory`: the one after `lastAccepted`, in the order of usernames.
 * - `leastrecent`: the one whom the queue asked the longest time ago.
 * - `fewestopen`: the one with the fewest open interactions.
 * Ties go by username, so that the outcome does not depend on the database.
 */
export function pick(strategy: Strategy, candidates: Candidate[], lastAccepted: string | null): Candidate[] {
  if (strategy === 'beepall' || candidates.length === 0) return candidates;
  const byName = [...candidates].sort((a, b) => (a.username < b.username ? -1 : 1));
  switch (strategy) {
    case 'rrmemory': {
      const next = lastAccepted === null ? undefined : byName.find((c) => c.username > lastAccepted);
      return [next ?? byName[0]!];
    }
    case 'leastrecent':
      return [best(byName, (c) => c.offeredAt ?? Number.NEGATIVE_INFINITY)];
    case 'fewestopen':
      return [best(byName, (c) => c.open)];
  }
}

function best(candidates: Candidate[], cost: (c: Candidate) => number): Candidate {
  return candidates.reduce((a, b) => (cost(b) < cost(a) ? b : a));
}
