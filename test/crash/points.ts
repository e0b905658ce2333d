/**
 * The named moments at which the process is killed, with how often a moment passes at most before it is the one: the n-th is chosen by
 * chance, so that starts, recoveries and full work are all hit.
 */
export const POINTS = {
  'before a commit': 300,
  'after a commit': 300,
  'stored, not handed over': 80,
  'stored, not acknowledged': 120,
  'handed over, not marked': 30,
  'left a step, not forwarded': 12,
  'forwarded, not taken by the next step': 40,
  'done, not answered to the desk': 40,
  'claimed, request to the provider under way': 20,
  'taken by the provider, not answered': 20,
  'answered by the provider, not stored': 20,
  'flows started, nothing given out yet': 1,
} as const;

export type NamedPoint = keyof typeof POINTS;
export type Point = NamedPoint | 'in a migration' | 'at any moment';
