import type { Message } from '../shared/types.ts';

/** A message that this browser has not handed over yet. */
export interface Outgoing {
  /** The Idempotency-Key: one for each intention to send, kept over repeats. */
  key: string;
  interactionId: string;
  text: string;
  at: string;
  /** `waiting`: for the connection or its turn. `failed`: refused, with the code. */
  state: 'waiting' | 'sending' | 'failed';
  failure?: string;
  /** Whether a repeat must keep the key, because the first try may have taken effect. */
  uncertain?: boolean;
  /** While it is being sent: until when (ms) the window that does it may be believed to be at work. */
  lease?: number;
}

export type Outbox = readonly Outgoing[];

export function enqueue(box: Outbox, item: Pick<Outgoing, 'key' | 'interactionId' | 'text' | 'at'>): Outbox {
  return [...box, { ...item, state: 'waiting' }];
}

/**
 * What to send next in a conversation: in order, one at a time, whichever window does it. What was refused does not hold up the rest;
 * what a window began and did not end is taken over, under its key.
 */
export function nextToSend(box: Outbox, interactionId: string, now: number): Outgoing | undefined {
  const mine = box.filter((item) => item.interactionId === interactionId && item.state !== 'failed');
  if (mine.some((item) => underWay(item, now))) return undefined;
  return mine[0];
}

/** Marks it as being sent until `lease` (ms) at the latest. */
export function claim(box: Outbox, key: string, lease: number): Outbox {
  return box.map((item) => (item.key === key ? { ...item, state: 'sending', failure: undefined, lease } : item));
}

function underWay(item: Outgoing, now: number): boolean {
  return item.state === 'sending' && (item.lease ?? 0) > now;
}

export function mark(
  box: Outbox,
  key: string,
  state: 'waiting' | 'failed',
  failure?: string,
  uncertain = false,
): Outbox {
  return box.map((item) => (item.key === key ? { ...item, state, failure, uncertain, lease: undefined } : item));
}

export function remove(box: Outbox, key: string): Outbox {
  return box.filter((item) => item.key !== key);
}

/** Tries a refused one again; with a new key unless the first try may have gone out. */
export function again(box: Outbox, key: string, newKey: string): Outbox {
  return box.map((item) =>
    item.key === key
      ? { ...item, key: item.uncertain ? item.key : newKey, state: 'waiting', failure: undefined, uncertain: false }
      : item,
  );
}

/** As kept by this or another window. Unreadable entries are dropped. */
export function restore(stored: unknown): Outbox {
  if (!Array.isArray(stored)) return [];
  return stored.filter(
    (item): item is Outgoing =>
      typeof item?.key === 'string' && typeof item.interactionId === 'string' && typeof item.text === 'string',
  );
}

/**
 * The ones to show below a conversation. The event about a message may come before the answer to its sending: then the pending bubble
 * hides behind the real one.
 */
export function pending(box: Outbox, interactionId: string, messages: readonly Message[], me: string): Outgoing[] {
  const mine = box.filter((item) => item.interactionId === interactionId);
  const taken = new Set<string>();
  return mine.filter((item) => {
    if (item.state !== 'sending') return true;
    const twin = messages.findLast(
      (message) =>
        message.direction === 'out' && message.author === me && message.text === item.text && !taken.has(message.id),
    );
    // Two seconds of slack between the clocks of the browser and the server.
    if (!twin || Date.parse(twin.at) + 2000 < Date.parse(item.at)) return true;
    taken.add(twin.id);
    return false;
  });
}
