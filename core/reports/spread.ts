import type { Spread } from './api.ts';

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Average and percentiles (nearest rank) of seconds. */
export function spreadOf(values: number[]): Spread {
  const count = values.length;
  if (count === 0) return { count, average: null, p50: null, p90: null };
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number) => rounded(sorted[Math.max(0, Math.ceil(share * count) - 1)]!);
  return { count, average: rounded(sorted.reduce((a, b) => a + b, 0) / count), p50: rank(0.5), p90: rank(0.9) };
}
