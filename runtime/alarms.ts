/** One alarm for each name, at the earliest time that was asked for: what is due later is asked for again when that one has rung. */
export class Alarms {
  readonly #ring: (name: string) => void;
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();

  constructor(ring: (name: string) => void) {
    this.#ring = ring;
  }

  /** @param at epoch ms; what is past rings before this returns */
  set(name: string, at: number): void {
    const wait = at - Date.now();
    if (wait <= 0) {
      this.#ring(name);
      return;
    }
    const before = this.#timers.get(name);
    if (before && before.at <= at) return;
    clearTimeout(before?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      // A timer may fire a little early: then nothing would be due yet.
      this.set(name, at);
    }, wait);
    timer.unref();
    this.#timers.set(name, { at, timer });
  }

  /** None rings any more. */
  clear(): void {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
