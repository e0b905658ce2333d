/**
 * Contract 5 once more, as plain as can be: a small contact centre in memory that answers every question by looking at everything.
 * It knows nothing of `core/`; what the core decides where the contract is silent (docs/architecture.md) it decides the same way.
 */

export type Strategy = 'beepall' | 'rrmemory' | 'leastrecent' | 'fewestopen';

export interface Agent {
  name: string;
  supervisor: boolean;
  capacity: number;
  disabled: boolean;
  presence: 'available' | 'paused' | 'offline';
  pause: string | null;
  /** Begin of the presence. */
  since: number;
  connections: Set<string>;
  lostAt: number | null;
  /** What follows the disposition pause. */
  resume: { presence: Agent['presence']; pause: string | null; since: number } | null;
}

export interface Queue {
  name: string;
  strategy: Strategy;
  /** Seconds. */
  ring: number;
  weight: number;
  agents: string[];
  removed: boolean;
  lastAccepted: string | null;
  offeredAt: Map<string, number>;
}

export interface Offer {
  /** In the order in which they were made. */
  id: number;
  agent: string;
  queue: string | null;
  expires: number | null;
  state: 'ringing' | 'refused' | 'forgotten' | 'accepted';
}

export interface Step {
  kind: 'route' | 'queue' | 'agent' | 'transfer' | 'return';
  /** null: it belongs to no node. */
  node: string | null;
  /** Whether `wa-route`, or what came back, asks the agent who has it. */
  asksOwn: boolean;
  queue: string | null;
  /** Without a queue who is asked, with one who is not. */
  agent: string | null;
  since: number;
  deadline: number | null;
  wired: boolean[];
  /** Of a transfer: what it goes back to. */
  before: { tab: boolean; queue: string | null };
  offers: Offer[];
}

export interface Talk {
  id: number;
  contact: number;
  open: boolean;
  closedAt: number;
  agent: string | null;
  /** The queue that delivered it last. */
  queue: string | null;
  tab: boolean;
  unread: number;
  priority: number;
  unanswered: number | null;
  disposing: string | null;
  snoozed: number | null;
  seq: number;
  /** The newest message that took the plan position. */
  planMessage: number;
  at: Step | null;
  between: { node: string; output: number; deadline: number; handovers: number; outcome: string } | null;
}

export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export const refuse = (code: string): never => {
  throw new Refused(code);
};

/** Seconds. */
export const WAITS = { agent: 10, queue: 20, transferToAgent: 30, transferToQueue: 40, offlineAfter: 60, between: 60 };
export const REOPEN = 60_000;
/** The pause that gives the tabs up, and after how many ms. */
export const LONG_PAUSE = { name: 'Lunch', releaseAfter: 60_000 };
const MAX_HANDOVERS = 3;
const S = 1000;

const isIn = (members: string[], name: string): boolean => members.includes('*') || members.includes(name);
const later = (now: number, seconds: number): number | null => (seconds > 0 ? now + seconds * S : null);

export class Model {
  now: number;
  readonly agents: Agent[];
  queues: Queue[];
  /** Of the account. */
  members = ['*'];
  readonly talks: Talk[] = [];
  messages = 0;
  /** Messages that left a step since the last look, with the step's seq then. */
  forwards: { talk: Talk; node: string; output: number; outcome: string; seq: number; message: number }[] = [];
  #offers = 0;
  readonly #disposed = new Set<string>();
  readonly #left = new Map<string, 'away' | 'gone'>();

  constructor(now: number, agents: Agent[], queues: Queue[]) {
    this.now = now;
    this.agents = agents;
    this.queues = queues;
  }

  agent(name: string): Agent {
    return this.agents.find((a) => a.name === name)!;
  }

  queue(name: string): Queue | undefined {
    return this.queues.find((q) => q.name === name && !q.removed);
  }

  tabs(a: Agent): number {
    return this.talks.filter((t) => t.open && t.agent === a.name && t.tab).length;
  }

  ringing(a: Agent): Offer[] {
    return this.talks.flatMap((t) => t.at?.offers ?? []).filter((o) => o.agent === a.name && o.state === 'ringing');
  }

  load(a: Agent): number {
    return this.tabs(a) + this.ringing(a).length;
  }

  hasRoom(a: Agent): boolean {
    return this.tabs(a) < a.capacity;
  }

  ready(a: Agent): boolean {
    return !a.disabled && a.presence === 'available' && a.connections.size > 0 && this.load(a) < a.capacity;
  }

