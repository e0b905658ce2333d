/** The core and the model side by side: every act happens to both, and then they are compared. */
import assert from 'node:assert/strict';
import type { Effect } from '../../../core/api.ts';
import { createHost, type Host } from '../../../core/host/host.ts';
import type { Handover } from '../../../core/views.ts';
import { openSqlite } from '../../../store/sqlite/open.ts';
import type { Store } from '../../../store/store.ts';
import { account, FakeClock, queue } from '../support.ts';
import { Model } from './centre.ts';
import { agentsShould, type Row, talksAre, talksShould } from './compare.ts';
import type { Answer, Entry, Token } from './flow.ts';
import { group, LONG_PAUSE, person, REOPEN, Refused, WAITS } from './state.ts';

/** A message on its way through the flow, as both sides know it. */
export interface Travelling {
  token: Token;
  interaction: string;
  plan: { id: string; seq: number };
}

type Forward = Extract<Effect, { kind: 'forward' }>;

const raw = (sql: string) => ({ compile: () => ({ sql, parameters: [] }) as never });
const TABLES =
  'account queue member agent connection contact address interaction step_message offer queue_agent message provider_id handover outgoing idempotency audit pause'.split(
    ' ',
  );

/** The routing steps of the flow. */
export const NODES = ['route', 'queue', 'agent'] as const;

export class Pair {
  readonly model: Model;
  readonly travelling: Travelling[] = [];
  nodes: string[] = [...NODES];
  readonly #store: Store;
  readonly #clock = new FakeClock();
  #host!: Host;
  #account = '';
  readonly #handovers: Handover[] = [];
  readonly #forwards: Forward[] = [];
  /** By the model's number. */
  readonly #ids: string[] = [];
  readonly #seen = new Map<string, { seq: number; place: string; agent: unknown; status: unknown }>();

  private constructor(store: Store) {
    this.#store = store;
    this.model = new Model(
      this.#clock.now(),
      [person('anna', 2), person('ben', 1), person('carla', 2), person('sue', 1, true)],
      [
        group('All', 'beepall', 20, 0, ['anna', 'ben', 'carla']),
        group('Few', 'fewestopen', 11, 0, ['*']),
        group('Least', 'leastrecent', 9, 1, ['ben', 'carla']),
        group('One', 'rrmemory', 7, 2, ['anna', 'ben', 'carla']),
      ],
    );
  }

