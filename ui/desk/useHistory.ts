import { type Ref, ref, type ShallowRef } from 'vue';
import type { Api } from '../shared/api.ts';
import type { Interaction } from '../shared/types.ts';
import { applyNewest, type DeskState } from './state.ts';

/** The earlier conversations of a contact, as far as they were read. */
export interface Past {
  state: 'loading' | 'failed' | 'ready';
  /** The newest first. */
  items: readonly Interaction[];
  more: boolean;
}

interface Surroundings {
  api: Api;
  state: ShallowRef<DeskState>;
  update: (state: DeskState) => void;
  selected: Ref<string | null>;
}

/** What a contact wrote about before: the list of it, and those whose messages are shown above the conversation. */
export function useHistory({ api, state, update, selected }: Surroundings) {
  const pasts = ref<Record<string, Past>>({});
  /** Per conversation the earlier ones shown above it, the newest first. */
  const unfolded = ref<Record<string, readonly string[]>>({});
  const unfolding = ref<string | null>(null);

  const put = (id: string, past: Past) => {
    pasts.value = { ...pasts.value, [id]: past };
  };

  /** Reads the first page, if it was not read. */
  async function open(id: string): Promise<void> {
    const known = pasts.value[id];
    if (known && known.state !== 'failed') return;
    put(id, { state: 'loading', items: [], more: false });
    await page(id, id, []);
  }

  /** Reads on after the oldest that is known. */
  async function more(id: string): Promise<void> {
    const known = pasts.value[id];
    const last = known?.items.at(-1);
    if (!known || !last || known.state === 'loading') return;
    put(id, { ...known, state: 'loading' });
    await page(id, last.id, known.items);
  }

  async function page(id: string, after: string, before: readonly Interaction[]): Promise<void> {
    try {
      const { interactions, more } = await api.earlier(after);
      put(id, { state: 'ready', items: [...before, ...interactions], more });
    } catch {
      put(id, { state: 'failed', items: before, more: before.length > 0 });
    }
  }

  /** Shows the messages of the next earlier conversation above those that are shown. Rejects if they cannot be read. */
  async function unfold(id: string): Promise<void> {
    const shown = unfolded.value[id] ?? [];
    const next = pasts.value[id]?.items[shown.length];
    if (!next || unfolding.value) return;
    unfolding.value = next.id;
    try {
      update(applyNewest(state.value, next.id, await api.messages(next.id)));
      unfolded.value = { ...unfolded.value, [id]: [...shown, next.id] };
      if (shown.length + 1 === pasts.value[id]?.items.length && pasts.value[id]?.more) await more(id);
    } finally {
      unfolding.value = null;
    }
  }

  return {
    pasts,
    unfolded,
    unfolding,
    open,
    more,
    unfold,
    /** Conversations whose messages are on the screen though they are none of the tabs. */
    shown: (): readonly string[] => (selected.value ? (unfolded.value[selected.value] ?? []) : []),
    /** After the connection was lost: what is not on the screen is read anew when it is wanted. */
    forget() {
      const id = selected.value;
      const past = id === null ? undefined : pasts.value[id];
      pasts.value = id !== null && past ? { [id]: past } : {};
      unfolded.value = id === null ? {} : { [id]: unfolded.value[id] ?? [] };
    },
    reset() {
      pasts.value = {};
      unfolded.value = {};
    },
  };
}
