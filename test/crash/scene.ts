import type { Office } from '../e2e/support/office.ts';

/** What phones, agents and the one who kills share. */
export interface Scene {
  readonly office: Office;
  /** Which start of Node-RED runs now. */
  run: number;
  /** Phones write until then. */
  phase: 'load' | 'drain' | 'over';
  readonly violations: string[];
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when the process that runs now has ended. */
export function ended({ office }: Scene): Promise<void> {
  const { process } = office.red;
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => process.once('exit', () => resolve()));
}
