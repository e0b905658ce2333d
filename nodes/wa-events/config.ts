/** What a wa-events node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text, texts } from '../shared/coerce.ts';

export interface WaEventsConfig {
  configVersion: number;
  name: string;
  /** Id of an account node; empty = all accounts, and what belongs to none. */
  account: string;
  /** Names of events; empty = all, also those that later versions add. */
  events: string[];
}

export const defaults: WaEventsConfig = { configVersion: 1, name: '', account: '', events: [] };

/** Reads a saved configuration of any version. A name that is not known stays: it never comes, instead of widening the choice. */
export function migrate(raw: unknown): WaEventsConfig {
  const saved = record(raw);
  const events = texts(saved.events, defaults.events);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    account: text(saved.account, defaults.account),
    events: events.includes('*') ? [] : events,
  };
}
