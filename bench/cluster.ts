/**
 * `npm run bench:cluster`: messages that one, two and three processes take in per second over one PostgreSQL, the time until each is
 * durable, how long a desk at another process waits for what happened, and the same with a SQLite file. One machine does it all, the
 * database included: the ratios say more than the numbers.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AccountConfig, Engine } from '../core/api.ts';
import { startShared } from '../core/cluster/engine.ts';
import { startThread } from '../core/host/thread.ts';
import { account } from '../test/core/support.ts';
import { emptyDatabaseOn, startServer } from '../test/support/postgres.ts';

/** Messages of one process that are on their way at the same time. */
const AT_ONCE = 64;
const SECONDS = Number(process.argv.find((a) => a.startsWith('--seconds='))?.slice(10) ?? 5);
const settings = { offlineAfter: 600 };

interface Result {
  messages: number;
  /** ms, all of them. */
  acks: number[];
  lags: number[];
  roundTrips: number;
}

const at = (sorted: number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
const percentile = (values: number[], part: number): string =>
  at(
    [...values].sort((a, b) => a - b),
    part,
  ).toFixed(1);

/** Takes messages in for a while, each of a contact of its own, and hands them over. */
async function load(engine: Engine, id: string, name: string): Promise<Pick<Result, 'messages' | 'acks'>> {
  const acks: number[] = [];
  const until = Date.now() + SECONDS * 1000;
  engine.onEffects((effects) => {
    const messages = effects.flatMap((e) => (e.kind === 'handover' ? [e.handover.message.id] : []));
    if (messages.length > 0) engine.run('handed', { messages }).catch(() => {});
  });
  const one = async (lane: number) => {
    for (let n = 0; Date.now() < until; n++) {
      const from = `${name}-${lane}-${n}`;
      const begun = performance.now();
      await engine.run('ingest', {
        account: id,
        events: [{ kind: 'message', id: from, peer: { address: from, phone: from }, type: 'text', text: 'Hello' }],
      });
      acks.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => one(lane)));
  return { messages: acks.length, acks };
}

async function deploy(engine: Engine): Promise<string> {
  const { accounts } = await engine.run('syncConfig', {
    accounts: [account() as AccountConfig],
    queues: [],
    nodes: ['acc'],
  });
  await engine.run('resume', { attempts: true, running: [], parkedOnly: false });
  return (accounts.acc as { id: string }).id;
}

/** One of the processes. */
async function member(url: string, name: string): Promise<void> {
  const lags: number[] = [];
  const engine = await startShared({ url, settings, lag: (ms) => lags.push(ms) });
  const id = await deploy(engine);
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  const before = engine.store.counters.roundTrips;
  const result = await load(engine, id, name);
  const roundTrips = engine.store.counters.roundTrips - before;
  await pause(500);
  process.send?.({ ...result, lags, roundTrips } satisfies Result);
  await engine.close();
  process.disconnect?.();
}

const said = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve) => child.once('message', (m) => resolve(m as T)));

async function together(server: string, processes: number): Promise<Result[]> {
  const url = await emptyDatabaseOn(server);
  const desk = await startShared({ url, settings });
  // Somebody sees it all, so that every commit has something for desks.
  await desk.run('createAgent', { username: 's', name: 's', role: 'supervisor', capacity: 1, passwordHash: 'x' });
  await desk.run('connect', { username: 's', connection: 's' });
  const children = Array.from({ length: processes }, (_, i) =>
    fork(fileURLToPath(import.meta.url), ['--member', url, `p${i}`, `--seconds=${SECONDS}`]),
  );
  await Promise.all(children.map((child) => said(child)));
  const results = children.map((child) => said<Result>(child));
  for (const child of children) child.send('go');
  const all = await Promise.all(results);
  await desk.close();
  return all;
}

async function sqlite(): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'wa-bench-'));
  const engine = await startThread({ file: join(directory, 'x.db'), settings });
  const result = await load(engine, await deploy(engine), 's');
  await engine.close();
  await rm(directory, { recursive: true });
  return { ...result, lags: [], roundTrips: 0 };
}

function line(name: string, results: Result[], base: number): number {
  const rate = results.reduce((sum, r) => sum + r.messages, 0) / SECONDS;
  const acks = results.flatMap((r) => r.acks);
  const lags = results.flatMap((r) => r.lags);
  const trips = results.reduce((sum, r) => sum + r.roundTrips, 0) / (rate * SECONDS);
  console.log(
    `${name.padEnd(14)} ${rate.toFixed(0).padStart(6)} messages/s  ${(base ? rate / base : 1).toFixed(2).padStart(5)} × SQLite  ` +
      `ack p99 ${percentile(acks, 0.99).padStart(7)} ms  event lag p95 ${percentile(lags, 0.95).padStart(6)} ms  ${trips.toFixed(1).padStart(5)} round trips/message`,
  );
  return rate;
}

const i = process.argv.indexOf('--member');
if (i > 0) await member(process.argv[i + 1]!, process.argv[i + 2]!);
else {
  const server = process.env.TEST_DATABASE_URL ? null : await startServer({ durable: true });
  const url = process.env.TEST_DATABASE_URL ?? server!.url;
  const base = line('SQLite', [await sqlite()], 0);
  for (const n of [1, 2, 3]) line(`${n} process${n > 1 ? 'es' : ''}`, await together(url, n), base);
  await server?.stop();
}
