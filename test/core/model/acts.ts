/** What people, nodes and deploys do to the model. Each act ends with `settle`; a refusal changes nothing. */
import { type Agent, LONG_PAUSE, type Model, type Queue, REOPEN, refuse, type Talk, WAITS } from './centre.ts';

const S = 1000;

/** A message as it travels: which one, and the seq it was given. */
export interface Token {
  talk: Talk;
  message: number;
  seq: number;
}

export type Answer = { result: 'out'; output: number; outcome: string } | { result: 'waiting' | 'ended' | 'stale' };

// -- messages and the nodes of the flow

export function write(m: Model, contact: number): Token {
  const last = m.talks.findLast((t) => t.contact === contact);
  let talk = last?.open ? last : undefined;
  if (!talk && last && m.now - last.closedAt <= REOPEN) {
    talk = last;
    const former = last.agent === null ? null : m.agent(last.agent);
    last.open = true;
    last.agent = former && !former.disabled && m.inAccount(former.name) ? former.name : null;
  }
  if (!talk) {
    talk = newTalk(m.talks.length, contact);
    m.talks.push(talk);
  }
  talk.unread++;
  talk.unanswered ??= m.now;
  if (talk.snoozed !== null) m.wake(talk);
  m.settle();
  return { talk, message: ++m.messages, seq: talk.seq };
}

function newTalk(id: number, contact: number): Talk {
  return {
    id,
    contact,
    open: true,
    closedAt: 0,
    agent: null,
    queue: null,
    tab: false,
    unread: 0,
    // One of the contacts is more important.
    priority: contact === 2 ? 1 : 0,
    unanswered: null,
    disposing: null,
    snoozed: null,
    seq: 0,
    planMessage: 0,
    at: null,
    between: null,
  };
}

export interface Entry {
  node: string;
  wired: boolean[];
  /** Seconds, 0 = without end. */
  timeout: number;
}

function pass(m: Model, { talk, message }: Token, { node, wired }: Entry, output: number, outcome: string): Answer {
  talk.planMessage = message;
  if (!wired[output]) {
    m.position(talk, {});
    return { result: 'ended' };
  }
  const deadline = m.now + WAITS.between * S;
  m.position(talk, { between: { node, output, deadline, handovers: 0, outcome } });
  return { result: 'out', output, outcome };
}

/** The conditional entry: only with the current seq, and only if nothing is in a step. */
const isStale = ({ talk, seq }: Token) => talk.seq !== seq || talk.at !== null;

export function enterQueue(m: Model, token: Token, entry: Entry, queue: string, skipIfNobody: boolean): Answer {
  const { talk, message } = token;
  if (!talk.open) refuse('interaction_closed');
  if (isStale(token)) return { result: 'stale' };
  if (talk.agent !== null) return pass(m, token, entry, 0, 'already_assigned');
  if (!m.queue(queue)) return pass(m, token, entry, 1, 'queue_missing');
  const deadline = entry.timeout > 0 ? m.now + entry.timeout * S : null;
  const at = m.step({ kind: 'queue', ...entry, queue, deadline });
  if (skipIfNobody && m.eligible({ ...talk, at }).length === 0) return pass(m, token, entry, 2, 'nobody');
  m.position(talk, { at });
  talk.planMessage = message;
  m.settle();
  return { result: 'waiting' };
}

export function enterAgent(m: Model, token: Token, entry: Entry, agent: string): Answer {
  const { talk, message } = token;
  if (!talk.open) refuse('interaction_closed');
  if (isStale(token)) return { result: 'stale' };
  if (talk.agent !== null) return pass(m, token, entry, 0, 'already_assigned');
  if (m.agent(agent).disabled) return pass(m, token, entry, 1, 'unknown_agent');
  const deadline = entry.timeout > 0 ? m.now + entry.timeout * S : null;
  m.position(talk, { at: m.step({ kind: 'agent', ...entry, agent, deadline }) });
  talk.planMessage = message;
  m.settle();
  return { result: 'waiting' };
}

export function enterRoute(m: Model, token: Token, entry: Entry): Answer {
  const { talk, message } = token;
  if (!talk.open) refuse('interaction_closed');
  if (message <= talk.planMessage) {
    if (isStale(token)) return { result: 'stale' };
  } else if (talk.at !== null || talk.between !== null) return { result: 'out', output: 0, outcome: 'waiting' };
  if (talk.agent === null) return pass(m, token, entry, 1, 'nobody');
  if (talk.tab && m.isThere(m.agent(talk.agent))) return { result: 'out', output: 0, outcome: 'tab' };
  talk.planMessage = message;
  m.askOwn(talk, m.step({ kind: 'route', node: entry.node, wired: entry.wired, deadline: m.now + WAITS.agent * S }));
  m.settle();
  return { result: 'waiting' };
}

