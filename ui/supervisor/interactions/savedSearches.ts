import type { Advanced } from './conditions.ts';
import { type Filters, NO_FILTERS, type Sort } from './useList.ts';

/** A search under a name. */
export interface SavedSearch {
  name: string;
  filters: Filters;
  advanced: Advanced;
  sort: Sort;
}

const KEY = 'wa-supervisor:searches';

/** The searches that are kept in this browser, by name. The server keeps none. */
export function savedSearches(): SavedSearch[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return (kept as SavedSearch[])
      .filter((one) => one?.name && Array.isArray(one.advanced?.conditions) && one.sort?.field)
      .map((one) => ({ ...one, filters: { ...NO_FILTERS, ...one.filters } }));
  } catch {
    return [];
  }
}

/** Keeps them. False if the browser does not take them. */
export function keepSearches(searches: readonly SavedSearch[]): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(searches));
    return true;
  } catch {
    return false;
  }
}
