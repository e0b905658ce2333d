/** Days of a time zone, as `2026-11-24`. */
export const PRESETS = ['today', 'yesterday', 'last7', 'last30', 'last90', 'thisMonth', 'lastMonth'] as const;
export type Preset = (typeof PRESETS)[number];
/** Both days are in it. */
export interface Period {
  from: string;
  to: string;
}

const DAY = 86_400_000;

/** The day that it is in a time zone. */
const dayIn = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(at);

// Days are counted as those of UTC, which all have 24 hours.
const utc = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const shifted = (day: string, days: number): string => new Date(utc(day) + days * DAY).toISOString().slice(0, 10);

/** The days of a preset, both of them in it. */
export function periodOf(preset: Preset, now: number, timeZone: string): Period {
  const today = dayIn(now, timeZone);
  const endOfLast = shifted(`${today.slice(0, 8)}01`, -1);
  switch (preset) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: shifted(today, -1), to: shifted(today, -1) };
    case 'last7':
      return { from: shifted(today, -6), to: today };
    case 'last30':
      return { from: shifted(today, -29), to: today };
    case 'last90':
      return { from: shifted(today, -89), to: today };
    case 'thisMonth':
      return { from: `${today.slice(0, 8)}01`, to: today };
    case 'lastMonth':
      return { from: `${endOfLast.slice(0, 8)}01`, to: endOfLast };
  }
}

/** How many days a period has. */
export const lengthOf = ({ from, to }: Period): number => Math.round((utc(to) - utc(from)) / DAY) + 1;

/** All days of a period. */
export const daysOf = (period: Period): string[] =>
  Array.from({ length: lengthOf(period) }, (_, i) => shifted(period.from, i));

/** A day as people of the language write it. */
export const dayText = (day: string, locale: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(utc(day));

/** `17 – 23 Nov 2026`. */
export const periodText = ({ from, to }: Period, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).formatRange(utc(from), utc(to));
