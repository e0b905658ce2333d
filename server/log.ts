/** Where the server writes: one line a call. Never hand it a secret, a token or a customer's text. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * A writer that lets at most `burst` lines with the same key through per `window` ms; what was held back is counted and told with
 * the next line of that key. So an attacker who repeats a refused request cannot fill the disk with log lines.
 */
export function throttled(
  write: (message: string) => void,
  now: () => number,
  burst = 5,
  window = 60_000,
): (key: string, message: string) => void {
  const seen = new Map<string, { since: number; lines: number }>();
  return (key, message) => {
    const at = now();
    const entry = seen.get(key);
    if (entry && at - entry.since < window) {
      entry.lines++;
      if (entry.lines <= burst) write(message);
      return;
    }
    // Keys come from our own accounts and reasons, never from the request; the bound only guards against a mistake there.
    if (!entry && seen.size >= 1000) seen.clear();
    seen.set(key, { since: at, lines: 1 });
    const held = entry ? entry.lines - burst : 0;
    write(held > 0 ? `${message} (${held} more like it were not logged)` : message);
  };
}
