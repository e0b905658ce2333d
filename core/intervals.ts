import { DateTime } from 'luxon';

/** A rule of an interval: an absent part means any. */
export interface Rule {
  always?: true;
  /** `HH:MM`; the end minute is included, `from` later than `to` spans midnight. */
  from?: string;
  to?: string;
  /** 1 = Monday … 7 = Sunday. */
  weekDays?: number[];
  monthDays?: number[];
  months?: number[];
  /** `YYYY-MM-DD`. */
  dates?: string[];
}

/**
 * Whether a moment is inside an interval: any rule holds (contract 5.7).
 * @param now epoch ms
 * @param zone IANA name, '' = the server's
 * @throws RangeError for an unknown time zone
 */
export function isInside(rules: readonly Rule[], zone: string, now: number): boolean {
  const at = DateTime.fromMillis(now, zone ? { zone } : {});
  if (!at.isValid) throw new RangeError(`"${zone}" is not a time zone.`);
  return rules.some((rule) => holds(rule, at));
}

/** The same for a calendar of the administration: inside if a rule holds, and no holiday. */
export function isInsideCalendar(
  { rules, holidays }: { rules: readonly Rule[]; holidays: readonly Rule[] },
  zone: string,
  now: number,
): boolean {
  return isInside(rules, zone, now) && !isInside(holidays, zone, now);
}

function holds(rule: Rule, at: DateTime): boolean {
  if (rule.always) return true;
  if (rule.from === undefined || rule.to === undefined) return isDay(rule, at);
  const time = at.toFormat('HH:mm');
  if (rule.from <= rule.to) return rule.from <= time && time <= rule.to && isDay(rule, at);
  // Over midnight: the hours after it belong to the day on which the interval began.
  return (time >= rule.from && isDay(rule, at)) || (time <= rule.to && isDay(rule, at.minus({ days: 1 })));
}

function isDay(rule: Rule, at: DateTime): boolean {
  return (
    (!rule.weekDays || rule.weekDays.includes(at.weekday)) &&
    (!rule.monthDays || rule.monthDays.includes(at.day)) &&
    (!rule.months || rule.months.includes(at.month)) &&
    (!rule.dates || rule.dates.includes(at.toISODate() ?? ''))
  );
}
