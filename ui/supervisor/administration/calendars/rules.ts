import type { Translate } from '../../../shared/i18n.ts';
import type { Rule } from '../types.ts';

/** A rule as it is edited: numbers of days and dates as they are typed. */
export interface RuleDraft {
  kind: 'hours' | 'days' | 'always';
  from: string;
  to: string;
  weekDays: number[];
  months: number[];
  monthDays: string;
  dates: string;
}

export const newRule = (): RuleDraft => ({
  ...{ kind: 'hours', from: '09:00', to: '17:59', weekDays: [1, 2, 3, 4, 5], months: [], monthDays: '', dates: '' },
});

export function draftOf(rule: Rule): RuleDraft {
  return {
    kind: rule.always ? 'always' : rule.from === undefined ? 'days' : 'hours',
    from: rule.from ?? '09:00',
    to: rule.to ?? '17:59',
    weekDays: [...(rule.weekDays ?? [])],
    months: [...(rule.months ?? [])],
    monthDays: rule.monthDays?.join(', ') ?? '',
    dates: rule.dates?.join(', ') ?? '',
  };
}

const parts = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);
const sorted = (all: readonly number[]): number[] => [...new Set(all)].sort((a, b) => a - b);

/** The rule that a draft means. What is not chosen means any; nothing chosen at all is always. */
export function ruleOf(draft: RuleDraft): Rule {
  if (draft.kind === 'always') return { always: true };
  const rule: Rule = {
    ...(draft.kind === 'hours' && { from: draft.from, to: draft.to }),
    ...(draft.weekDays.length > 0 && { weekDays: sorted(draft.weekDays) }),
    ...(draft.months.length > 0 && { months: sorted(draft.months) }),
    ...(parts(draft.monthDays).length > 0 && { monthDays: sorted(parts(draft.monthDays).map(Number)) }),
    ...(parts(draft.dates).length > 0 && { dates: [...new Set(parts(draft.dates))].sort() }),
  };
  return Object.keys(rule).length > 0 ? rule : { always: true };
}

/** Whether the calendar of the world has this day. */
function isDay(date: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return false;
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}

/** What is wrong with a draft (`administration.wrong.<name>`), or ''. */
export function wrongWith(draft: RuleDraft): string {
  if (draft.kind === 'always') return '';
  if (draft.kind === 'hours' && !(draft.from && draft.to)) return 'time';
  const days = parts(draft.monthDays).map(Number);
  if (days.some((day) => !Number.isInteger(day) || day < 1 || day > 31)) return 'monthDays';
  return parts(draft.dates).every(isDay) ? '' : 'dates';
}

/** Of more than one date each becomes a holiday of its own, which means the same and is easier to edit. */
export const separate = (rules: readonly Rule[]): Rule[] =>
  rules.flatMap((rule) =>
    rule.dates && Object.keys(rule).length === 1 ? rule.dates.map((date) => ({ dates: [date] })) : [rule],
  );

/** It has a 29th of February. */
const LEAP = 2024;

/** A holiday that is one day of one year, or of every year; null if it is said in another way. `year`: for the date of one of every year. */
export function dayOfHoliday(rule: Rule, year = LEAP): { date: string; yearly: boolean } | null {
  const keys = Object.keys(rule);
  if (keys.length === 1 && rule.dates?.length === 1) return { date: rule.dates[0]!, yearly: false };
  const [month, day] = [rule.months?.[0], rule.monthDays?.[0]];
  if (keys.length !== 2 || rule.months?.length !== 1 || rule.monthDays?.length !== 1) return null;
  if (month === undefined || day === undefined) return null;
  const rest = `${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  return { date: isDay(`${year}-${rest}`) ? `${year}-${rest}` : `${LEAP}-${rest}`, yearly: true };
}

export function holidayOf(date: string, yearly: boolean): Rule {
  if (!yearly) return { dates: [date] };
  const [, month = '1', day = '1'] = date.split('-');
  return { months: [Number(month)], monthDays: [Number(day)] };
}

/** The name of a week day, 1 = Monday, or of a month, in the language of the reader. */
export const weekDayName = (day: number, language: string, style: 'short' | 'long' = 'short'): string =>
  new Intl.DateTimeFormat(language, { weekday: style, timeZone: 'UTC' }).format(Date.UTC(2024, 0, day));
export const monthName = (month: number, language: string, style: 'short' | 'long' = 'short'): string =>
  new Intl.DateTimeFormat(language, { month: style, timeZone: 'UTC' }).format(Date.UTC(2024, month - 1, 15));
const dateName = (date: string, language: string): string =>
  isDay(date)
    ? new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
        Date.parse(`${date}T00:00:00Z`),
      )
    : date;

/** `Mon–Fri`, `Sat, Sun`: runs of three and more with a dash. */
function runs(all: readonly number[], name: (n: number) => string): string {
  const found: number[][] = [];
  for (const n of sorted(all)) {
    const run = found.at(-1);
    if (run && run.at(-1) === n - 1) run.push(n);
    else found.push([n]);
  }
  return found
    .flatMap((run) => (run.length > 2 ? [`${name(run[0]!)}–${name(run.at(-1)!)}`] : run.map(name)))
    .join(', ');
}

/** A rule in one line. */
export function ruleText(t: Translate, rule: Rule, language: string): string {
  if (rule.always) return t('administration.calendars.always');
  const day = dayOfHoliday(rule);
  if (day?.yearly)
    return t('administration.calendars.everyYear', {
      day: new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(
        Date.parse(`${day.date}T00:00:00Z`),
      ),
    });
  return [
    rule.weekDays && runs(rule.weekDays, (n) => weekDayName(n, language)),
    rule.monthDays && t('administration.calendars.days', { days: runs(rule.monthDays, String) }),
    rule.months && runs(rule.months, (n) => monthName(n, language)),
    rule.dates?.map((date) => dateName(date, language)).join(', '),
    rule.from && `${rule.from}–${rule.to}`,
  ]
    .filter(Boolean)
    .join(' ');
}
