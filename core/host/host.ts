import { type Store, StoreError, type Tx } from '../../store/store.ts';
import { type CommandName, type Commands, CoreError, type Effect, type Engine } from '../api.ts';
import { execute, settle } from '../commands.ts';
import { type CoreSettings, type Ctx, newContext } from '../context.ts';
import { publish, publishQueues } from '../publish.ts';
import { nextDeadline, start, tick } from '../timers.ts';
import { fireApart } from './apart.ts';

/** Time as the host needs it; tests have their own. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Calls back after `ms`; returns how to cancel. */
  after(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface HostOptions {
  store: Store;
  settings: CoreSettings;
  clock?: Clock;
  /** ms in which changes of interactions are collected before desks are told; 0 = each at once. */
  coalesce?: number;
  /** ms after which the clock is looked at again at the latest, in case it jumped; default 5000. */
  recheck?: number;
  /** What has to be done where several runtimes share the store. */
  share?: Share;
  /** So many commands shared a commit that is durable. */
  onGroup?(commands: number): void;
}

/** How a host shares its store with those of other runtimes. */
export interface Share {
  /** Instead of `start`: others may be at work. */
  start(ctx: Ctx): Promise<void>;
  /** At the end of each transaction: says who gives out what, and leaves in `ctx.effects` what is for this runtime. */
  finish(ctx: Ctx): Promise<void>;
  /** The transaction that `finish` saw last is durable. */
  committed(): void;
}

export interface Job {
  name: CommandName;
  input: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

const RECHECK = 5000;
/** Desks hear of their queues at most this often, ms. */
const QUEUES_EVERY = 1000;
/** Commands of one group commit. */
const MAX_GROUP = 256;

/** ms since a moment; if the clock was set back meanwhile, long ago. */
const elapsed = (since: number, now: number): number => (now < since ? Number.POSITIVE_INFINITY : now - since);

export interface Host extends Engine {
  /** Adds jobs; all that wait when a transaction begins go into it together. */
  submit(jobs: Job[]): void;
}

/**
 * Runs commands in the order of their arrival. Everything that arrived while the last transaction was being synced goes into the next
 * one; its results and effects go out when it is durable. If the group fails, its commands run again one by one, so that a bad one
 * harms nobody else: a transaction is the only memory a command has.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { store, settings } = options;
  const clock = options.clock ?? systemClock;
  const listeners = new Set<(effects: Effect[]) => void>();
  const waiting: Job[] = [];
  let running: Promise<void> | null = null;
  let closed = false;
  let cancelTimer = () => {};
  let timerAt: number | null = null;
  let deadline: number | null = null;
  let queuesChanged = false;
  let queuesAt = 0;
  const coalesce = options.coalesce ?? 0;
  const recheck = options.recheck ?? RECHECK;
  let unpublished: { interactions: Set<string>; reassigned: Set<string> } | null = null;
  let publishedAt = 0;
  /** Whether a `wa-events` node follows what is written. */
  let listening = false;

  const emit = (effects: Effect[]) => {
    if (effects.length === 0) return;
    for (const listener of listeners) {
      try {
        listener(effects);
      } catch (error) {
        // What was committed stays so: a fault of a listener must not run the commands again.
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  };
  let problem: { code: string; message: string } | null = null;
  /** Says once that the store fails, and once that it does not any more. */
  const tellOf = (now: typeof problem) => {
    if (problem?.code === now?.code) return;
    problem = now;
    emit([{ kind: 'store', problem }]);
  };
  const transaction = async <T>(work: (ctx: Ctx) => Promise<T>): Promise<{ result: T; effects: Effect[] }> => {
    const before = { unpublished, publishedAt, queuesChanged, queuesAt, deadline };
    try {
      return await attempt(work);
    } catch (error) {
      // Nothing went out and nothing was changed: what desks are still to be told stays to be told, and what was due next still is.
      ({ unpublished, publishedAt, queuesChanged, queuesAt, deadline } = before);
      if (error instanceof StoreError) tellOf({ code: error.code, message: error.message });
      throw error;
    }
  };
  const attempt = async <T>(work: (ctx: Ctx) => Promise<T>): Promise<{ result: T; effects: Effect[] }> => {
    let ctx!: Ctx;
    let written = 0;
    const result = await store.transaction(async (tx: Tx) => {
      written = -tx.writes;
      ctx = newContext(tx, clock.now(), settings);
      const r = await work(ctx);
      collect(ctx);
      await publish(ctx);
      queuesChanged ||= ctx.changes.queues;
      if (queuesChanged && elapsed(queuesAt, ctx.now) >= QUEUES_EVERY) {
        await publishQueues(ctx);
        queuesChanged = false;
        queuesAt = ctx.now;
      }
      deadline = await nextDeadline(ctx);
      await options.share?.finish(ctx);
      written += tx.writes;
      return r;
    });
    options.share?.committed();
    listening = ctx.listening ?? listening;
    // Reading says nothing about a full disk.
    if (problem !== null && written > 0) tellOf(null);
    if (listening && written > 0) ctx.effects.push({ kind: 'events' });
    return { result, effects: ctx.effects };
  };

  /**
   * An interaction that moves through its plan changes several times within milliseconds: desks are told of the first change at once,
   * and of what follows together. What rings, and messages, never wait.
   */
  const collect = (ctx: Ctx): void => {
    if (coalesce === 0) return;
    const { interactions, reassigned } = ctx.changes;
    if (elapsed(publishedAt, ctx.now) >= coalesce) {
      for (const id of unpublished?.interactions ?? []) interactions.add(id);
      for (const id of unpublished?.reassigned ?? []) reassigned.add(id);
      unpublished = null;
      if (interactions.size > 0) publishedAt = ctx.now;
    } else if (interactions.size > 0) {
      // One too many after a transaction that failed does no harm: what is told is read then.
      unpublished ??= { interactions: new Set(), reassigned: new Set() };
      for (const id of interactions) unpublished.interactions.add(id);
      for (const id of reassigned) unpublished.reassigned.add(id);
      interactions.clear();
    }
  };

  const runGroup = async (jobs: Job[]): Promise<void> => {
    try {
      const { result, effects } = await transaction(async (ctx) => {
        const results: ({ value: unknown } | { refusal: CoreError })[] = [];
        for (const job of jobs) {
          const before = ctx.tx.writes;
          try {
            results.push({ value: await execute(ctx, job.name, job.input) });
          } catch (error) {
            // A refusal that wrote nothing concerns nobody else in the group.
            if (!(error instanceof CoreError) || ctx.tx.writes !== before) throw error;
            results.push({ refusal: error });
          }
        }
        return results;
      });
      jobs.forEach((job, i) => {
        const r = result[i]!;
        if ('refusal' in r) job.reject(r.refusal);
        else job.resolve(r.value);
      });
      options.onGroup?.(jobs.length);
      emit(effects);
    } catch (error) {
      // Without a database each would wait for it in vain.
      const gone = error instanceof StoreError && error.code === 'store_unreachable';
      if (jobs.length === 1 || gone) {
        for (const job of jobs) job.reject(error);
        return;
      }
      for (const job of jobs) await runGroup([job]);
    }
  };

  const settled = async <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => {
    const { result, effects } = await transaction(async (ctx) => {
      const done = await work(ctx);
      await settle(ctx);
      return done;
    });
    emit(effects);
    return result;
  };
  const fireDue = async (): Promise<void> => {
    try {
      try {
        await settled(tick);
      } catch (error) {
        if (error instanceof StoreError) throw error;
        const before = deadline;
        await fireApart(settled);
        // What failed again and could not be put off must not be tried in a circle.
        if (deadline !== null && before !== null && deadline <= before) deadline = null;
      }
    } catch {
      // The store is not writable now, which was told: tried again when a command comes, or at the next look.
      deadline = null;
    }
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0 || (deadline !== null && deadline <= clock.now())) {
      if (deadline !== null && deadline <= clock.now()) {
        await fireDue();
      }
      if (waiting.length > 0) {
        const group = waiting.splice(0, MAX_GROUP);
        await runGroup(group);
      }
    }
  };

  const arm = () => {
    if (closed) return;
    const now = clock.now();
    const at = Math.min(
      deadline ?? Number.POSITIVE_INFINITY,
      queuesChanged ? queuesAt + QUEUES_EVERY : Number.POSITIVE_INFINITY,
      unpublished ? publishedAt + coalesce : Number.POSITIVE_INFINITY,
      now + recheck,
    );
    if (timerAt !== null && timerAt <= at && timerAt > now) return;
    cancelTimer();
    timerAt = at;
    cancelTimer = clock.after(Math.max(0, at - now), () => {
      timerAt = null;
      // Looking again is cheap, and finds what a clock that jumped has made due.
      if (deadline === null || queuesChanged || unpublished)
        submit([{ name: 'health', input: {}, resolve() {}, reject() {} }]);
      else kick();
    });
  };

  const kick = () => {
    if (running || closed) return;
    running = drain().finally(() => {
      running = null;
      if (waiting.length > 0) kick();
      else arm();
    });
    running.catch(() => {});
  };

  const submit = (jobs: Job[]) => {
    if (closed) {
      for (const job of jobs) job.reject(new CoreError('store_closed', 503, 'The contact centre is stopping.'));
      return;
    }
    waiting.push(...jobs);
    kick();
  };

  const { effects } = await transaction(async (ctx) => {
    await (options.share ? options.share.start(ctx) : start(ctx));
    await settle(ctx);
  });
  const early: Effect[] = effects;
  arm();

  return {
    submit,
    run<K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]> {
      return new Promise((resolve, reject) => {
        submit([{ name, input, resolve: resolve as (r: unknown) => void, reject }]);
      });
    },
    onEffects(listener) {
      listeners.add(listener);
      if (early.length > 0) listener(early.splice(0));
      return () => listeners.delete(listener);
    },
    async close() {
      if (closed) return;
      while (running !== null) await running;
      closed = true;
      cancelTimer();
      await store.close();
    },
  };
}
