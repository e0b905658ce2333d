/** ms in which hand-overs are collected before they are marked. */
const EVERY = 25;
/**
 * Turns of the event loop that a hand-over is given beyond that. Each node behind a `wa-inbound` takes one, however long it lasts: under
 * load a message may still be on its way when the time is over, and a deploy would lose it with the nodes.
 */
const TURNS = 10;

/** Resolves when what was just sent has been taken by the nodes behind, as far as can be known. */
export function ripe(): Promise<void> {
  return new Promise((resolve) => {
    const turn = (turns: number): void => {
      if (turns > 0) setImmediate(() => turn(turns - 1));
      else resolve();
    };
    setTimeout(() => turn(TURNS), EVERY);
  });
}

/** Hand-overs that are to be marked as done, many at once: nobody waits for it, and what is not marked comes again. */
export class Marks {
  readonly #mark: (messages: string[]) => void;
  #collected: string[] = [];
  #ripening: string[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(mark: (messages: string[]) => void) {
    this.#mark = mark;
  }

  add(messages: string[]): void {
    this.#collected.push(...messages);
    this.#arm();
  }

  /** Gives back what is not marked yet, and does not mark it. */
  drop(): string[] {
    const dropped = [...this.#ripening, ...this.#collected];
    this.#ripening = [];
    this.#collected = [];
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    return dropped;
  }

  /** Marks at once what is left. */
  flush(): void {
    const messages = this.drop();
    if (messages.length > 0) this.#mark(messages);
  }

  #arm(): void {
    if (this.#timer || this.#ripening.length > 0 || this.#collected.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ripening = this.#collected;
      this.#collected = [];
      this.#ripen(this.#ripening, TURNS);
    }, EVERY);
  }

  #ripen(messages: string[], turns: number): void {
    // Dropped meanwhile.
    if (this.#ripening !== messages) return;
    if (turns > 0) {
      setImmediate(() => this.#ripen(messages, turns - 1));
      return;
    }
    this.#ripening = [];
    this.#mark(messages);
    this.#arm();
  }
}
