import { onActivated, onBeforeUnmount, onDeactivated, onMounted, ref, shallowRef } from 'vue';
import type { Supervisor } from '../useSupervisor.ts';

/** What a table shows of how far its rows are. */
export type ReadState = 'first' | 'ready' | 'failed';

type Page<T> = Record<string, readonly T[]> & { next: string | null };

/**
 * Calls back when a screen is looked at, also for the second time, and when events may have been missed. Gives whether it is looked at.
 */
function whenLooked({ onResync }: Supervisor, read: () => Promise<void>): () => boolean {
  let shown = false;
  const look = () => {
    if (shown) return;
    shown = true;
    void read();
  };
  onMounted(look);
  onActivated(look);
  onDeactivated(() => {
    shown = false;
  });
  const stop = onResync(async () => {
    if (shown) await read();
  });
  onBeforeUnmount(stop);
  return () => shown;
}

/** All rows of a collection of the API (`plural`: the field that they stand in). The old ones stay while it is read again. */
export function useCollection<T>(supervisor: Supervisor, path: string, plural: string) {
  const { api, reasonOf } = supervisor;
  const rows = shallowRef<readonly T[]>([]);
  const state = ref<ReadState>('first');
  const problem = ref('');
  let reading = 0;

  async function read(): Promise<void> {
    reading++;
    const mine = reading;
    try {
      const all: T[] = [];
      let cursor: string | null = null;
      do {
        const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: Page<T> = await api.call('GET', `${path}?limit=1000${after}`);
        all.push(...(page[plural] ?? []));
        cursor = page.next;
      } while (cursor !== null);
      if (mine !== reading) return;
      rows.value = all;
      state.value = 'ready';
    } catch (error) {
      if (mine !== reading) return;
      problem.value = reasonOf(error);
      state.value = 'failed';
    }
  }
  const shown = whenLooked(supervisor, read);
  return { rows, state, problem, read, shown };
}

/** A collection that is read page by page, as `query` asks. */
export function usePages<T>(supervisor: Supervisor, path: string, plural: string, query: () => Record<string, string>) {
  const { api, reasonOf } = supervisor;
  const rows = shallowRef<readonly T[]>([]);
  const next = ref<string | null>(null);
  const state = ref<ReadState>('first');
  const problem = ref('');
  const busy = ref(false);
  let reading = 0;
  /** As many as are wanted at once. A page may be short, even empty, while there is more. */
  const WANTED = 50;

  /** Reads from the start, or what follows. */
  async function read(more = false): Promise<void> {
    reading++;
    const mine = reading;
    busy.value = true;
    try {
      const found: T[] = [];
      let cursor = more ? next.value : null;
      do {
        const params = new URLSearchParams({ ...query(), limit: String(WANTED), ...(cursor !== null && { cursor }) });
        const page: Page<T> = await api.call('GET', `${path}?${params}`);
        if (mine !== reading) return;
        found.push(...(page[plural] ?? []));
        cursor = page.next;
      } while (cursor !== null && found.length < WANTED);
      rows.value = more ? [...rows.value, ...found] : found;
      next.value = cursor;
      state.value = 'ready';
    } catch (error) {
      if (mine !== reading) return;
      problem.value = reasonOf(error);
      state.value = 'failed';
    } finally {
      if (mine === reading) busy.value = false;
    }
  }
  whenLooked(supervisor, () => read());
  return { rows, next, state, problem, busy, read };
}
