/** What a wa-interval node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text } from '../shared/coerce.ts';
import { type IntervalRule, readRules } from '../shared/rule.ts';

export type { IntervalRule } from '../shared/rule.ts';

export interface WaIntervalConfig {
  configVersion: number;
  name: string;
  /** IANA name; empty = the server's. */
  timezone: string;
  /** Inside = any rule holds. Ignored while `calendar` is set. */
  rules: IntervalRule[];
  /** Name of a calendar kept in the administration; empty = `rules`. */
  calendar: string;
}

export const defaults: WaIntervalConfig = {
  configVersion: 1,
  name: '',
  timezone: '',
  rules: [{ from: '09:00', to: '17:59', weekDays: [1, 2, 3, 4, 5] }],
  calendar: '',
};

/** Reads a saved configuration of any version. Absent rules are the default ones; an empty list stays empty (never inside). */
export function migrate(raw: unknown): WaIntervalConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    timezone: text(saved.timezone, defaults.timezone),
    rules: readRules(Array.isArray(saved.rules) ? saved.rules : defaults.rules),
    calendar: text(saved.calendar, defaults.calendar),
  };
}
