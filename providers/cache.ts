/** A small map that forgets its oldest entry, so that a changed password or base URL never piles up clients. */
export class BoundedCache<T> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;

  /** @param limit the number of entries kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The entry of `key`, made on first use. */
  get(key: string, make: () => T): T {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = make();
      if (this.#entries.size >= this.#limit) {
        const oldest = this.#entries.keys().next();
        if (!oldest.done) this.#entries.delete(oldest.value);
      }
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
