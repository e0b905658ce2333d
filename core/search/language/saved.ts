/** Searches under a name; part of `core/api.ts`. */
import type { Operator, Sort } from './fields.ts';

/** A search of contract 6.4 without its page, as it was given. Days in it are those of whoever asks. */
export interface WrittenSearch {
  startDate?: { from?: string; to?: string };
  read?: boolean;
  status?: 'open' | 'closed';
  account?: string;
  agent?: string | null;
  tags?: string[];
  match?: 'all' | 'any';
  conditions?: { field?: string; operator?: Operator | string; value?: unknown; enabled?: boolean }[];
  sort?: { field?: string; direction?: Sort['direction'] };
}

export interface SavedSearch {
  id: string;
  name: string;
  /** Username of who made it. */
  owner: string;
  /** Whether all supervisors see it. */
  shared: boolean;
  search: WrittenSearch;
  updatedAt: string;
}

type Change = Pick<SavedSearch, 'name' | 'shared' | 'search'>;

export interface SavedSearchCommands {
  /** Those of the caller and the shared ones, oldest first. */
  listSearches: [
    { username: string; cursor?: string; limit?: number },
    { searches: SavedSearch[]; next: string | null },
  ];
  createSearch: [Change & { username: string }, SavedSearch];
  /** The owner's, or an administrator's, as deleting is. */
  updateSearch: [Change & { username: string; id: string }, SavedSearch];
  deleteSearch: [{ username: string; id: string }, null];
}
