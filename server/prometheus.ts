/** The figures themselves; loaded when somebody wants them, or a while after the start. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics, PoolUse } from './metrics.ts';

/** A webhook was taken, or not, after so many ms. */
export interface Timed {
  took(ms: number, failure: string | null): void;
}

/** s */
const TIMES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export function createPrometheus(): Omit<Metrics, 'measured'> & Timed {
  const registry = new Registry();
  const registers = [registry];
  const ingest = new Histogram({
    name: 'whatsapp_ingest_seconds',
    help: 'From a checked webhook to its being durable',
    buckets: TIMES,
    registers,
  });
  const batch = new Histogram({
    name: 'whatsapp_commit_commands',
    help: 'Commands that shared a commit',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const lag = new Histogram({
    name: 'whatsapp_event_lag_seconds',
    help: 'From a commit at another runtime to its events here',
    buckets: TIMES,
    registers,
  });
  const sends = new Counter({
    name: 'whatsapp_sends_total',
    help: 'Messages whose sending ended, by how',
    labelNames: ['status'],
    registers,
  });
  const errors = new Counter({
    name: 'whatsapp_errors_total',
    help: 'Webhooks that could not be taken, and faults of the store, by code',
    labelNames: ['code'],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) => {
    return new Gauge({ name: `whatsapp_${name}`, help, labelNames, registers });
  };
  const waiting = gauge('queue_waiting', 'Interactions that wait in a queue', ['queue']);
  const longest = gauge('queue_longest_wait_seconds', 'How long the first of a queue has waited', ['queue']);
  const connected = gauge('agents_connected', 'Agents with a live desk');
  const ready = gauge('agents_ready', 'Agents who can be offered something now');
  const ringing = gauge('offers_ringing', 'Offers that ring');
  const handovers = gauge('handovers_pending', 'Messages that the flow does not have yet');
  const runtimes = gauge('runtimes', 'Runtimes that share the database');
  const outgoing = gauge('outgoing_messages', 'Messages on their way out', ['state']);
  const pooled = gauge('pool_connections', 'Connections to PostgreSQL, by use', ['state']);
  let pool: PoolUse | null = null;

  return {
    took(ms, failure) {
      ingest.observe(ms / 1000);
      if (failure !== null) errors.inc({ code: failure });
    },
    effects(effects) {
      for (const effect of effects) {
        if (effect.kind === 'outgoing-done' && !effect.elsewhere) sends.inc({ status: effect.status });
        else if (effect.kind === 'store' && effect.problem) errors.inc({ code: effect.problem.code });
      }
    },
    committed: (commands) => batch.observe(commands),
    lag: (ms) => lag.observe(Math.max(0, ms) / 1000),
    pool(use) {
      pool = use;
    },
    async text(engine) {
      const now = await engine.run('gauges', {});
      waiting.reset();
      longest.reset();
      for (const queue of now.queues) {
        waiting.set({ queue: queue.name }, queue.waiting);
        longest.set({ queue: queue.name }, queue.longestWait);
      }
      connected.set(now.connected);
      ready.set(now.ready);
      ringing.set(now.ringing);
      handovers.set(now.handovers);
      runtimes.set(now.runtimes);
      outgoing.set({ state: 'queued' }, now.queued);
      outgoing.set({ state: 'sending' }, now.sending);
      if (pool) {
        pooled.set({ state: 'used' }, pool.totalCount - pool.idleCount);
        pooled.set({ state: 'idle' }, pool.idleCount);
        pooled.set({ state: 'wanted' }, pool.waitingCount);
      }
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
