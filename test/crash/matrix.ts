/**
 * The crash matrix: phones and agents put a real Node-RED to work, it is killed again and again, at named moments and at any, and at the
 * end the provider's view, the store and the flow's outputs are held against each other.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { Desk } from '../e2e/support/desk.ts';
import { complaints, eventually, Office } from '../e2e/support/office.ts';
import { Agent, type Done, nothingDone } from './agents.ts';
import { Chance } from './chance.ts';
import { check, type Findings } from './checks.ts';
import { flows, PHONES, SETTINGS, starvation } from './flows.ts';
import { type Acknowledged, phone } from './phones.ts';
import { type NamedPoint, POINTS, type Point } from './points.ts';
import { ended, pause, type Scene } from './scene.ts';

export interface MatrixOptions {
  kills: number;
  seed: number;
  /** Customers. Default: 24. */
  customers?: number;
  /** Hears what happens. */
  say?(line: string): void;
}

export interface Report extends Findings {
  seed: number;
  seconds: number;
  kills: Partial<Record<Point, number>>;
}

/** ms in which all that is under way at the end comes to rest, and how long a send cut by a kill is looked for at its provider first. */
const REST = 60_000;
const LOOKED_UP = 65_000;

/** One start of Node-RED. Epoch ms. */
export interface Run {
  startedAt: number;
  /** Null if it was killed before its flows ran. */
  readyAt: number | null;
  endedAt: number;
  /** ms that its threads had waited for a processor when it was ready. */
  starved: number;
}

const AGENTS = ['anna', 'ben', 'cleo', 'dora'];
/** ms a process is given to reach its named point before it is killed wherever it is. */
const PATIENCE = 4000;
/** `create` and `alter` statements of the migrations, at least. */
const SCHEMA_STATEMENTS = 60;

export async function crashMatrix(options: MatrixOptions): Promise<Report> {
  const began = Date.now();
  const office = await Office.prepare({
    flows: flows(),
    agents: AGENTS.map((username) => ({ username, capacity: 30 })),
    red: { settingsCode: SETTINGS },
    simulator: { keep: 1_000_000, strictWindow: false },
  });
  try {
    const matrix = new Matrix(office, options);
    await matrix.run();
    return {
      seed: options.seed,
      seconds: Math.round((Date.now() - began) / 1000),
      kills: matrix.kills,
      ...matrix.found,
    };
  } finally {
    await office.close();
  }
}

class Matrix {
  readonly kills: Partial<Record<Point, number>> = {};
  found!: Findings;
  readonly #office: Office;
  readonly #options: MatrixOptions;
  readonly #chance: Chance;
  readonly #scene: Scene;
  readonly #preload: string;
  readonly #runs = new Map<number, Run>();
  readonly #acknowledged: Acknowledged[] = [];
  readonly #done: Done = nothingDone();
  /** Sends that the simulated provider was told to answer badly. */
  #faults = 0;

  constructor(office: Office, options: MatrixOptions) {
    this.#office = office;
    this.#options = options;
    this.#preload = join(office.userDir, 'preload.mjs');
    this.#chance = new Chance(options.seed);
    this.#scene = { office, run: 0, phase: 'load', violations: [] };
  }

