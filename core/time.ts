let lastMs = Number.NaN;
let lastIso = '';

/** Epoch ms as ISO 8601 UTC. All of one transaction happens at one time, so the last answer is kept. */
export function iso(ms: number): string {
  if (ms !== lastMs) {
    lastIso = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastIso;
}

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
