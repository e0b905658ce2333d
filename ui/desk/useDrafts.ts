import { type Ref, ref } from 'vue';
import type { Keep } from './storage.ts';

type Values<T> = Record<string, T>;

/** Values by conversation, the same in all windows of a browser. What is empty is not there. */
function useKept<T extends string | true>(name: string, isOne: (value: unknown) => value is T) {
  const values = ref({}) as Ref<Values<T>>;
  /** What was changed here since the last save: only that overrules what other windows have written. */
  const fresh = new Map<string, T | undefined>();
  let keep: Keep | undefined;
  let stopWatching: (() => void) | undefined;

  const merge = (stored: unknown): Values<T> => {
    const all = { ...(stored && typeof stored === 'object' ? stored : {}), ...Object.fromEntries(fresh) };
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, T] => isOne(entry[1]) && Boolean(entry[1])),
    );
  };
  const read = () => merge(keep?.read(name));

  return {
    values,
    set(interactionId: string, value: T | undefined) {
      fresh.set(interactionId, value);
      values.value = merge(values.value);
    },
    save() {
      if (fresh.size === 0) return;
      const whole = read();
      fresh.clear();
      keep?.write(name, whole);
    },
    open(from: Keep) {
      keep = from;
      values.value = read();
      stopWatching = from.watch((changed) => {
        if (changed === name) values.value = read();
      });
    },
    reset() {
      stopWatching?.();
      fresh.clear();
      keep = undefined;
      values.value = {};
    },
  };
}

/**
 * What was begun and not sent, one text per conversation, and whether it is a note: a note must not come back as a message to the
 * customer. Both survive a change of tab and a reload.
 */
export function useDrafts() {
  const drafts = useKept('drafts', (value): value is string => typeof value === 'string');
  const notes = useKept('notes', (value): value is true => value === true);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const save = () => {
    clearTimeout(timer);
    drafts.save();
    notes.save();
  };
  const saveSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, 300);
  };

  return {
    drafts: drafts.values,
    notes: notes.values,
    set(interactionId: string, text: string) {
      drafts.set(interactionId, text);
      saveSoon();
    },
    setNote(interactionId: string, on: boolean) {
      notes.set(interactionId, on || undefined);
      saveSoon();
    },
    flush: save,
    open(from: Keep) {
      drafts.open(from);
      notes.open(from);
    },
    reset() {
      clearTimeout(timer);
      drafts.reset();
      notes.reset();
    },
  };
}
