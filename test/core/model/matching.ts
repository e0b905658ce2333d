import { type Agent, isIn, LONG_PAUSE, type Offer, type Queue, refuse, S, type Talk, WAITS } from './state.ts';

/** Who can be asked, and who is (contract 5.4). */
export class Matching {
  now: number;
  readonly agents: Agent[];
  readonly queues: Queue[];
  /** Of the account. */
  members = ['*'];
  readonly talks: Talk[] = [];
  #offers = 0;

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

  serves(q: Queue): boolean {
    return this.agents.some((a) => isIn(q.agents, a.name) && this.inAccount(a.name));
  }

  servingQueue(name: string): Queue {
    const q = this.queue(name) ?? refuse('unknown_queue');
    return this.serves(q) ? q : refuse('not_in_account');
  }

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
  match(): void {
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
}
