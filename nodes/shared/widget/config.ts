/** What a widget saves: its place in the dashboard. Type, defaults and migration, one source for runtime and editor. */
import { record, text, whole } from '../coerce.ts';

export interface WidgetConfig {
  configVersion: number;
  name: string;
  /** Id of a Dashboard group. */
  group: string;
  order: number;
  /** In columns of the group; 0 = automatic. */
  width: number;
  /** In rows; 0 = automatic. */
  height: number;
  className: string;
}

export const defaults: WidgetConfig = {
  configVersion: 1,
  name: '',
  group: '',
  order: 0,
  width: 0,
  height: 0,
  className: '',
};

/** Reads a saved configuration of any version: fills defaults, turns text into numbers. */
export function migrate(raw: unknown): WidgetConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    group: text(saved.group, defaults.group),
    order: whole(saved.order, -1, 10_000, defaults.order),
    width: whole(saved.width, 0, 100, defaults.width),
    height: whole(saved.height, 0, 1_000, defaults.height),
    className: text(saved.className, defaults.className),
  };
}
