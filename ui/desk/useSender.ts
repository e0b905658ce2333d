import { type Ref, ref, watch } from 'vue';
import { type Api, ApiError, Unreachable } from '../shared/api.ts';
import type { Message } from '../shared/types.ts';
import * as outbox from './outbox.ts';
import type { Keep } from './storage.ts';

/** ms a sending may take: a little longer than a call. */
const LEASE = 20_000;

/**
 * Sends what the agent writes: in order per conversation, kept in the browser until the server has it, and once only, since every
 * repeat carries the key of the first try. The windows of one browser share it.
 */
export function useSender(api: Api, online: Ref<boolean>, sent: (message: Message) => void) {
  const box = ref<outbox.Outbox>([]);
  const underWay = new Set<string>();
  let keep: Keep | undefined;
  let stopWatching: (() => void) | undefined;
  /** Takes over what a window that was closed had begun. */
  let leftOver: ReturnType<typeof setInterval> | undefined;

  /** Changes what is kept, not what this window last saw of it: others write too. */
  function put(change: (box: outbox.Outbox) => outbox.Outbox) {
    box.value = change(keep ? outbox.restore(keep.read('outbox')) : box.value);
    keep?.write('outbox', box.value);
  }

  async function pump(interactionId: string): Promise<void> {
    if (!online.value) return;
    const item = outbox.nextToSend(box.value, interactionId, Date.now());
    if (!item) return;
    put((now) => outbox.claim(now, item.key, Date.now() + LEASE));
    underWay.add(item.key);
    try {
      const { message } = await api.send(interactionId, item.text, item.key);
      sent(message);
      put((now) => outbox.remove(now, item.key));
    } catch (error) {
      if (error instanceof Unreachable) {
        // It waits for the connection under its key. While the connection looks alive it is tried again a little later.
        put((now) => outbox.mark(now, item.key, 'waiting'));
        setTimeout(() => void pump(interactionId), 3000);
        return;
      }
      const refused = error instanceof ApiError ? error : undefined;
      const uncertain = !refused || refused.status >= 500;
      put((now) => outbox.mark(now, item.key, 'failed', refused?.code ?? 'unknown', uncertain));
    } finally {
      underWay.delete(item.key);
    }
    await pump(interactionId);
  }

  function pumpAll() {
    for (const id of new Set(box.value.map((item) => item.interactionId))) void pump(id);
  }

  watch(online, (now) => {
    if (now) pumpAll();
  });

  return {
    box,
    send(interactionId: string, text: string) {
      const item = {
        key: newKey(),
        interactionId,
        text,
        at: new Date().toISOString(),
      };
      put((now) => outbox.enqueue(now, item));
      void pump(interactionId);
    },
    retry(key: string) {
      const item = box.value.find((other) => other.key === key);
      if (!item) return;
      put((now) => outbox.again(now, key, newKey()));
      void pump(item.interactionId);
    },
    discard: (key: string) => put((now) => outbox.remove(now, key)),
    /** The page goes: what it was sending is up to whoever comes next, who repeats it under its key. */
    abandon() {
      for (const key of underWay) put((now) => outbox.mark(now, key, 'waiting'));
    },
    /** Takes up what this agent left unsent. */
    open(from: Keep) {
      keep = from;
      box.value = outbox.restore(from.read('outbox'));
      stopWatching = from.watch((name) => {
        if (name === 'outbox') box.value = outbox.restore(from.read('outbox'));
      });
      leftOver = setInterval(pumpAll, LEASE);
    },
    reset() {
      stopWatching?.();
      clearInterval(leftOver);
      keep = undefined;
      box.value = [];
    },
  };
}

/** A key for one intention to send. */
export const newKey = (): string => crypto.randomUUID?.() ?? fallbackId();

/** `randomUUID` exists on secure origins only, and desks in a local network are often on plain http. */
function fallbackId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('');
}