// -- the desk

function mayRead(m: Model, a: Agent, t: Talk): boolean {
  if (t.agent === a.name) return true;
  if (t.at?.offers.some((o) => o.agent === a.name && o.state === 'ringing')) return true;
  return t.open && t.agent === null && m.inAccount(a.name);
}

function seen(m: Model, a: Agent, t: Talk): void {
  const earlier = m.talks.some((other) => other.contact === t.contact && other.open && mayRead(m, a, other));
  if (!a.supervisor && !mayRead(m, a, t) && !earlier) refuse('forbidden');
}

/** Seeing is not acting. */
function mine(m: Model, a: Agent, t: Talk, open = true): void {
  seen(m, a, t);
  if (t.agent !== a.name && !a.supervisor) refuse('not_assigned');
  if (open && !t.open) refuse('interaction_closed');
}

function needsRoom(m: Model, a: Agent): void {
  if (a.disabled) refuse('agent_disabled');
  if (!m.hasRoom(a)) refuse('at_capacity');
}

export function openTab(m: Model, a: Agent, t: Talk): void {
  mine(m, a, t);
  if (t.agent !== a.name) refuse('not_assigned');
  if (t.tab) return;
  needsRoom(m, a);
  t.tab = true;
  t.snoozed = null;
  if (t.at?.kind === 'route' || t.at?.kind === 'return') m.assign(t, a.name, null);
  else if (t.at?.kind === 'transfer') m.position(t, {});
  m.settle();
}

export const acts = {
  accept(m: Model, a: Agent, t: Talk): void {
    const offer = t.at?.offers.find((o) => o.agent === a.name && o.state === 'ringing') ?? refuse('not_found');
    needsRoom(m, a);
    offer.state = 'accepted';
    m.assign(t, a.name, offer.queue);
    m.settle();
  },
  reject(m: Model, a: Agent, t: Talk): void {
    const offer = t.at?.offers.find((o) => o.agent === a.name && o.state === 'ringing') ?? refuse('not_found');
    m.endOffer(t, offer, 'refused', true);
    m.settle();
  },
  take(m: Model, a: Agent, t: Talk): void {
    if (t.open && t.agent === a.name) {
      openTab(m, a, t);
      return;
    }
    if (!a.supervisor) {
      if (!m.inAccount(a.name)) refuse('forbidden');
      if (t.open && t.agent !== null) refuse('already_assigned');
    }
    if (!t.open) refuse('interaction_closed');
    needsRoom(m, a);
    m.assign(t, a.name, t.at?.queue ?? null);
    m.settle();
  },
  open: openTab,
  shut(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t, false);
    if (t.tab) {
      m.endBetween(t);
      t.tab = false;
      t.snoozed = null;
    }
    m.settle();
  },
  read(m: Model, a: Agent, t: Talk): void {
    seen(m, a, t);
    if (t.agent === a.name) t.unread = 0;
  },
  /** Answering counts as accepting. */
  answer(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t);
    t.unanswered = null;
    if (t.agent === a.name && (t.at?.kind === 'route' || t.at?.kind === 'return')) m.assign(t, a.name, null);
    m.settle();
  },
  release(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t);
    m.release(t);
    m.settle();
  },
  'put away'(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t);
    if (t.agent === null) refuse('not_assigned');
    m.endBetween(t);
    t.tab = false;
    t.snoozed = m.now + SNOOZE;
    m.settle();
  },
  'bring back'(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t);
    if (t.agent === null) refuse('not_assigned');
    if (t.snoozed !== null) m.wake(t);
    m.settle();
  },
  closing(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t);
    if (a.connections.size === 0) refuse('not_connected');
    if (t.disposing !== a.name) m.stopDisposing(t);
    t.disposing = a.name;
    a.resume ??= { presence: a.presence, pause: a.pause, since: a.since };
    present(m, a, 'paused', 'Disposition');
    m.settle();
  },
  'cancel closing'(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t, false);
    if (t.disposing === a.name) m.stopDisposing(t);
    m.settle();
  },
  close(m: Model, a: Agent, t: Talk): void {
    mine(m, a, t);
    m.stopDisposing(t);
    Object.assign(t, { open: false, closedAt: m.now, tab: false, unread: 0, unanswered: null, snoozed: null });
    m.position(t, {});
    m.settle();
  },
};

/** ms. */
export const SNOOZE = 45_000;
export type Act = keyof typeof acts;

