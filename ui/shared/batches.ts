/** ms of work in one task: what is left waits for the next one, so that keys and pictures come between. */
const SLICE = 12;

/**
 * Does what is given within one task instead of at once: a stream brings many events in one piece, and each by itself would be drawn.
 * The order is kept. Not by a timer, since browsers slow those of pages that are not seen.
 */
export function createBatches<T>(work: (one: T) => void) {
  let queue: T[] = [];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const end = performance.now() + SLICE;
    let done = 0;
    while (done < queue.length) {
      work(queue[done++] as T);
      if (performance.now() > end) break;
    }
    queue = queue.slice(done);
    if (queue.length) channel.port2.postMessage(0);
  };
  return {
    add(one: T) {
      queue.push(one);
      if (queue.length === 1) channel.port2.postMessage(0);
    },
    /** What waits will not be done. */
    clear() {
      queue = [];
    },
  };
}
