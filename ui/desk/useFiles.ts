import { computed, type Ref, ref, watch } from 'vue';
import { type Api, ApiError, Unreachable } from '../shared/api.ts';
import type { Message } from '../shared/types.ts';
import { type FileItem, MOST, problemOf } from './files.ts';
import { newKey } from './useSender.ts';

/** A file that is chosen and not sent yet. */
export interface Chosen {
  key: string;
  file: File;
  preview: string;
  /** A code of `failure`; then it cannot be sent. */
  problem: string;
}

/** ms until a file whose connection broke is tried again while all looks well. */
const AGAIN = 3000;

/**
 * Files from their choice to the server: one at a time for each conversation, once each, since every repeat carries the key of the first
 * try. They are kept as long as the page is open, and no longer: a browser does not let a page find a file again.
 */
export function useFiles(api: Api, online: Ref<boolean>, sent: (message: Message) => void) {
  const chosen = ref<Record<string, Chosen[]>>({});
  const queue = ref<FileItem[]>([]);
  const running = new Map<string, AbortController>();

  const put = (key: string, change: Partial<FileItem>) => {
    queue.value = queue.value.map((item) => (item.key === key ? { ...item, ...change } : item));
  };
  const drop = (key: string) => {
    const item = queue.value.find((one) => one.key === key);
    if (item?.preview) URL.revokeObjectURL(item.preview);
    queue.value = queue.value.filter((one) => one.key !== key);
  };

  async function pump(interactionId: string): Promise<void> {
    if (!online.value) return;
    const mine = queue.value.filter((item) => item.interactionId === interactionId && item.state !== 'failed');
    const item = mine[0];
    if (!item || item.state === 'sending') return;
    const stop = new AbortController();
    running.set(item.key, stop);
    put(item.key, { state: 'sending', progress: 0 });
    try {
      const { file, text, key } = item;
      const progress = (part: number) => put(key, { progress: part });
      const { message } = await api.sendFile(interactionId, { file, text, key, progress, signal: stop.signal });
      sent(message);
      drop(item.key);
    } catch (error) {
      if (stop.signal.aborted) drop(item.key);
      else if (error instanceof Unreachable) {
        // It waits for the connection under its key.
        put(item.key, { state: 'waiting', progress: 0 });
        setTimeout(() => void pump(interactionId), AGAIN);
        return;
      } else {
        const code = error instanceof ApiError ? error.code : 'unknown';
        put(item.key, { state: 'failed', failure: code, progress: 0 });
      }
    } finally {
      running.delete(item.key);
    }
    await pump(interactionId);
  }

  const pumpAll = () => {
    for (const id of new Set(queue.value.map((item) => item.interactionId))) void pump(id);
  };
  watch(online, (now) => {
    if (now) pumpAll();
  });

  const unsent = computed(() => queue.value.length + Object.values(chosen.value).flat().length);
  /** A page that goes takes them with it: the browser asks first. */
  const onLeave = (event: BeforeUnloadEvent) => {
    if (unsent.value > 0) event.preventDefault();
  };
  addEventListener('beforeunload', onLeave);

  const set = (interactionId: string, list: Chosen[]) => {
    chosen.value = { ...chosen.value, [interactionId]: list };
  };
  const forget = (list: Chosen[]) => {
    for (const { preview } of list) if (preview) URL.revokeObjectURL(preview);
  };

  return {
    chosen,
    queue,
    /** Puts files beside what is being written. Answers with how many were left out. */
    choose(interactionId: string, files: readonly File[]): number {
      const before = chosen.value[interactionId] ?? [];
      const taken = files.slice(0, Math.max(0, MOST - before.length));
      set(interactionId, [
        ...before,
        ...taken.map((file) => ({
          key: newKey(),
          file,
          preview: /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? URL.createObjectURL(file) : '',
          problem: problemOf(file),
        })),
      ]);
      return files.length - taken.length;
    },
    unchoose(interactionId: string, key: string) {
      const list = chosen.value[interactionId] ?? [];
      forget(list.filter((one) => one.key === key));
      set(
        interactionId,
        list.filter((one) => one.key !== key),
      );
    },
    /** Sends what is chosen; the text goes with the first one. */
    send(interactionId: string, text: string) {
      const list = (chosen.value[interactionId] ?? []).filter((one) => one.problem === '');
      forget((chosen.value[interactionId] ?? []).filter((one) => one.problem !== ''));
      set(interactionId, []);
      const at = new Date().toISOString();
      queue.value = [
        ...queue.value,
        ...list.map(({ key, file, preview }, index) => ({
          ...{ key, interactionId, file, preview, at, text: index === 0 ? text : '' },
          ...{ state: 'waiting' as const, progress: 0 },
        })),
      ];
      void pump(interactionId);
    },
    retry(key: string) {
      const item = queue.value.find((one) => one.key === key);
      if (!item) return;
      put(key, { state: 'waiting', failure: undefined });
      void pump(item.interactionId);
    },
    /** Stops it, or gives it up. */
    cancel(key: string) {
      const stop = running.get(key);
      if (stop) stop.abort();
      else drop(key);
    },
    reset() {
      for (const stop of running.values()) stop.abort();
      for (const item of queue.value) if (item.preview) URL.revokeObjectURL(item.preview);
      forget(Object.values(chosen.value).flat());
      queue.value = [];
      chosen.value = {};
    },
    stop() {
      removeEventListener('beforeunload', onLeave);
    },
  };
}