export function transfer(m: Model, a: Agent, t: Talk, to: { agent: string } | { queue: string }): void {
  mine(m, a, t);
  if ('queue' in to) m.servingQueue(to.queue);
  else {
    if (m.agent(to.agent).disabled) refuse('unknown_agent');
    if (!m.inAccount(to.agent)) refuse('not_in_account');
    if (to.agent === t.agent) refuse('already_assigned');
  }
  const former = t.at?.kind === 'transfer' ? t.at.before : { tab: false, queue: t.at?.queue ?? null };
  const before = { tab: t.tab || former.tab, queue: former.queue };
  m.stopDisposing(t);
  t.tab = false;
  t.snoozed = null;
  const seconds = 'queue' in to ? WAITS.transferToQueue : WAITS.transferToAgent;
  m.position(t, {
    at: m.step({
      kind: 'transfer',
      queue: 'queue' in to ? to.queue : null,
      agent: 'agent' in to ? to.agent : t.agent,
      deadline: m.now + seconds * S,
      before,
    }),
  });
  m.settle();
}

// -- presence

function present(m: Model, a: Agent, presence: Agent['presence'], pause: string | null): void {
  if (a.presence !== presence || a.pause !== pause) a.since = m.now;
  a.presence = presence;
  a.pause = pause;
}

export function connect(m: Model, a: Agent, connection: string): void {
  if (a.disabled) refuse('agent_disabled');
  a.connections.add(connection);
  a.lostAt = null;
  if (a.presence === 'offline') {
    const paused = a.resume?.presence === 'paused';
    present(m, a, paused ? 'paused' : 'available', paused ? a.resume!.pause : null);
    a.resume = null;
  }
  m.settle();
}

export function disconnect(m: Model, a: Agent, connection: string): void {
  if (!a.connections.delete(connection)) return;
  a.lostAt = a.connections.size > 0 ? null : m.now;
  m.settle();
}

export function choose(m: Model, a: Agent, pause: string | null): void {
  if (a.connections.size === 0) refuse('not_connected');
  const presence = pause === null ? 'available' : 'paused';
  if (a.resume !== null) a.resume = { presence, pause, since: m.now };
  else present(m, a, presence, pause);
  m.settle();
}

function signOut(m: Model, a: Agent): void {
  for (const t of m.talks) if (t.disposing === a.name) t.disposing = null;
  a.connections.clear();
  a.lostAt = null;
  a.resume = null;
  present(m, a, 'offline', null);
}

export function leave(m: Model, a: Agent, release: boolean): void {
  for (const t of m.talks) {
    if (!t.open || t.agent !== a.name || !t.tab) continue;
    m.endBetween(t);
    t.tab = false;
  }
  signOut(m, a);
  if (release) m.releaseAll(a.name);
  m.leaves(a.name, 'away');
  m.settle();
}

export function update(m: Model, a: Agent, to: { capacity?: number; disabled?: boolean }): void {
  if (to.disabled && !a.disabled) {
    signOut(m, a);
    m.leaves(a.name, 'gone');
  }
  Object.assign(a, to);
  m.settle();
}

// -- deploys and restarts

/** Offers to who is no member any more end, and whoever joined is asked. */
function withdraw(m: Model, concerns: (queue: string | null) => boolean, isMember: (agent: string) => boolean): void {
  for (const t of [...m.talks])
    for (const o of [...(t.at?.offers ?? [])])
      if (o.state === 'ringing' && concerns(o.queue) && !isMember(o.agent)) m.endOffer(t, o, 'forgotten');
}

export function setMembers(m: Model, members: string[]): void {
  m.members = members;
  withdraw(
    m,
    () => true,
    (agent) => m.inAccount(agent),
  );
  m.settle();
}

export function setQueueMembers(m: Model, q: Queue, agents: string[]): void {
  q.agents = agents;
  withdraw(
    m,
    (queue) => queue === q.name,
    (agent) => agents.includes('*') || agents.includes(agent),
  );
  m.settle();
}

export function removeQueue(m: Model, q: Queue): void {
  q.removed = true;
  for (const t of m.talks) if (t.at?.queue === q.name) m.unanswered(t, 'queue_missing');
  m.settle();
}

/** A node was removed: who waits in it is nobody's, and unread. */
export function removeNode(m: Model, node: string): void {
  for (const t of m.talks) {
    if (t.between?.node === node) m.endPlan(t);
    if (t.at?.node !== node) continue;
    m.position(t, {});
    m.setAgent(t, null, false, null);
  }
  m.settle();
}

/** After a stop of some ms: nothing of the earlier process lives, deadlines do. */
export function restart(m: Model, ms: number): void {
  m.now += ms;
  for (const t of m.talks) if (t.between) t.between.deadline = m.now + WAITS.between * S;
  for (const a of m.agents) for (const c of [...a.connections]) disconnect(m, a, c);
  m.advance(m.now);
}

export { LONG_PAUSE };
