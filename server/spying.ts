/** Who watches which conversation now, so that a connection that was lost for a moment is no second beginning. */

/** ms after which a stream that comes back begins anew. */
const PAUSE = 60_000;
/** What ended is looked through for what is over when there is this much of it. */
const MANY = 1000;

export interface Spying {
  /** Whether the same person watches it already, or did a moment ago. */
  goesOn(username: string, interaction: string): boolean;
  /** Notes a stream. Returns what to call when it has ended. */
  begin(username: string, interaction: string): () => void;
}

/** @param now epoch ms */
export function createSpying(now: () => number): Spying {
  /** By person and conversation: streams, and when the last one ended. */
  const known = new Map<string, { streams: number; endedAt: number }>();
  const keyOf = (username: string, interaction: string) => `${username} ${interaction}`;
  const isOver = (watch: { streams: number; endedAt: number }) => watch.streams === 0 && now() - watch.endedAt > PAUSE;
  return {
    goesOn(username, interaction) {
      const watch = known.get(keyOf(username, interaction));
      return watch !== undefined && !isOver(watch);
    },
    begin(username, interaction) {
      if (known.size >= MANY) for (const [key, watch] of known) if (isOver(watch)) known.delete(key);
      const key = keyOf(username, interaction);
      const watch = known.get(key) ?? { streams: 0, endedAt: 0 };
      known.set(key, watch);
      watch.streams++;
      return () => {
        watch.streams--;
        watch.endedAt = now();
      };
    },
  };
}
