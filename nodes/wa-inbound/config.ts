/** What a wa-inbound node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text } from '../shared/coerce.ts';

export interface WaInboundConfig {
  configVersion: number;
  name: string;
  /** Id of an account node; empty = all accounts. */
  account: string;
}

export const defaults: WaInboundConfig = { configVersion: 1, name: '', account: '' };

/** Reads a saved configuration of any version. */
export function migrate(raw: unknown): WaInboundConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    account: text(saved.account, defaults.account),
  };
}
