/**
 * Contract 5 once more, as plain as can be: a small contact centre in memory that answers every question by looking at everything.
 * It knows nothing of `core/`; what the core decides where the contract is silent (docs/architecture.md) it decides the same way.
 */

import { Matching } from './matching.ts';
import { isIn, type Offer, S, type Step, type Talk, WAITS } from './state.ts';

const MAX_HANDOVERS = 3;

const later = (now: number, seconds: number): number | null => (seconds > 0 ? now + seconds * S : null);

export class Model extends Matching {
  messages = 0;
  /** Messages that left a step since the last look, with the step's seq then. */
  forwards: { talk: Talk; node: string; output: number; outcome: string; seq: number; message: number }[] = [];
  readonly #disposed = new Set<string>();
  readonly #left = new Map<string, 'away' | 'gone'>();

  /** What follows from a command once it is done. */
  settle(): void {
    for (const [name, how] of this.#left) {
      const mine = () =>
        this.talks.flatMap((t) =>
          (t.at?.offers ?? []).filter((o) => o.agent === name && o.state === 'ringing').map((o) => ({ t, o })),
        );
      for (const { t, o } of mine()) if (how === 'gone' || o.queue !== null) this.endOffer(t, o, 'forgotten');
      if (how === 'away') continue;
      for (const t of this.talks)
        if (t.at && t.at.queue === null && t.at.agent === name && !t.at.asksOwn) this.unanswered(t, 'unknown_agent');
      this.releaseAll(name);
    }
    this.#left.clear();
    for (const name of this.#disposed) {
      const a = this.agent(name);
      if (a.resume === null || a.presence === 'offline') continue;
      if (this.talks.some((t) => t.disposing === name)) continue;
      Object.assign(a, a.resume, { resume: null });
    }
    this.#disposed.clear();
    this.match();
  }

  leaves(name: string, how: 'away' | 'gone'): void {
    this.#left.set(name, how);
  }

  // -- the plan position (contract 5.12)

  position(t: Talk, to: { at?: Step; between?: NonNullable<Talk['between']> }): void {
    t.seq++;
    t.at = to.at ?? null;
    t.between = to.between ?? null;
  }

  step(more: Partial<Step> & Pick<Step, 'kind'>): Step {
    return {
      node: null,
      asksOwn: false,
      queue: null,
      agent: null,
      since: this.now,
      deadline: null,
      wired: [],
      before: { tab: false, queue: null },
      offers: [],
      ...more,
    };
  }

  /** A message leaves a step on an output. */
  endStep(t: Talk, output: number, outcome: string): void {
    const { node, wired } = t.at!;
    if (!wired[output]) {
      this.position(t, {});
      return;
    }
    this.position(t, {
      between: { node: node!, output, deadline: this.now + WAITS.between * S, handovers: 0, outcome },
    });
    this.forward(t);
  }

  /** A tab that closes lets the next message ring. */
  endBetween(t: Talk): void {
    if (t.between) this.endPlan(t);
  }

  /** Nobody took what is between two steps. A late message goes on while its seq is current. */
  endPlan(t: Talk): void {
    t.between = null;
  }

  forward(t: Talk): void {
    const { node, output, outcome } = t.between!;
    this.forwards.push({ talk: t, node, output, outcome, seq: t.seq, message: t.planMessage });
  }

  /** After flows started: what is between two steps is handed over again, three times at most. */
  resume(): void {
    const waiting = this.talks.filter((t) => t.between !== null);
    for (const t of waiting.sort((a, b) => a.between!.deadline - b.between!.deadline || a.id - b.id)) {
      if (t.between!.handovers >= MAX_HANDOVERS) this.endPlan(t);
      else {
        t.between!.handovers++;
        t.between!.deadline = this.now + WAITS.between * S;
        this.forward(t);
      }
    }
    this.settle();
  }

  /** A step that nobody accepted. */
  unanswered(t: Talk, outcome: string): void {
    const { kind } = t.at!;
    if (kind === 'route' || kind === 'return') this.nextWait(t);
    else if (kind === 'transfer') this.#returnTransfer(t);
    else this.endStep(t, 1, outcome);
  }

  /** An offer that ended without an accept: who is asked next. */
  endOffer(t: Talk, o: Offer, state: 'refused' | 'forgotten', rejected = false): void {
    o.state = state;
    if (t.at!.asksOwn) this.nextWait(t);
    else if (o.queue === null && rejected) this.unanswered(t, 'rejected');
  }

  // -- who has it (contract 5.3, 5.9, 5.13)

  setAgent(t: Talk, agent: string | null, tab: boolean, queue: string | null): void {
    if (agent !== t.agent) this.stopDisposing(t);
    t.agent = agent;
    t.queue = queue ?? t.queue;
    t.tab = tab;
    t.snoozed = null;
    if (agent === null) t.unread = Math.max(t.unread, 1);
  }

  stopDisposing(t: Talk): void {
    if (t.disposing !== null) this.#disposed.add(t.disposing);
    t.disposing = null;
  }

  assign(t: Talk, agent: string, queue: string | null): void {
    this.setAgent(t, agent, true, queue);
    if (queue !== null) this.queues.find((q) => q.name === queue)!.lastAccepted = agent;
    if (t.at === null || t.at.node === null) this.position(t, {});
    else this.endStep(t, 0, t.at.kind !== 'route' ? 'accepted' : queue ? 'queue' : 'agent');
  }

