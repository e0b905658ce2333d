import { DateTime } from 'luxon';
import { CoreError } from '../api.ts';
import { readTime } from '../search/language/time.ts';
import { isTimeZone } from '../zone.ts';
import { LONGEST_REPORT } from './api.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What moments are in a time zone. Kept from one to the next: most of them lie in the same hour. */
export class Slots {
  readonly #zone: string;
  #start = Number.NaN;
  #end = Number.NaN;
  #found = { day: '', hour: '', weekDay: 0, hourOfDay: 0 };

  constructor(zone: string) {
    this.#zone = zone;
  }

  /** `hour` has its offset: an hour that comes twice in autumn is two. `weekDay`: 0 = Monday. */
  of(at: number): Readonly<{ day: string; hour: string; weekDay: number; hourOfDay: number }> {
    if (at >= this.#start && at < this.#end) return this.#found;
    const time = DateTime.fromMillis(at, { zone: this.#zone });
    // Zones differ from UTC by quarters of an hour, and change at one: what begins with the quarter has one offset.
    const quarter = 15 * 60_000;
    this.#start = Math.floor(at / quarter) * quarter;
    this.#end = this.#start + quarter;
    this.#found = {
      day: time.toFormat('yyyy-MM-dd'),
      hour: time.toFormat("yyyy-MM-dd'T'HH:00ZZ"),
      weekDay: time.weekday - 1,
      hourOfDay: time.hour,
    };
    return this.#found;
  }
}

const invalid = (field: string, message: string, code = 'invalid_time') =>
  new CoreError(code, 400, `"${field}" ${message}`, [{ field, message }]);

/**
 * The time of a report, epoch ms, without its end. Days are those of the time zone, and a day at the end is in it.
 * @throws CoreError 400 `unknown_timezone`, `invalid_time`
 */
export function rangeOf(from: string, to: string, zone: string): { from: number; to: number } {
  if (!isTimeZone(zone)) throw invalid('tz', `is not a time zone: ${zone.slice(0, 50)}`, 'unknown_timezone');
  const at = (field: string, text: string, days: number): number => {
    const span = readTime(text);
    if (span === null) throw invalid(field, `is not a day or a time: ${text.slice(0, 50)}`);
    return DAY.test(text) ? DateTime.fromISO(text, { zone }).plus({ days }).toMillis() : span.from;
  };
  const range = { from: at('from', from, 0), to: at('to', to, 1) };
  if (range.to <= range.from) throw invalid('to', 'is before "from"');
  if (range.to - range.from > LONGEST_REPORT * 86_400_000)
    throw invalid('to', `is more than ${LONGEST_REPORT} days after "from"`);
  return range;
}

/** When the day began in which a moment lies, epoch ms. */
export const startOfDay = (at: number, zone: string): number =>
  DateTime.fromMillis(at, { zone }).startOf('day').toMillis();