  /** Whether tabs of this agent count as open. */
  isThere(a: Agent): boolean {
    if (a.presence === 'paused' && a.pause === LONG_PAUSE.name && a.since + LONG_PAUSE.releaseAfter <= this.now)
      return false;
    return a.connections.size > 0 || (a.lostAt !== null && this.now - a.lostAt < WAITS.offlineAfter * S);
  }

  inAccount(name: string): boolean {
    return isIn(this.members, name);
  }

  #serves(q: Queue): boolean {
    return this.agents.some((a) => isIn(q.agents, a.name) && this.inAccount(a.name));
  }

  servingQueue(name: string): Queue {
    const q = this.queue(name) ?? refuse('unknown_queue');
    return this.#serves(q) ? q : refuse('not_in_account');
  }

  // -- who is asked (contract 5.4)

  eligible(t: Talk): Agent[] {
    const { queue, agent } = t.at!;
    const q = queue === null ? null : this.queue(queue);
    return this.agents.filter(
      (a) =>
        this.ready(a) &&
        this.inAccount(a.name) &&
        (q === null ? a.name === agent : q !== undefined && isIn(q.agents, a.name) && a.name !== agent),
    );
  }

  offer(t: Talk, agent: string, queue: string | null, expires: number | null): void {
    t.at!.offers.push({ id: this.#offers++, agent, queue, expires, state: 'ringing' });
  }

  /** Those who could be asked now and were not; `null` = nobody can be asked at all. */
  #unasked(t: Talk): Agent[] | null {
    const step = t.at;
    if (!step || step.asksOwn) return null;
    const rings = step.offers.some((o) => o.state === 'ringing');
    const all = step.queue !== null && this.queue(step.queue)?.strategy === 'beepall';
    if (rings && !all) return null;
    const eligible = this.eligible(t);
    const asked = new Set(step.offers.filter((o) => o.state !== 'forgotten').map((o) => o.agent));
    const free = eligible.filter((a) => !asked.has(a.name));
    return free.length === 0 && (rings || eligible.length === 0 || step.queue === null) ? null : free;
  }

  /** Makes the offers that a step may make now. */
  #ring(t: Talk): void {
    let free = this.#unasked(t);
    if (free === null) return;
    const step = t.at!;
    if (step.queue === null) {
      this.offer(t, step.agent!, null, step.deadline);
      return;
    }
    if (free.length === 0) {
      // Everyone who can be asked was: their refusals no longer count.
      for (const o of step.offers) o.state = 'forgotten';
      free = this.eligible(t);
    }
    const q = this.queue(step.queue)!;
    if (q.strategy === 'beepall') {
      for (const a of free) this.offer(t, a.name, q.name, step.deadline);
      return;
    }
    const chosen = this.#pick(q, free);
    if (q.strategy === 'leastrecent') q.offeredAt.set(chosen.name, this.now);
    const end = this.now + q.ring * S;
    this.offer(t, chosen.name, q.name, step.deadline === null ? end : Math.min(end, step.deadline));
  }

  #pick(q: Queue, free: Agent[]): Agent {
    const by = (cost: (a: Agent) => number) =>
      [...free].sort((a, b) => cost(a) - cost(b) || (a.name < b.name ? -1 : 1))[0]!;
    if (q.strategy === 'rrmemory') return by((a) => (q.lastAccepted !== null && a.name > q.lastAccepted ? 0 : 1));
    if (q.strategy === 'leastrecent') return by((a) => q.offeredAt.get(a.name) ?? Number.NEGATIVE_INFINITY);
    return by((a) => this.talks.filter((t) => t.open && t.agent === a.name).length);
  }

  /** All offers that can be made are: what names somebody first, then highest weight, priority, longest waiting. */
  #match(): void {
    const weight = (t: Talk) => (t.at!.queue === null ? Number.POSITIVE_INFINITY : this.queue(t.at!.queue)!.weight);
    const first = (a: Talk, b: Talk) =>
      // Infinities have no difference.
      (weight(a) === weight(b) ? 0 : weight(b) - weight(a)) ||
      b.priority - a.priority ||
      a.at!.since - b.at!.since ||
      a.id - b.id;
    for (;;) {
      const open = this.talks.map((t) => ({ t, free: this.#unasked(t) })).filter(({ free }) => free !== null);
      // Who was not asked yet is before who has refused.
      const fresh = open.filter(({ free }) => free!.length > 0);
      const [next] = (fresh.length > 0 ? fresh : open).map(({ t }) => t).sort(first);
      if (!next) return;
      this.#ring(next);
    }
  }

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
    this.#match();
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
      .filter((q) => !q.removed && isIn(q.agents, agent) && this.#serves(q))
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