  /** Asks the agent who has it, whether available or not; `to`: the step. */
  askOwn(t: Talk, to: Step): void {
    this.position(t, { at: { ...to, asksOwn: true, agent: t.agent } });
    const a = this.agent(t.agent!);
    if (a.disabled || !this.inAccount(a.name)) this.nextWait(t);
    else this.offer(t, a.name, null, to.deadline);
  }

  /** Their queue, and then nobody. */
  nextWait(t: Talk): void {
    const { asksOwn, kind, node, since, wired } = t.at!;
    const queue = asksOwn && t.agent !== null ? this.#queueOf(t, t.agent) : null;
    if (queue !== null) {
      const deadline = later(this.now, WAITS.queue);
      this.position(t, { at: this.step({ kind, node, since, wired, queue, deadline }) });
      return;
    }
    this.setAgent(t, null, false, null);
    if (node !== null) this.endStep(t, 1, 'timeout');
    else this.position(t, {});
  }

  #queueOf(t: Talk, agent: string): string | null {
    const mine = this.queues
      .filter((q) => !q.removed && isIn(q.agents, agent) && this.serves(q))
      .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
    return (mine.find((q) => q.name === t.queue) ?? mine[0])?.name ?? null;
  }

  #returnTransfer(t: Talk): void {
    const { before } = t.at!;
    if (t.agent === null) {
      this.setAgent(t, null, false, null);
      this.handBack(t, before.queue ?? t.queue, null);
      return;
    }
    const a = this.agent(t.agent);
    if (!a.disabled && this.isThere(a)) {
      this.position(t, {});
      this.giveBack(t, before.tab);
      return;
    }
    t.tab = false;
    t.snoozed = null;
    t.unread = Math.max(t.unread, 1);
    this.askOwn(t, this.step({ kind: 'return', deadline: later(this.now, WAITS.agent) }));
  }

  /** It shows again, unread; open if it is to be and there is room. */
  giveBack(t: Talk, tab: boolean): void {
    t.tab ||= tab && this.hasRoom(this.agent(t.agent!));
    t.snoozed = null;
    t.unread = Math.max(t.unread, 1);
  }

  wake(t: Talk): void {
    this.giveBack(t, this.isThere(this.agent(t.agent!)));
  }

  handBack(t: Talk, queue: string | null, by: string | null): void {
    this.position(t, {});
    if (queue === null || !this.queue(queue)) return;
    const since = t.unanswered ?? this.now;
    this.position(t, { at: this.step({ kind: 'return', queue, agent: by, since }) });
  }

  release(t: Talk): void {
    const { agent } = t;
    if (agent === null) return;
    const inFlow = t.at !== null && t.at.node !== null;
    if (inFlow && t.at!.asksOwn) this.nextWait(t);
    if (t.agent !== null) this.setAgent(t, null, false, null);
    if (!inFlow) this.handBack(t, t.queue, agent);
  }

  releaseAll(agent: string): void {
    for (const t of this.talks) if (t.open && t.agent === agent) this.release(t);
  }

  // -- time

  /** The nearest moment at which something is due. */
  nextDue(): number {
    const times = this.talks.flatMap((t) => [
      ...(t.at ? [t.at.deadline, ...t.at.offers.map((o) => (o.state === 'ringing' ? o.expires : null))] : []),
      t.between?.deadline ?? null,
      t.snoozed,
    ]);
    for (const a of this.agents) times.push(a.lostAt === null ? null : a.lostAt + WAITS.offlineAfter * S);
    return Math.min(...times.map((at) => at ?? Number.POSITIVE_INFINITY));
  }

  /** Everything up to a moment, each at its time; what is overdue at once. */
  advance(until: number): void {
    for (let at = this.nextDue(); at <= until; at = this.nextDue()) {
      this.now = Math.max(this.now, at);
      this.#tick();
    }
    this.now = until;
  }

  /** Ends of steps in their order, then of offers, then agents who are away, then what was put away. */
  #tick(): void {
    const due = (at: number | null | undefined): at is number => at != null && at <= this.now;
    const end = (t: Talk) => t.at?.deadline ?? t.between?.deadline;
    for (const t of this.talks.filter((t) => due(end(t))).sort((a, b) => end(a)! - end(b)!)) {
      if (t.between) this.endPlan(t);
      else this.unanswered(t, 'timeout');
    }
    const offers = this.talks.flatMap((t) =>
      (t.at?.offers ?? []).filter((o) => o.state === 'ringing' && due(o.expires)).map((o) => ({ t, o })),
    );
    for (const { t, o } of offers.sort((a, b) => a.o.expires! - b.o.expires! || a.o.id - b.o.id))
      this.endOffer(t, o, 'refused');
    for (const a of this.agents) {
      if (a.lostAt === null || a.lostAt + WAITS.offlineAfter * S > this.now) continue;
      for (const t of this.talks) if (t.disposing === a.name) t.disposing = null;
      Object.assign(a, { presence: 'offline', pause: null, since: this.now, lostAt: null });
      this.leaves(a.name, 'away');
    }
    for (const t of this.talks.filter((t) => due(t.snoozed)).sort((a, b) => a.snoozed! - b.snoozed!)) this.wake(t);
    this.settle();
  }
}
