import { type CommandName, type Commands, CoreError, type Effect, type Engine } from '../core/api.ts';

/** ms before a start that failed is tried again; a full or read-only disk may be mended without a restart. */
const RETRY = 5000;

export interface LazyEngine extends Engine {
  /** Starts the engine if it does not run. Rejects with why it cannot. */
  start(): Promise<Engine>;
  readonly running: boolean;
}

/** An engine that starts with its first use, and again after a failed start. */
export function lazyEngine(
  open: (onGone: () => void) => Promise<Engine>,
  onFailure: (error: Error) => void,
): LazyEngine {
  const listeners = new Set<(effects: Effect[]) => void>();
  let engine: Engine | null = null;
  let starting: Promise<Engine> | null = null;
  let failedAt = 0;
  let failure: Error | null = null;
  let closed = false;

  const start = (): Promise<Engine> => {
    if (engine) return Promise.resolve(engine);
    if (closed) return Promise.reject(new CoreError('store_closed', 503, 'The contact centre is stopping.'));
    if (starting) return starting;
    if (failure && Date.now() - failedAt < RETRY) return Promise.reject(failure);
    starting = open(() => {
      // Its thread died: the next call starts another.
      engine = null;
    }).then(
      (opened) => {
        starting = null;
        failure = null;
        engine = opened;
        for (const listener of listeners) opened.onEffects(listener);
        return opened;
      },
      (error: unknown) => {
        starting = null;
        failedAt = Date.now();
        const reason = error instanceof Error ? error : new Error(String(error));
        if (failure?.message !== reason.message) onFailure(reason);
        failure = reason;
        throw reason;
      },
    );
    return starting;
  };
  const unavailable = (error: unknown): never => {
    throw error instanceof CoreError ? error : new CoreError('store_failed', 503, (error as Error).message);
  };
  return {
    start,
    get running() {
      return engine !== null;
    },
    run<K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]> {
      return engine ? engine.run(name, input) : start().then((e) => e.run(name, input), unavailable);
    },
    onEffects(listener) {
      listeners.add(listener);
      const stop = engine?.onEffects(listener);
      return () => {
        listeners.delete(listener);
        stop?.();
      };
    },
    async close() {
      closed = true;
      const open = engine ?? (await starting?.catch(() => null)) ?? null;
      engine = null;
      await open?.close();
    },
  };
}
