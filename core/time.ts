const DAY = 86_400_000;
const two = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

let lastMs = Number.NaN;
let lastIso = '';
let dayStart = Number.NaN;
let date = '';

/**
 * Epoch ms as ISO 8601 UTC, as `Date.toISOString` writes it, which costs more than most statements and is asked for several times a
 * message: the last answer is kept, and so is the date of its day.
 * @throws RangeError on what is no time
 */
export function iso(ms: number): string {
  if (ms === lastMs) return lastIso;
  if (!(ms >= dayStart && ms < dayStart + DAY)) {
    date = new Date(ms).toISOString().slice(0, 11);
    dayStart = Math.floor(ms / DAY) * DAY;
  }
  const rest = Math.floor(ms) - dayStart;
  const seconds = Math.floor(rest / 1000);
  lastIso = `${date}${two[Math.floor(seconds / 3600)]}:${two[Math.floor(seconds / 60) % 60]}:${two[seconds % 60]}.${String(rest % 1000).padStart(3, '0')}Z`;
  lastMs = ms;
  return lastIso;
}

export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
