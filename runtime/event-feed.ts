import type { Engine } from '../core/api.ts';
import type { EventDetail } from '../core/views.ts';
import type { Log } from '../server/log.ts';
import { ripe } from './marks.ts';

/** A live `wa-events` node. */
export interface EventListener {
  /** Names, null = all. */
  events: string[] | null;
  /** Store id of the account, '' = all; null while the chosen one is not known: then nothing is read. */
  account(): string | null;
  give(event: EventDetail): void;
  /** The node has come to here; `behind` says that more waits. */
  upTo(at: string, behind: boolean): void;
}

/** ms between two looks at the stream while events come, and while there is a backlog to work off. */
const EVERY = 100;
const PACE = 20;
/** Rows of one look: short enough that webhooks do not feel it. */
const BATCH = 100;
/** After this many rows of which none was wanted the position is kept all the same: a restart need not look at them again. */
const KEEP_AFTER = 1000;
/** ms after which a look that failed is tried again. */
const RETRY = 5000;

interface Follower {
  id: string;
  listener: EventListener;
  /** Read up to there; null = where the store says. */
  position: string | null;
  /** Rows that were read and not wanted since a position was kept. */
  skipped: number;
  /** The generation of its loop, 0 = none. */
  running: number;
  woken: boolean;
}

/**
 * Gives the stream of events to `wa-events` nodes, each from its own stored position, in order. The position moves only after the
 * flow has the events, so that they come again after a power cut in between. Looks when a commit wrote something, at most every
 * 100 ms; without such nodes the store tells nothing and nothing is read.
 */
export class EventFeed {
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #followers = new Map<string, Follower>();
  /** The engine was told that somebody listens. */
  #told = false;
  /** Rises when flows stop: what was under way then is given again. */
  #generation = 1;
  /** The generation in which flows run, 0 = they do not. */
  #open = 0;

  constructor(engine: Engine, log: Log) {
    this.#engine = engine;
    this.#log = log;
  }

  add(id: string, listener: EventListener): () => void {
    const follower = { id, listener, position: null, skipped: 0, running: 0, woken: false };
    this.#followers.set(id, follower);
    return () => {
      if (this.#followers.get(id) === follower) this.#followers.delete(id);
    };
  }

  get size(): number {
    return this.#followers.size;
  }

  /** Tells the store who listens: a new node hears what comes from now on. */
  async listen(): Promise<void> {
    if (this.size === 0 && !this.#told) return;
    await this.#engine.run('listenEvents', { nodes: [...this.#followers.keys()] });
    this.#told = this.size > 0;
  }

  /** Flows run, and what waited for them was given out. */
  open(): void {
    this.#open = this.#generation;
    for (const follower of this.#followers.values()) follower.position = null;
    this.wake();
  }

  /** Flows stop. */
  hold(): void {
    this.#generation++;
    this.#open = 0;
  }

  /** There may be new events. */
  wake(): void {
    const generation = this.#open;
    if (generation === 0) return;
    for (const follower of this.#followers.values()) {
      follower.woken = true;
      if (follower.running === generation) continue;
      follower.running = generation;
      void this.#loop(follower, generation);
    }
  }

  /** Looks until there is nothing more. The pause is part of it, so that a stream of commits does not become a stream of looks. */
  async #loop(follower: Follower, generation: number): Promise<void> {
    while (this.#isLive(follower, generation)) {
      follower.woken = false;
      let more = false;
      try {
        more = await this.#look(follower, generation);
        await pause(more ? PACE : EVERY);
      } catch (error) {
        if (!this.#isLive(follower, generation)) break;
        this.#log.warn(`Events could not be read, this is tried again: ${(error as Error).message}`);
        more = true;
        await pause(RETRY);
      }
      if (!more && !follower.woken) break;
    }
    if (follower.running === generation) follower.running = 0;
  }

  #isLive(follower: Follower, generation: number): boolean {
    return this.#open === generation && this.#followers.get(follower.id) === follower;
  }

  /** Reads on and gives what is new. Resolves to whether there is more at once. */
  async #look(follower: Follower, generation: number): Promise<boolean> {
    const { id, listener } = follower;
    const account = listener.account();
    if (account === null) return false;
    const { events, position, read, more } = await this.#engine.run('nextEvents', {
      node: id,
      after: follower.position,
      account: account === '' ? null : account,
      events: listener.events,
      limit: BATCH,
    });
    if (position === null || !this.#isLive(follower, generation)) return false;
    for (const event of events) this.#give(listener, event);
    const last = events.at(-1);
    if (last) {
      await ripe();
      // Flows stopped meanwhile: the events may be lost with their nodes, and are given again.
      if (!this.#isLive(follower, generation)) return false;
      listener.upTo(last.at, more);
    }
    follower.position = position;
    follower.skipped = last ? 0 : follower.skipped + read;
    if (last || follower.skipped >= KEEP_AFTER) {
      follower.skipped = 0;
      await this.#engine.run('eventsTaken', { node: id, position });
    }
    return more;
  }

  #give(listener: EventListener, event: EventDetail): void {
    try {
      listener.give(event);
    } catch (error) {
      this.#log.error(`An event could not be given to its node: ${(error as Error).message}`);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
