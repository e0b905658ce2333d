/** Rules of an interval: an absent part means any; the end minute is included; `from` later than `to` spans midnight. */
import { flag, records, text, texts, toNumber, wholes } from './coerce.ts';

export interface IntervalRule {
  always?: true;
  /** `HH:MM`, 24 hours. */
  from?: string;
  to?: string;
  /** 1 = Monday … 7 = Sunday. */
  weekDays?: number[];
  monthDays?: number[];
  months?: number[];
  /** `YYYY-MM-DD`. */
  dates?: string[];
}

export const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
export const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

function time(value: unknown): string | undefined {
  const written = text(value, '').replace(/^(\d):/, '0$1:');
  return TIME.test(written) ? written : undefined;
}

/** Reads one saved rule; parts that are no valid time, day, month or date are left out. */
export function readRule(raw: Record<string, unknown>): IntervalRule {
  if (flag(raw.always, false)) return { always: true };
  const dates = texts(raw.dates, []).filter((date) => DATE.test(date));
  const parts: IntervalRule = {
    from: time(raw.from),
    to: time(raw.to),
    weekDays: wholes(raw.weekDays, 1, 7),
    monthDays: wholes(raw.monthDays, 1, 31),
    months: wholes(raw.months, 1, 12),
    dates: dates.length > 0 ? dates : undefined,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
}

/** Reads saved rules. A rule with a part that cannot be read is dropped as a whole: leaving the part out would widen it. */
export function readRules(value: unknown): IntervalRule[] {
  return records(value)
    .filter((raw) => ruleProblem(raw) === null)
    .map(readRule);
}

export type RuleProblem = 'time' | 'range' | 'weekDays' | 'monthDays' | 'months' | 'dates';

const filled = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

function badNumbers(value: unknown, min: number, max: number): boolean {
  if (!filled(value)) return false;
  const list = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(list)) return true;
  return list.some((entry) => !(Number.isInteger(toNumber(entry)) && toNumber(entry) >= min && toNumber(entry) <= max));
}

/** Which part of a rule cannot be right, or null. One end of the time without the other is `range`. */
export function ruleProblem(raw: Record<string, unknown>): RuleProblem | null {
  if (flag(raw.always, false)) return null;
  if ((filled(raw.from) && !time(raw.from)) || (filled(raw.to) && !time(raw.to))) return 'time';
  if (filled(raw.from) !== filled(raw.to)) return 'range';
  if (badNumbers(raw.weekDays, 1, 7)) return 'weekDays';
  if (badNumbers(raw.monthDays, 1, 31)) return 'monthDays';
  if (badNumbers(raw.months, 1, 12)) return 'months';
  if (filled(raw.dates) && texts(raw.dates, []).some((date) => !DATE.test(date))) return 'dates';
  return null;
}
