import type { Commands } from '../api.ts';

/** Messages that go into the full-text index in one transaction. */
const BATCH = 1000;
/** After something happened the index is looked at within this time, ms. */
const LOOK = 10_000;
/** A batch is followed by this many times the time it took, so that it never takes more than a twentieth of the thread. */
const REST = 19;
/** ms after which it is tried again when the store could not be written. */
const RETRY = 60_000;

export interface Indexing {
  /** Something happened. Costs nothing if it is awake already. */
  wake(): void;
  stop(): void;
}

/** Keeps the full-text index behind the messages in the background. What is not in it yet is found too, it only takes longer. */
export function createIndexing(
  run: (input: Commands['indexMessages'][0]) => Promise<Commands['indexMessages'][1]>,
): Indexing {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const again = (ms: number) => {
    timer = setTimeout(() => void look(), ms);
    timer.unref();
  };
  const look = async () => {
    const begun = performance.now();
    try {
      const { more } = await run({ batch: BATCH });
      timer = null;
      if (more && !stopped) again((performance.now() - begun) * REST);
    } catch {
      timer = null;
      if (!stopped) again(RETRY);
    }
  };
  return {
    wake() {
      if (!timer && !stopped) again(LOOK);
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}
