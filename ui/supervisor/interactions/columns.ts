/** A column of the list: its field in a search if it can be sorted by. */
export const COLUMNS = [
  { name: 'contact', sort: 'contact.name' },
  { name: 'account', sort: 'account' },
  { name: 'agent', sort: 'agent' },
  { name: 'queue', sort: 'queue' },
  { name: 'lastMessage', sort: 'lastMessageAt' },
  { name: 'tags', sort: null },
  { name: 'disposition', sort: null },
  { name: 'waiting', sort: 'unansweredSince' },
  { name: 'started', sort: 'startedAt' },
  { name: 'closed', sort: 'closedAt' },
] as const;
export type Column = (typeof COLUMNS)[number]['name'];

const USUAL: readonly Column[] = ['contact', 'account', 'agent', 'lastMessage', 'tags', 'waiting', 'started'];
const KEY = 'wa-supervisor:columns';

/** The columns that were chosen in this browser, in the order of the list. */
export function keptColumns(): Column[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    const found = COLUMNS.map(({ name }) => name).filter((name) => Array.isArray(kept) && kept.includes(name));
    return found.length > 0 ? found : [...USUAL];
  } catch {
    return [...USUAL];
  }
}

export function keepColumns(columns: readonly Column[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(columns));
  } catch {
    // It holds until the page is left.
  }
}
