/** What a wa-route node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text } from '../shared/coerce.ts';

export interface WaRouteConfig {
  configVersion: number;
  name: string;
}

export const defaults: WaRouteConfig = { configVersion: 1, name: '' };

/** Reads a saved configuration of any version. */
export function migrate(raw: unknown): WaRouteConfig {
  return { configVersion: defaults.configVersion, name: text(record(raw).name, defaults.name) };
}
