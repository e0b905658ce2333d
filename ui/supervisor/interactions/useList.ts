import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';
import type { WrittenSearch } from '../../../core/search/language/saved.ts';
import type { Interaction } from '../../shared/types.ts';
import type { Supervisor } from '../useSupervisor.ts';
import { dayOf } from '../zone.ts';
import { type Advanced, NO_CONDITIONS } from './conditions.ts';

/** What is filtered by; '' and [] mean all. `agent` '-': unassigned. */
export interface Filters {
  from: string;
  to: string;
  read: '' | 'read' | 'unread';
  status: '' | 'open' | 'closed';
  account: string;
  agent: string;
  tags: string;
}
export const NO_FILTERS: Filters = { from: '', to: '', read: '', status: '', account: '', agent: '', tags: '' };

export interface Sort {
  field: string;
  direction: 'asc' | 'desc';
}

const PAGE = 50;

/**
 * The search of contract 6.4 that filters and conditions mean, without its page. Days are those of the zone; without one they stay
 * days, of whoever asks.
 */
export function searchOf(filters: Filters, advanced: Advanced, sort: Sort, zone: string | null): WrittenSearch {
  const { read, status, account, agent, tags } = filters;
  const from = filters.from && (zone === null ? filters.from : dayOf(filters.from, zone).from);
  const to = filters.to && (zone === null ? filters.to : dayOf(filters.to, zone).to);
  const wanted = tags
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  return {
    ...((from || to) && { startDate: { ...(from && { from }), ...(to && { to }) } }),
    ...(read && { read: read === 'read' }),
    ...(status && { status }),
    ...(account && { account }),
    ...(agent && { agent: agent === '-' ? null : agent }),
    ...(wanted.length > 0 && { tags: wanted }),
    ...(advanced.conditions.length > 0 && { match: advanced.match, conditions: [...advanced.conditions] }),
    sort,
  };
}

/** The list of interactions: pages of a search, kept up to date in place. New ones wait until they are asked for. */
export function useList(supervisor: Supervisor) {
  const { api, on, onResync, reasonOf, timeZone } = supervisor;
  const filters = ref<Filters>({ ...NO_FILTERS });
  /** The conditions that were searched for last. */
  const advanced = shallowRef<Advanced>(NO_CONDITIONS);
  const sort = ref<Sort>({ field: 'startedAt', direction: 'desc' });
  const rows = shallowRef<readonly Interaction[]>([]);
  const next = ref<string | null>(null);
  const total = ref(0);
  const totalExact = ref(true);
  const state = ref<'first' | 'ready' | 'loading' | 'failed'>('first');
  const problem = ref('');
  /** Ids of conversations that began since the list was read. */
  const fresh = ref<readonly string[]>([]);
  const known = new Set<string>();
  let reading = 0;

  const search = computed(() => searchOf(filters.value, advanced.value, sort.value, timeZone.value));

  async function read(more = false): Promise<void> {
    const mine = ++reading;
    if (state.value !== 'first') state.value = 'loading';
    try {
      const cursor = more && next.value ? { cursor: next.value } : {};
      const page = await api.search({ ...search.value, ...cursor, limit: PAGE });
      if (mine !== reading) return;
      if (!more) known.clear();
      const before = more ? rows.value : [];
      const added = page.interactions.filter((one) => !before.some((other) => other.id === one.id));
      rows.value = [...before, ...added];
      for (const { id } of rows.value) known.add(id);
      next.value = page.next;
      total.value = page.total;
      totalExact.value = page.totalExact;
      if (!more) fresh.value = [];
      problem.value = '';
      state.value = 'ready';
    } catch (error) {
      if (mine !== reading) return;
      problem.value = reasonOf(error);
      state.value = 'failed';
    }
  }

  const stops = [
    on<Interaction>('interaction', (item) => {
      if (known.has(item.id)) {
        rows.value = rows.value.map((row) => (row.id === item.id && row.version <= item.version ? item : row));
        return;
      }
      // Whether it matches only the server can tell; what began after the list was read may.
      const newest =
        rows.value
          .map((row) => row.startedAt)
          .sort()
          .at(-1) ?? '';
      if (state.value !== 'first' && item.startedAt > newest && !fresh.value.includes(item.id))
        fresh.value = [...fresh.value, item.id];
    }),
    // What was missed shows in the rows; the place in the list stays.
    onResync(async () => {
      if (rows.value.length <= PAGE) await read();
    }),
  ];
  onBeforeUnmount(() => {
    for (const stop of stops) stop();
  });

  return {
    ...{ filters, advanced, sort, rows, next, total, totalExact, state, problem, fresh, search, read },
    /** Takes what was deleted out of the list. */
    forget(ids: readonly string[]): void {
      rows.value = rows.value.filter((row) => !ids.includes(row.id));
      total.value = Math.max(0, total.value - ids.length);
    },
  };
}
