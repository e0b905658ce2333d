/** What a wa-query node saves: type, defaults and migration, one source for runtime and editor. */
import { record, text, word } from '../shared/coerce.ts';

export const SEARCH_TYPES = ['json', 'msg'] as const;
export type SearchType = (typeof SEARCH_TYPES)[number];

export interface WaQueryConfig {
  configVersion: number;
  name: string;
  /** With `searchType` `json` the search itself, as JSON; with `msg` the property of the message that has it. Empty = `msg.payload`. */
  search: string;
  searchType: SearchType;
}

export const defaults: WaQueryConfig = {
  configVersion: 1,
  name: '',
  search: '',
  searchType: 'json',
};

/** Reads a saved configuration of any version. A search that was written as an object becomes its JSON. */
export function migrate(raw: unknown): WaQueryConfig {
  const saved = record(raw);
  return {
    configVersion: defaults.configVersion,
    name: text(saved.name, defaults.name),
    search: written(saved.search),
    searchType: word(saved.searchType, SEARCH_TYPES, defaults.searchType),
  };
}

function written(search: unknown): string {
  if (typeof search !== 'object' || search === null) return text(search, defaults.search);
  try {
    return JSON.stringify(search, null, 2) ?? defaults.search;
  } catch {
    return defaults.search;
  }
}
