/** A contact centre in this process: the real core over a real SQLite, with a clock that the test turns. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AccountConfig, Commands, Effect, QueueConfig, StepAnswer } from '../../core/api.ts';
import type { CoreSettings } from '../../core/context.ts';
import { type Clock, createHost, type Host } from '../../core/host/host.ts';
import type { Handover, WhatsAppContext } from '../../core/views.ts';
import { openPostgres } from '../../store/postgres/open.ts';
import { openSqlite } from '../../store/sqlite/open.ts';
import type { Store } from '../../store/store.ts';
import { databaseUrl, lendDatabase, onPostgres } from '../support/postgres.ts';

export class FakeClock implements Clock {
  #now = Date.parse('2026-11-24T10:00:00Z');
  #timers: { at: number; work: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  /** The next timer that is due by `until`, with the clock set to it. */
  fire(until: number): boolean {
    const [next] = this.#timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at);
    if (!next) return false;
    this.#timers = this.#timers.filter((t) => t !== next);
    this.#now = Math.max(this.#now, next.at);
    next.work();
    return true;
  }

  set(now: number): void {
    this.#now = now;
  }

  /** The wall clock is set; timers, which count what really passes, fire when they would have. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at += ms;
  }
}

const ACCOUNT: Omit<AccountConfig, 'nodeId'> = {
  provider: 'twilio',
  phone: '+12025550100',
  key: 'SALES',
  name: 'Sales',
  color: '',
  list: 'Default',
  waitForAgent: 10,
  waitForQueue: 20,
  sound: true,
  shake: false,
  template: '',
  mandatoryDisposition: false,
  dispositionPause: 'Disposition',
  dispositions: [],
  cannedAnswers: [],
  agents: ['*'],
  reopenMinutes: 0,
  autoCloseHours: 0,
  transferToAgent: true,
  transferToQueue: true,
  transferToAgentTimeout: 30,
  transferToQueueTimeout: 30,
};

export interface Setup {
  file?: string;
  account?: Partial<AccountConfig>;
  queues?: (Partial<QueueConfig> & { name: string })[];
  clock?: FakeClock;
  settings?: Partial<CoreSettings>;
  /** s between two looks at the clock while nothing is due. */
  recheck?: number;
}

/** s; a test that turns the clock by a day would wait for thousands of looks into PostgreSQL. */
const RECHECK = onPostgres ? 3600 : 5;

export const account = (more: Partial<AccountConfig> = {}): AccountConfig => ({ nodeId: 'acc', ...ACCOUNT, ...more });
export const queue = (q: Partial<QueueConfig> & { name: string }): QueueConfig => ({
  nodeId: `q-${q.name}`,
  strategy: 'beepall',
  agentTimeout: 20,
  weight: 0,
  agents: ['*'],
  ...q,
});

/** The store under test: SQLite, or PostgreSQL with `TEST_DATABASE=postgres`. */
export async function openStore(clock: Clock, file?: string): Promise<Store> {
  if (!onPostgres) return openSqlite(file ?? ':memory:');
  const options = { size: 2, clock: () => clock.now() };
  if (file !== undefined) return openPostgres(await databaseUrl(file), options);
  const lent = await lendDatabase();
  const store = await openPostgres(lent.url, options);
  const close = store.close.bind(store);
  return Object.assign(store, { close: () => close().then(lent.giveBack) });
}

/** On PostgreSQL the newest only: all of them would take longer than the test. */
const CHECK = `/* check */ select * from interaction${onPostgres ? ' order by id desc limit 30' : ''}`;
const storedRows = { compile: () => ({ sql: CHECK, parameters: [] }) as never };

/** A store that fails a transaction which leaves a kept row of an interaction other than the stored one. */
function checked(store: Store): Store {
  return {
    close: () => store.close(),
    transaction: (work) =>
      store.transaction(async (tx) => {
        const result = await work(tx);
        for (const row of await tx.query<{ id: string }>(storedRows)) {
          const kept = tx.interactions.get(row.id);
          if (kept !== undefined)
            assert.deepStrictEqual({ ...(kept as object) }, { ...row }, 'a kept row is not as stored');
        }
        return result;
      }),
  };
}

export class Centre {
  readonly host: Host;
  readonly clock: FakeClock;
  readonly effects: Effect[] = [];
  readonly handovers: Handover[] = [];
  id = '';
  readonly #store: Store;

  private constructor(host: Host, clock: FakeClock, store: Store) {
    this.host = host;
    this.clock = clock;
    this.#store = store;
    host.onEffects((effects) => {
      this.effects.push(...effects);
      for (const e of effects) if (e.kind === 'handover') this.handovers.push(e.handover);
    });
  }

  static async open(setup: Setup = {}): Promise<Centre> {
    const clock = setup.clock ?? new FakeClock();
    const store = checked(await openStore(clock, setup.file));
    const centre = new Centre(
      await createHost({
        store,
        settings: { offlineAfter: 60, ...setup.settings },
        clock,
        recheck: (setup.recheck ?? RECHECK) * 1000,
      }),
      clock,
      store,
    );
    const answer = await centre.sync([account(setup.account)], (setup.queues ?? [{ name: 'Sales' }]).map(queue));
    centre.id = (answer.accounts.acc as { id: string }).id;
    return centre;
  }

  sync(
    accounts: AccountConfig[],
    queues: QueueConfig[],
    nodes: string[] | null = null,
  ): Promise<Commands['syncConfig'][1]> {
    return this.host.run('syncConfig', { accounts, queues, nodes });
  }

