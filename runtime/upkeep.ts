import type { Log } from '../server/log.ts';
import type { LazyEngine } from './lazy-engine.ts';

/** ms after a start, so that it is not slowed, and between two looks. */
const FIRST = 30_000;
const EVERY = 3_600_000;
/** Between two steps of one look, ms; at least so many times what the step took, so that messages find the store free. */
const PAUSE = 100;
const SHARE = 4;

/**
 * Has the store delete what is too old, in steps with pauses. Nothing is remembered here: what was not done when the process ends is
 * found at the next look.
 */
export class Upkeep {
  readonly #engine: Pick<LazyEngine, 'run' | 'running'>;
  readonly #log: Log;
  #timer: NodeJS.Timeout;
  #stopped = false;

  constructor(engine: Pick<LazyEngine, 'run' | 'running'>, log: Log, first = FIRST) {
    this.#engine = engine;
    this.#log = log;
    this.#timer = this.#after(first);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#step(), ms).unref();
  }

  async #step(): Promise<void> {
    let next = EVERY;
    try {
      // Without any node of ours there is nobody to work for.
      if (this.#engine.running) {
        const began = Date.now();
        const { more } = await this.#engine.run('cleanUp', {});
        if (more) next = Math.max(PAUSE, SHARE * (Date.now() - began));
      }
    } catch (error) {
      if (!this.#stopped)
        this.#log.warn(`Old data could not be deleted, this is tried again: ${(error as Error).message}`);
    }
    if (!this.#stopped) this.#timer = this.#after(next);
  }
}
