/** Figures of the day that several supervisors look at: counted once every few seconds, however many ask. */
import type { Commands, Engine } from '../core/api.ts';

type Outcomes = Commands['outcomes'][1];

/** ms that a count holds. */
const HOLDS = 5000;
/** Counts that are kept: one for each day's beginning and time to answer in. */
const KEPT = 20;

export interface Figures {
  outcomes(since: number, answerWithin: number): Promise<Outcomes>;
}

/** @param now epoch ms */
export function createFigures(engine: Engine, now: () => number): Figures {
  const counts = new Map<string, { until: number; outcomes: Promise<Outcomes> }>();
  return {
    outcomes(since, answerWithin) {
      const key = `${since} ${answerWithin}`;
      const known = counts.get(key);
      if (known && known.until > now()) return known.outcomes;
      if (counts.size >= KEPT) counts.clear();
      const outcomes = engine.run('outcomes', { since, answerWithin });
      counts.set(key, { until: now() + HOLDS, outcomes });
      // A failure is answered, and not kept.
      outcomes.catch(() => counts.delete(key));
      return outcomes;
    },
  };
}