  /** A contact centre without any conversation, over a store that others have used: what they left is removed. */
  static async open(store: Store): Promise<Pair> {
    await store.transaction(async (tx) => {
      for (const table of TABLES) await tx.query(raw(`delete from ${table}`));
      await tx.query(
        raw(
          `insert into pause (name, release_after) values ('${LONG_PAUSE.name}', ${LONG_PAUSE.releaseAfter / 60_000})`,
        ),
      );
    });
    const pair = new Pair(store);
    await pair.#start();
    const answer = await pair.#sync();
    pair.#account = (answer.accounts.acc as { id: string }).id;
    for (const { name, supervisor, capacity } of pair.model.agents)
      await pair.#host.run('createAgent', {
        username: name,
        name,
        role: supervisor ? 'supervisor' : 'agent',
        capacity,
        passwordHash: 'x',
      });
    return pair;
  }

  get host(): Host {
    return this.#host;
  }

  async #start(): Promise<void> {
    this.#host = await createHost({
      // The store outlives the host: that is what a restart is.
      store: { transaction: (work) => this.#store.transaction(work), close: async () => {} },
      settings: { offlineAfter: WAITS.offlineAfter },
      clock: this.#clock,
    });
    this.#host.onEffects((effects) => {
      for (const e of effects) {
        if (e.kind === 'handover') this.#handovers.push(e.handover);
        if (e.kind === 'forward') this.#forwards.push(e);
      }
    });
  }

  #sync() {
    const { members, queues } = this.model;
    const config = account({
      agents: members,
      waitForAgent: WAITS.agent,
      waitForQueue: WAITS.queue,
      transferToAgentTimeout: WAITS.transferToAgent,
      transferToQueueTimeout: WAITS.transferToQueue,
      reopenMinutes: REOPEN / 60_000,
    });
    const live = queues.filter((q) => !q.removed);
    return this.#host.run('syncConfig', {
      accounts: [config],
      queues: live.map(({ name, strategy, ring, weight, agents }) =>
        queue({ name, nodeId: name, strategy, agentTimeout: ring, weight, agents }),
      ),
      nodes: ['acc', ...this.nodes],
    });
  }

  /** The same act on both sides; both do it, or both refuse it for the same reason. */
  async both<T, U>(ours: () => T, theirs: () => Promise<U>): Promise<{ model: T; core: U } | null> {
    // No two acts at the same time: what is due then is due in one order.
    await this.advance(1);
    let model: T | undefined;
    let expected = 'done';
    try {
      model = ours();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expected = error.code;
    }
    let core: U | undefined;
    let happened = 'done';
    try {
      core = await theirs();
    } catch (error) {
      const { code } = error as { code?: string };
      if (typeof code !== 'string') throw error;
      happened = code;
    }
    assert.equal(happened, expected, 'what is refused, and why');
    return expected === 'done' ? { model: model as T, core: core as U } : null;
  }

  async write(contact: number, ours: () => Token): Promise<void> {
    const phone = `+1202555010${contact}`;
    const event = {
      kind: 'message' as const,
      id: `SM${this.model.messages}`,
      peer: { address: phone, phone },
      type: 'text' as const,
      text: 'x',
    };
    const done = await this.both(ours, () => this.#host.run('ingest', { account: this.#account, events: [event] }));
    const handover = this.#handovers.shift()!;
    const token = done!.model;
    const { id } = handover.context.interaction;
    if (token.talk.id === this.#ids.length) {
      this.#ids.push(id);
      if (token.talk.priority > 0)
        await this.#store.transaction(async (tx) =>
          tx.query(raw(`update interaction set priority = ${token.talk.priority} where id = '${id}'`)),
        );
    }
    assert.equal(id, this.#ids[token.talk.id], 'the one open conversation of a contact');
    await this.#host.run('handed', { messages: [handover.message.id] });
    this.travelling.push({ token, interaction: id, plan: handover.context.plan });
  }

  async enter(
    command: 'enterRoute' | 'enterQueue' | 'enterAgent',
    { token, interaction, plan }: Travelling,
    { node, wired, timeout }: Entry,
    more: object,
    ours: () => Answer,
  ): Promise<void> {
    const input = {
      node,
      interaction,
      plan,
      msg: JSON.stringify({ message: token.message, id: plan.id }),
      wired,
      timeout,
    };
    const done = await this.both(ours, () => this.#host.run(command, { ...input, ...more } as never));
    if (!done) return;
    const { model, core } = done;
    const { result } = core;
    assert.deepEqual(
      result === 'out' ? { result, output: core.output, outcome: core.outcome } : { result },
      model.result === 'ended' ? { result: 'ended' } : model,
    );
    if (result === 'out')
      this.travelling.push({
        token: { ...token, seq: token.talk.seq },
        interaction,
        plan: { id: plan.id, seq: core.context.plan.seq },
      });
  }

  async deploy(ours: () => void): Promise<void> {
    await this.both(ours, () => this.#sync());
    await this.#resume();
  }

  async restart(ours: () => void, ms: number): Promise<void> {
    await this.#host.close();
    this.#clock.set(this.#clock.now() + ms);
    ours();
    await this.#start();
    await this.#rest();
    await this.#resume();
  }

  async #resume(): Promise<void> {
    this.model.resume();
    await this.#host.run('resume', { attempts: true });
  }

  /** Lets ms pass on both sides. Live connections are heard of. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 20_000) {
      const until = this.#clock.now() + Math.min(left, 20_000);
      while (this.#clock.fire(until)) await this.#rest();
      this.#clock.set(until);
      this.model.advance(until);
      if (ms < 1000) continue;
      const connections = this.model.agents.flatMap((a) => [...a.connections]);
      await this.#host.run('heartbeat', { connections });
    }
  }

  /** A store in memory answers at once: within one turn of the event loop all is done. */
  #rest(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  id(talk: number): string {
    return this.#ids[talk]!;
  }

  async compare(): Promise<void> {
    await this.#rest();
    const [talks, agents, offers] = await this.#store.transaction(async (tx) => [
      await tx.query<Row>(raw('select * from interaction')),
      await tx.query<Row>(raw('select username, presence, pause, disabled, load, ready from agent')),
      await tx.query<Row>(
        raw("select interaction_id, agent, queue_id, expires_at, seq from offer where state = 'ringing'"),
      ),
    ]);
    assert.deepEqual(talksAre(talks, offers, this.#ids), talksShould(this.model), 'the conversations');
    assert.deepEqual(
      Object.fromEntries(agents.map(({ username, ...a }) => [username, { ...a }])),
      agentsShould(this.model),
      'the agents',
    );
    this.#compareForwards();
    for (const t of talks) {
      // Each change of the plan position raises the seq, also an assignment and the close; it never falls.
      const place = `${t.plan_position} ${t.step_node} ${t.step_kind} ${t.step_phase}`;
      const now = { seq: Number(t.plan_seq), place, agent: t.agent, status: t.status };
      const before = this.#seen.get(String(t.id)) ?? now;
      const moved =
        // What is given up between two steps may still arrive.
        (place !== before.place && !(t.plan_position === 'none' && before.place.startsWith('between'))) ||
        (now.agent !== null && now.agent !== before.agent) ||
        (now.status === 'closed' && before.status === 'open');
      assert.ok(now.seq >= before.seq + (moved ? 1 : 0), `${JSON.stringify(before)} became ${JSON.stringify(now)}`);
      this.#seen.set(String(t.id), now);
    }
  }

  #compareForwards(): void {
    // Each conversation has its own order; between two there is none when they come at once.
    const of = (f: Forward) => this.#ids.indexOf(f.context.interaction.id);
    const ours = this.model.forwards.splice(0).sort((a, b) => a.talk.id - b.talk.id);
    const theirs = this.#forwards.splice(0).sort((a, b) => of(a) - of(b));
    const show = (talk: number, f: { node: string; output: number }, outcome: string) =>
      `${talk}: ${f.node} ${f.output} ${outcome}`;
    assert.deepEqual(
      theirs.map((f) => show(of(f), f, f.step.outcome)),
      ours.map((f) => show(f.talk.id, f, f.outcome)),
      'what left a step',
    );
    ours.forEach(({ talk, message, seq }, i) => {
      const { context, msg } = theirs[i]!;
      const sent = JSON.parse(msg) as { message: number; id: string };
      assert.equal(sent.message, message, 'the message that left a step');
      const plan = { id: sent.id, seq: context.plan.seq };
      this.travelling.push({ token: { talk, message, seq }, interaction: context.interaction.id, plan });
    });
  }
}

export const openStore = () => openSqlite(':memory:');
