import type { SavedSearch, WrittenSearch } from '../../../core/search/language/saved.ts';
import type { Supervisor } from '../useSupervisor.ts';
import { localOf } from '../zone.ts';
import type { Advanced, Condition } from './conditions.ts';
import { type Filters, NO_FILTERS, type Sort } from './useList.ts';

/** What the list is narrowed by, and its order. */
export interface Asked {
  filters: Filters;
  advanced: Advanced;
  sort: Sort;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A saved search as the list has it: days stay days, moments become the days of the zone that they are in. */
export function askedOf(
  { startDate, read, status, account, agent, tags, match, conditions, sort }: WrittenSearch,
  { around, timeZone }: Pick<Supervisor, 'around' | 'timeZone'>,
): Asked {
  const day = (text = '') =>
    text === '' || DAY.test(text) ? text : localOf(Date.parse(text), timeZone.value).slice(0, 10);
  const named = around.value.accounts.find(({ id, key, name }) => [id, key, name].includes(account ?? ''));
  return {
    filters: {
      ...NO_FILTERS,
      ...{ from: day(startDate?.from), to: day(startDate?.to), status: status ?? '' },
      ...(read === undefined ? {} : { read: read ? 'read' : 'unread' }),
      ...{ account: named?.id ?? account ?? '', agent: agent === null ? '-' : (agent ?? '') },
      tags: tags?.join(', ') ?? '',
    },
    advanced: {
      match: match ?? 'all',
      // The server has looked at fields and operators.
      conditions: (conditions ?? []).map((one) => ({ enabled: true, ...one })) as Condition[],
    },
    sort: { field: sort?.field ?? 'startedAt', direction: sort?.direction ?? (sort?.field ? 'asc' : 'desc') },
  };
}

/** Asks for all pages; by name, as people sort. */
export async function readSearches({ api, language }: Supervisor): Promise<SavedSearch[]> {
  const all: SavedSearch[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { searches: SavedSearch[]; next: string | null } = await api.call(
      'GET',
      `/searches?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    );
    all.push(...page.searches);
    cursor = page.next;
  }
  return all.sort((a, b) => a.name.localeCompare(b.name, language.value));
}
