import { ref } from 'vue';
import type { Keep } from './storage.ts';

/** What was begun and not sent, one text per conversation. It survives a change of tab and a reload. */
export function useDrafts() {
  const drafts = ref<Record<string, string>>({});
  let keep: Keep | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const save = () => keep?.write('drafts', drafts.value);

  return {
    drafts,
    set(interactionId: string, text: string) {
      const { [interactionId]: _, ...rest } = drafts.value;
      drafts.value = text ? { ...rest, [interactionId]: text } : rest;
      clearTimeout(timer);
      timer = setTimeout(save, 300);
    },
    flush() {
      clearTimeout(timer);
      save();
    },
    open(from: Keep) {
      keep = from;
      const stored = from.read('drafts');
      drafts.value = stored && typeof stored === 'object' ? (stored as Record<string, string>) : {};
    },
    reset() {
      clearTimeout(timer);
      keep = undefined;
      drafts.value = {};
    },
  };
}
