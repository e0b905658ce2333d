import { type Ref, ref, watch } from 'vue';
import { type Api, ApiError, Unreachable } from '../shared/api.ts';
import type { Message } from '../shared/types.ts';
import * as outbox from './outbox.ts';
import type { Keep } from './storage.ts';

/**
 * Sends what the agent writes: in order per conversation, kept in the browser until the server has it, and once only, since every
 * repeat carries the key of the first try.
 */
export function useSender(api: Api, online: Ref<boolean>, sent: (message: Message) => void) {
  const box = ref<outbox.Outbox>([]);
  let keep: Keep | undefined;

  function put(next: outbox.Outbox) {
    box.value = next;
    keep?.write('outbox', next);
  }

  async function pump(interactionId: string): Promise<void> {
    if (!online.value) return;
    const item = outbox.nextToSend(box.value, interactionId);
    if (!item) return;
    put(outbox.mark(box.value, item.key, 'sending'));
    try {
      const { message } = await api.send(interactionId, item.text, item.key);
      sent(message);
      put(outbox.remove(box.value, item.key));
    } catch (error) {
      if (error instanceof Unreachable) {
        // It waits for the connection under its key. While the connection looks alive it is tried again a little later.
        put(outbox.mark(box.value, item.key, 'waiting'));
        setTimeout(() => void pump(interactionId), 3000);
        return;
      }
      const refused = error instanceof ApiError ? error : undefined;
      put(outbox.mark(box.value, item.key, 'failed', refused?.code ?? 'unknown', !refused || refused.status >= 500));
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
      put(
        outbox.enqueue(box.value, {
          key: crypto.randomUUID?.() ?? fallbackId(),
          interactionId,
          text,
          at: new Date().toISOString(),
        }),
      );
      void pump(interactionId);
    },
    retry(key: string) {
      const item = box.value.find((other) => other.key === key);
      if (!item) return;
      put(outbox.again(box.value, key, crypto.randomUUID?.() ?? fallbackId()));
      void pump(item.interactionId);
    },
    discard: (key: string) => put(outbox.remove(box.value, key)),
    /** Takes up what this agent left unsent. */
    open(from: Keep) {
      keep = from;
      box.value = outbox.restore(from.read('outbox'));
    },
    reset() {
      keep = undefined;
      box.value = [];
    },
  };
}

/** `randomUUID` exists on secure origins only, and desks in a local network are often on plain http. */
function fallbackId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('');
}
