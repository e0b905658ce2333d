import type { Span } from './fields.ts';

const DAY = 86_400_000;
const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Reads an ISO 8601 day (`2026-11-24`, all of it) or moment (`2026-11-24T10:00:00Z`, with another offset, or without one: UTC).
 * null if there is no such day or time.
 */
export function readTime(written: string): Span | null {
  const found = WRITTEN.exec(written);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  const from = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // The 30th of February would be the 2nd of March. Years below 100 are taken for those of the last century.
  if (!new Date(from).toISOString().startsWith(`${year}-${month}-${day}`)) return null;
  if (hour === undefined) return { from, to: from + DAY - 1 };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return null;
  const offset = offsetOf(zone);
  if (offset === null) return null;
  const ms = Number((fraction ?? '').slice(0, 3).padEnd(3, '0'));
  const at = from + ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second ?? 0)) * 1000 + ms;
  return { from: at, to: at };
}

/** Minutes east of UTC. */
function offsetOf(zone: string | undefined): number | null {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