  async run(): Promise<void> {
    const { kills, customers = 24 } = this.#options;
    // Without types: their removal in each thread would make every start slower.
    const source = await readFile(new URL('./preload.ts', import.meta.url), 'utf8');
    await writeFile(this.#preload, stripTypeScriptTypes(source));
    const migrations = Math.max(1, Math.round(kills / 25));
    for (let i = 0; i < migrations; i++)
      await this.#killDuring('in a migration', this.#chance.between(1, SCHEMA_STATEMENTS));
    await this.#office.seed();
    await this.#start();
    await this.#office.register(flows());
    const desks = await Promise.all(AGENTS.map((username) => this.#office.desk(username)));
    const phones = this.#phones(customers);
    const agents = this.#agents(desks);
    await pause(500);
    await this.#end('at any moment');
    for (const point of this.#plan(kills - migrations - 1)) {
      this.#upset();
      await this.#kill(point);
    }
    this.#office.simulator.calm();
    await this.#start();
    this.#scene.phase = 'drain';
    await Promise.all(phones);
    await this.#quiet();
    this.#scene.phase = 'over';
    await Promise.all(agents);
    await this.#office.simulator.settled();
    await this.#office.red.stop();
    this.#closeRun();
    this.found = check({
      scene: this.#scene,
      runs: this.#runs,
      acknowledged: this.#acknowledged,
      done: this.#done,
      faults: this.#faults,
    });
  }

  /** Each named point as often as any other, in an order of chance, and a fifth of the kills at any moment. */
  #plan(kills: number): (NamedPoint | 'at any moment')[] {
    const named = Object.keys(POINTS) as NamedPoint[];
    const plan: (NamedPoint | 'at any moment')[] = [];
    while (plan.length < kills)
      plan.push(...this.#chance.shuffled<NamedPoint | 'at any moment'>([...named, 'at any moment', 'at any moment']));
    return plan.slice(0, kills);
  }

  /** Starts Node-RED and kills it. */
  async #kill(point: NamedPoint | 'at any moment'): Promise<void> {
    if (point !== 'at any moment') return this.#killDuring(point, this.#chance.between(1, POINTS[point]));
    await this.#start();
    await pause(this.#chance.between(0, 1200));
    await this.#end(point);
  }

  async #end(point: Point): Promise<void> {
    await this.#office.red.kill9();
    this.#closeRun();
    this.#count(point);
  }

  #count(point: Point): void {
    this.kills[point] = (this.kills[point] ?? 0) + 1;
    const total = Object.values(this.kills).reduce((a, b) => a + b, 0);
    this.#options.say?.(`kill ${total}: ${point}`);
  }

  async #killDuring(point: Point, count: number): Promise<void> {
    const up = await this.#start(point, count);
    if (!up) return this.#count(point);
    const provider = this.#takenByProvider(point, count);
    const reached = await Promise.race([
      ended(this.#scene).then(() => true),
      provider.done,
      pause(PATIENCE).then(() => false),
    ]);
    provider.stop();
    await this.#end(reached ? point : 'at any moment');
  }

  /** The one point that the provider sees: it has the message, and its answer will find nobody. */
  #takenByProvider(point: Point, count: number): { done: Promise<boolean>; stop(): void } {
    let left = point === 'taken by the provider, not answered' ? count : Number.POSITIVE_INFINITY;
    let stop = () => {};
    const done = new Promise<boolean>((resolve) => {
      stop = this.#office.simulator.simulation.world.listen((event) => {
        if (event.type !== 'message' || event.data.direction !== 'out' || event.data.status !== 'queued') return;
        if (--left !== 0) return;
        this.#office.red.process.kill('SIGKILL');
        resolve(true);
      });
    });
    return { done, stop: () => stop() };
  }

  /** @returns false if it was killed before its flows ran */
  async #start(point?: Point, count = 0): Promise<boolean> {
    const run = ++this.#scene.run;
    const state: Run = { startedAt: Date.now(), readyAt: null, endedAt: Number.POSITIVE_INFINITY, starved: 0 };
    this.#runs.set(run, state);
    const env = { CRASH_RUN: String(run), CRASH_POINT: point ?? '', CRASH_COUNT: String(count) };
    try {
      await this.#office.launch(run === 1 ? flows() : undefined, { env, nodeArgs: ['--import', this.#preload] });
    } catch (error) {
      if (!/ended \(SIGKILL\)/.test((error as Error).message)) throw error;
      state.endedAt = Date.now();
      return false;
    }
    state.readyAt = Date.now();
    state.starved = starvation(String(this.#office.red.process.pid));
    return true;
  }

  /** Notes when the process ended, and what it complained of. */
  #closeRun(): void {
    const state = this.#runs.get(this.#scene.run)!;
    state.endedAt = Math.min(state.endedAt, Date.now());
    for (const line of complaints(this.#office.red.log()))
      this.#scene.violations.push(`run ${this.#scene.run} complains: ${line}`);
  }

  /** A provider on a bad day: some answers get lost, some sends are refused for now. */
  #upset(): void {
    const { simulator } = this.#office;
    simulator.behave({ sendDelay: this.#chance.between(0, 40) });
    if (this.#chance.next() < 0.5) return;
    const kind = this.#chance.of(['lost', '429', '503'] as const);
    simulator.failNext({ kind, times: 2, retryAfter: 1 });
    if (kind !== '429') this.#faults += 2;
  }

  #phones(customers: number): Promise<void>[] {
    return Array.from({ length: customers }, (_, i) =>
      phone(
        this.#scene,
        new Chance(this.#options.seed * 1000 + i),
        { account: i % 3 === 0 ? PHONES.BACK : PHONES.MAIN, from: `+1202556${String(1000 + i)}` },
        this.#acknowledged,
      ),
    );
  }

  #agents(desks: Desk[]): Promise<void>[] {
    return desks.map((desk, i) => {
      const colleagues = AGENTS.filter((name) => name !== desk.username);
      const chance = new Chance(this.#options.seed * 1000 + 500 + i);
      return new Agent(this.#scene, desk, chance, this.#done, colleagues).work();
    });
  }

  /** Resolves when nothing is under way: all was handed over and sent, all conversations are closed. */
  async #quiet(): Promise<void> {
    await eventually(() => {
      const [left] = this.#office.rows(`select
        (select count(*) from handover) as handovers, (select count(*) from outgoing) as outgoing,
        (select count(*) from interaction where status = 'open') as open`);
      const text = JSON.stringify(left);
      if (text !== '{"handovers":0,"outgoing":0,"open":0}') throw new Error(`It does not come to rest: ${text}`);
    }, REST + LOOKED_UP).catch((error: Error) => {
      this.#scene.violations.push(error.message);
    });
  }
}
