/**
 * The named moments at which the process is killed, with how often a moment passes at most before it is the one: the n-th is chosen by
 * chance, so that starts, recoveries and full work are all hit.
 */
export const POINTS = {
  'before a commit': 150,
  'after a commit': 150,
  'stored, not handed over': 50,
  'stored, not acknowledged': 80,
  'handed over, not marked': 12,
  'left a step, not forwarded': 8,
  'forwarded, not taken by the next step': 25,
  'done, not answered to the desk': 25,
  'claimed, request to the provider under way': 12,
  'taken by the provider, not answered': 12,
  'answered by the provider, not stored': 12,
  'flows started, nothing given out yet': 1,
} as const;

export type NamedPoint = keyof typeof POINTS;
export type Point = NamedPoint | 'in a migration' | 'at any moment';
