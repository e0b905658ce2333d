/** What a wa-inbound shows below itself. */
import { type Problem, shortProblem } from '../../runtime/problem.ts';

/** What is known of the accounts that a node hears. */
export interface Heard {
  /** When the last message came, epoch ms; 0 = none did. */
  lastAt: number;
  /** The last thing that went wrong at a provider, and has not been followed by a message. */
  error: string | null;
}

const MINUTE = 60_000;
const UNITS: [number, string][] = [
  [24 * 60 * MINUTE, 'd'],
  [60 * MINUTE, 'h'],
  [MINUTE, 'min'],
];

/** How long ago, in words that are true for a minute. */
export function ago(ms: number): string {
  const [size, unit] = UNITS.find(([length]) => ms >= length) ?? [];
  return size === undefined ? 'just now' : `${Math.floor(ms / size)} ${unit} ago`;
}

/** The status; red needs repair, in the configuration (`problem`) or at the provider. */
export function statusOf(problem: Problem | null, { lastAt, error }: Heard, now: number) {
  const last = lastAt > 0 ? `last message ${ago(now - lastAt)}` : '';
  if (problem) {
    const missing =
      problem.code.endsWith('_missing') &&
      problem.code !== 'webhook_secret_missing' &&
      problem.code !== 'domain_missing';
    return { fill: 'red', shape: 'ring', text: missing ? 'not configured' : shortProblem(problem) } as const;
  }
  if (error) {
    const what = shortProblem({ code: '', message: error });
    return { fill: 'red', shape: 'ring', text: last ? `${what} · ${last}` : what } as const;
  }
  return { fill: 'green', shape: 'dot', text: last || 'ready' } as const;
}
