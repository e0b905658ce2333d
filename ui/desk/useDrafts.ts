import { ref } from 'vue';
import type { Keep } from './storage.ts';

type Drafts = Record<string, string>;

/** What was begun and not sent, one text per conversation. It survives a change of tab and a reload, and is the same in all windows. */
export function useDrafts() {
  const drafts = ref<Drafts>({});
  /** What was written here since the last save: only that overrules what other windows have written. */
  const fresh = new Map<string, string>();
  let keep: Keep | undefined;
  let stopWatching: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const read = () => merge(readDrafts(keep?.read('drafts')), fresh);

  function save() {
    clearTimeout(timer);
    if (fresh.size === 0) return;
    const whole = read();
    fresh.clear();
    keep?.write('drafts', whole);
  }

  return {
    drafts,
    set(interactionId: string, text: string) {
      fresh.set(interactionId, text);
      drafts.value = merge(drafts.value, fresh);
      clearTimeout(timer);
      timer = setTimeout(save, 300);
    },
    flush: save,
    open(from: Keep) {
      keep = from;
      drafts.value = read();
      stopWatching = from.watch((name) => {
        if (name === 'drafts') drafts.value = read();
      });
    },
    reset() {
      clearTimeout(timer);
      stopWatching?.();
      fresh.clear();
      keep = undefined;
      drafts.value = {};
    },
  };
}

function readDrafts(stored: unknown): Drafts {
  if (!stored || typeof stored !== 'object') return {};
  return Object.fromEntries(
    Object.entries(stored).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** An empty text is no draft. */
function merge(drafts: Drafts, over: ReadonlyMap<string, string>): Drafts {
  return Object.fromEntries(Object.entries({ ...drafts, ...Object.fromEntries(over) }).filter(([, text]) => text));
}
