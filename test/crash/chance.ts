/** Chance that a seed repeats (mulberry32). */
export class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** 0 ≤ n < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
  of<T>(all: readonly T[]): T {
    return all[this.between(0, all.length - 1)]!;
  }
  shuffled<T>(all: readonly T[]): T[] {
    const rest = [...all];
    const result: T[] = [];
    while (rest.length > 0) result.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return result;
  }
}
