/** Rows of a report as cards show them: groupings, names, and what is not there. */
import type { NamedReport, ReportRow } from '../../../core/reports/api.ts';
import type { Translate } from '../../shared/i18n.ts';
import { duration } from '../../shared/time.ts';
import type { Supervisor } from '../useSupervisor.ts';
import { daysOf, dayText, type Period } from './period.ts';

/** What figures can be told by; the first three are points in time. */
export const GROUPINGS = ['hourOfDay', 'weekDay', 'day', 'account', 'queue', 'agent'] as const;
export type Grouping = (typeof GROUPINGS)[number];
export const isTime = (by: Grouping): boolean => by === 'hourOfDay' || by === 'weekDay' || by === 'day';

export type TimeKind = 'waiting' | 'firstResponse' | 'handling';
export const KINDS: readonly TimeKind[] = ['waiting', 'firstResponse', 'handling'];

/** A report, and the days that it is of. */
export interface Shown extends NamedReport {
  period: Period;
}

/** One table. The first `texts` columns hold texts, the others figures. */
export interface Table {
  columns: string[];
  texts: number;
  rows: (string | number)[][];
}

/** A row under its name, `short` on an axis; null where nothing was. */
export interface Slot {
  name: string;
  short: string;
  row: ReportRow | null;
}

export const HOURS: readonly string[] = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

/** Monday first. */
export const weekDays = (language: string): string[] =>
  // The first of January 2024 was a Monday.
  Array.from({ length: 7 }, (_, i) => dayText(`2024-01-0${i + 1}`, language, { weekday: 'short' }));

/** The rows of a grouping: of hours and days also those without anything, of others those with the most first. */
export function slotsOf(
  { groups, period }: Shown,
  by: Grouping,
  { t, language }: Pick<Supervisor, 't' | 'language'>,
  weight: (row: ReportRow) => number,
): Slot[] {
  const rows = groups[by] ?? [];
  if (!isTime(by))
    return [...rows]
      .sort((a, b) => weight(b) - weight(a))
      .map((row) => {
        const name = row.name || row.key || t(`reports.none.${by}`);
        return { name, short: name, row };
      });
  const known = new Map(rows.map((row) => [row.key, row]));
  const slot = (key: string, name: string, short = name): Slot => ({ name, short, row: known.get(key) ?? null });
  if (by === 'hourOfDay') return HOURS.map((hour) => slot(hour, hour));
  if (by === 'weekDay') return weekDays(language.value).map((name, i) => slot(String(i + 1), name));
  const days = daysOf(period);
  const text = (day: string, style: Intl.DateTimeFormatOptions) => dayText(day, language.value, style);
  // A week is told by its week days, more by dates.
  const short: Intl.DateTimeFormatOptions = days.length > 7 ? { day: 'numeric', month: 'short' } : { weekday: 'short' };
  return days.map((day) =>
    slot(day, text(day, { weekday: 'short', day: 'numeric', month: 'short' }), text(day, short)),
  );
}

/** How long people were somewhere: `1:20`, `18 min`, `7 h 30`, and whole hours from two days on. */
export function workTime(t: Translate, seconds: number): string {
  const hours = seconds / 3600;
  return hours >= 48 || (hours >= 1 && Number.isInteger(hours))
    ? t('time.wholeHours', { hours: Math.round(hours) })
    : duration(t, seconds * 1000);
}
