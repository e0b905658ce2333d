import type { Translate } from './i18n.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds of an ISO time; NaN when there is none. */
export function at(iso: string | null | undefined): number {
  return iso ? Date.parse(iso) : Number.NaN;
}

/** `4:12` for less than ten minutes, then `18 min`, `23 h 53`, `3 d`. Negative durations (in ms) count as zero. */
export function duration(t: Translate, ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 600) return clock(ms);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('time.minutes', { minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('time.hours', { hours, minutes: pad(minutes % 60) });
  return t('time.days', { days: Math.floor(hours / 24) });
}

/** The same in words that may be coarse: `5 min`, `3 h`, `2 d`. For what lies back. */
export function roughly(t: Translate, ms: number): string {
  const minutes = Math.max(1, Math.floor(ms / MINUTE));
  if (minutes < 60) return t('time.minutes', { minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t('time.wholeHours', { hours }) : t('time.days', { days: Math.floor(hours / 24) });
}

/** `0:14`, `12:05`; hours run on as minutes. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}

/** Whole seconds that are left, rounded up: a countdown shows 1 until it is over. */
export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}

/** `14:31`, optionally `14:31:08`, in the reader's time zone (or the one given). */
export function timeOfDay(ms: number, seconds = false, timeZone?: string): string {
  if (timeZone === undefined && Number.isFinite(ms)) {
    const date = new Date(ms);
    const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
    return parts.map(pad).join(':');
  }
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: seconds ? '2-digit' : undefined,
    hourCycle: 'h23',
    timeZone,
  }).format(ms);
}

/** The day a time falls on, as a number that grows by one a day in the zone. Asked for every message: the reader's own zone is cheap. */
function dayNumber(ms: number, timeZone?: string): number {
  if (timeZone === undefined) {
    const date = new Date(ms);
    return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
  }
  const parts = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(ms);
  return Math.round(Date.parse(`${parts}T00:00:00Z`) / DAY);
}

/** Whether two times fall on one day of the reader. */
export function sameDay(a: number, b: number, timeZone?: string): boolean {
  return dayNumber(a, timeZone) === dayNumber(b, timeZone);
}

/** `Today`, `Yesterday`, `12 March`, with the year if it is another one. */
export function dayLabel(t: Translate, ms: number, now: number, locale: string, timeZone?: string): string {
  const ago = dayNumber(now, timeZone) - dayNumber(ms, timeZone);
  if (ago === 0) return t('time.today');
  if (ago === 1) return t('time.yesterday');
  const year = new Date(ms).getUTCFullYear() === new Date(now).getUTCFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year, timeZone }).format(ms);
}

/** For a row of a list: the time of today, else the day. */
export function rowTime(t: Translate, ms: number, now: number, locale: string, timeZone?: string): string {
  if (sameDay(ms, now, timeZone)) return timeOfDay(ms, false, timeZone);
  if (dayNumber(now, timeZone) - dayNumber(ms, timeZone) === 1) return t('time.yesterday');
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone }).format(ms);
}

/** When something will be: the time of today, else the weekday and the time, else the day. */
export function untilText(t: Translate, ms: number, now: number, locale: string): string {
  if (sameDay(ms, now)) return timeOfDay(ms);
  if (dayNumber(ms) - dayNumber(now) < 7)
    return `${new Intl.DateTimeFormat(locale, { weekday: 'short' }).format(ms)} ${timeOfDay(ms)}`;
  return rowTime(t, ms, now, locale);
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
