import { ref } from 'vue';
import type { Keep } from './storage.ts';

/**
 * What was begun and not sent, one text per conversation, and whether it is a note. It survives a change of tab and a reload: a note must
 * not come back as a message to the customer.
 */
export function useDrafts() {
  const drafts = ref<Record<string, string>>({});
  /** Ids of the conversations in which a note is being written. */
  const notes = ref<Record<string, true>>({});
  let keep: Keep | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const save = () => {
    keep?.write('drafts', drafts.value);
    keep?.write('notes', notes.value);
  };
  const read = (name: string): object => {
    const stored = keep?.read(name);
    return stored && typeof stored === 'object' ? stored : {};
  };
  const saveSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, 300);
  };

  return {
    drafts,
    notes,
    set(interactionId: string, text: string) {
      const { [interactionId]: _, ...rest } = drafts.value;
      drafts.value = text ? { ...rest, [interactionId]: text } : rest;
      saveSoon();
    },
    setNote(interactionId: string, on: boolean) {
      const { [interactionId]: _, ...rest } = notes.value;
      notes.value = on ? { ...rest, [interactionId]: true } : rest;
      saveSoon();
    },
    flush() {
      clearTimeout(timer);
      save();
    },
    open(from: Keep) {
      keep = from;
      drafts.value = read('drafts') as Record<string, string>;
      notes.value = read('notes') as Record<string, true>;
    },
    reset() {
      clearTimeout(timer);
      keep = undefined;
      drafts.value = {};
      notes.value = {};
    },
  };
}