  async agent(username: string, capacity = 3, role: 'agent' | 'supervisor' = 'agent'): Promise<void> {
    await this.host.run('createAgent', { username, name: username, role, capacity, passwordHash: 'x' });
    await this.connect(username);
  }

  connect(username: string, connection = `c-${username}`): Promise<unknown> {
    return this.host.run('connect', { username, connection });
  }

  disconnect(username: string): Promise<unknown> {
    return this.host.run('disconnect', { connection: `c-${username}` });
  }

  /** A customer writes; gives what a `wa-inbound` would send. */
  async inbound(
    from = '+12025550199',
    text = 'Hello',
    more: Partial<Record<'id' | 'userId', string>> = {},
  ): Promise<Handover> {
    const before = this.handovers.length;
    const peer = { address: from, phone: from, ...(more.userId ? { userId: more.userId } : {}) };
    await this.host.run('ingest', {
      account: this.id,
      events: [{ kind: 'message', id: more.id ?? `SM${randomUUID()}`, peer, type: 'text', text }],
    });
    const handover = this.handovers[before];
    if (handover) await this.host.run('handed', { messages: [handover.message.id] });
    return handover!;
  }

  #enter(node: string, context: Pick<WhatsAppContext, 'interaction' | 'plan'>, wired: boolean[]) {
    return { node, interaction: context.interaction.id, plan: context.plan, msg: JSON.stringify({ node }), wired };
  }

  route(h: Pick<Handover, 'context'>, wired = [true, true]): Promise<StepAnswer> {
    return this.host.run('enterRoute', this.#enter('route', h.context, wired));
  }

  queue(
    h: { context: Pick<WhatsAppContext, 'interaction' | 'plan'> },
    more: Partial<Commands['enterQueue'][0]> = {},
  ): Promise<StepAnswer> {
    return this.host.run('enterQueue', {
      ...this.#enter('queue', h.context, [true, true]),
      queue: 'q-Sales',
      byName: false,
      timeout: 60,
      skipIfNobody: false,
      ...more,
    });
  }

  agentStep(
    h: { context: Pick<WhatsAppContext, 'interaction' | 'plan'> },
    agent: string,
    timeout = 30,
  ): Promise<StepAnswer> {
    return this.host.run('enterAgent', { ...this.#enter('agent', h.context, [true, true]), agent, timeout });
  }

  /** Writes and goes through `wa-route` into a queue. */
  async toQueue(from?: string, more: Partial<Commands['enterQueue'][0]> = {}): Promise<Handover> {
    const h = await this.inbound(from);
    const answer = await this.route(h);
    if (answer.result !== 'out' || answer.output !== 1) throw new Error(`route answered ${JSON.stringify(answer)}`);
    await this.queue(
      { context: { ...answer.context, plan: { id: h.context.plan.id, seq: answer.context.plan.seq } } },
      more,
    );
    return h;
  }

  /** Who is rung for an interaction now, by name. */
  async rings(interaction: string, agents: string[]): Promise<string[]> {
    const ringing: string[] = [];
    for (const a of agents) if (await this.offer(a, interaction)) ringing.push(a);
    return ringing;
  }

  async offer(username: string, interaction?: string): Promise<string | null> {
    const { offers } = await this.host.run('desk', { username });
    return (interaction ? offers.find((o) => o.interaction.id === interaction) : offers[0])?.id ?? null;
  }

  async accept(username: string, interaction?: string) {
    return this.host.run('acceptOffer', { offer: (await this.offer(username, interaction)) ?? 'none', username });
  }

  async reject(username: string, interaction?: string) {
    return this.host.run('rejectOffer', { offer: (await this.offer(username, interaction)) ?? 'none', username });
  }

  /** Turns the clock; what falls due fires in its order. */
  async advance(seconds: number): Promise<void> {
    const until = this.clock.now() + seconds * 1000;
    while (this.clock.fire(until)) await this.#rest();
    this.clock.set(until);
    await this.#rest();
  }

  /** Until the host has nothing to do and waits for its next timer. */
  async #rest(): Promise<void> {
    await this.host.run('health', {});
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Steps that ended since the last look: node, output and outcome. */
  forwards(): string[] {
    const found: string[] = [];
    for (const e of this.effects.splice(0))
      if (e.kind === 'forward') found.push(`${e.node} ${e.output} ${e.step.outcome}`);
    return found;
  }

  /** All that is in the store. */
  async dump(): Promise<unknown[]> {
    const tables = onPostgres
      ? "select tablename as name from pg_tables where schemaname = 'public'"
      : "select name from sqlite_master where type = 'table'";
    const all: unknown[] = [];
    for (const { name } of await this.rows<{ name: string }>(tables))
      all.push(await this.rows(`select * from "${name}"`));
    return all;
  }

  /** Looks into the store between two commands. */
  async rows<R>(sql: string): Promise<R[]> {
    await this.#rest();
    return this.#store.transaction(async (tx) => tx.query({ compile: () => ({ sql, parameters: [] }) as never }));
  }

  async view(interaction: string) {
    const username = 'the-supervisor';
    await this.host
      .run('createAgent', { username, name: 'S', role: 'supervisor', capacity: 1, passwordHash: 'x' })
      .catch(() => {});
    return this.host.run('interaction', { interaction, username });
  }
}

/** The code of the refusal that a promise ends with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'no refusal';
}
