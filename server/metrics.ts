/** What `/whatsapp/metrics` tells, in Prometheus' text format. */
import type { CommandName, Commands, Effect, Engine } from '../core/api.ts';
import type { createPrometheus } from './prometheus.ts';
import { sameSecret } from './secrets.ts';

/** A pool of connections to a database, as `pg` counts it. */
export interface PoolUse {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export interface Metrics {
  /** The engine for webhooks: what it takes in is timed. */
  measured(engine: Engine): Engine;
  /** Follows what the engine brings about. */
  effects(effects: Effect[]): void;
  /** A commit with so many commands is durable. */
  committed(commands: number): void;
  /** What another runtime changed came here after so many ms. */
  lag(ms: number): void;
  pool(pool: PoolUse): void;
  text(engine: Engine): Promise<{ contentType: string; body: string }>;
}

/** ms after which the library is loaded if nobody asked before: a start does not wait for it. */
const LOAD_AFTER = 5000;

/** Counts from the first moment; what counts is loaded a little later, and told what happened until then. */
export function createMetrics(): Metrics {
  type Prometheus = ReturnType<typeof createPrometheus>;
  let early: ((p: Prometheus) => void)[] = [];
  let loaded: Prometheus | null = null;
  let loading: Promise<Prometheus> | null = null;
  const load = (): Promise<Prometheus> => {
    loading ??= import('./prometheus.ts').then(({ createPrometheus }) => {
      loaded = createPrometheus();
      for (const note of early) note(loaded);
      early = [];
      return loaded;
    });
    return loading;
  };
  // That it cannot be loaded says who asks for the figures.
  const note = (work: (p: Prometheus) => void): void => {
    if (loaded) work(loaded);
    else if (early.push(work) === 1) setTimeout(() => load().catch(() => {}), LOAD_AFTER).unref();
  };
  return {
    measured: (engine) => ({
      onEffects: (listener) => engine.onEffects(listener),
      close: () => engine.close(),
      async run<K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]> {
        if (name !== 'ingest') return engine.run(name, input);
        const begun = performance.now();
        let failure: string | null = null;
        try {
          return await engine.run(name, input);
        } catch (error) {
          failure = String((error as { code?: unknown }).code ?? 'unknown');
          throw error;
        } finally {
          const took = performance.now() - begun;
          note((p) => p.took(took, failure));
        }
      },
    }),
    effects(effects) {
      if (effects.some(({ kind }) => kind === 'outgoing-done' || kind === 'store')) note((p) => p.effects(effects));
    },
    committed: (commands) => note((p) => p.committed(commands)),
    lag: (ms) => note((p) => p.lag(ms)),
    pool: (pool) => note((p) => p.pool(pool)),
    text: async (engine) => (await load()).text(engine),
  };
}

/** Whether a request carries the token; without one nobody does. */
export const bearsToken = (authorization: string | undefined, token: string): boolean =>
  token !== '' && sameSecret(authorization ?? '', `Bearer ${token}`);
