/** Who is there, what is deployed, and restarts, in the model. */
import type { Model } from './centre.ts';
import { type Agent, isIn, type Queue, refuse, S, WAITS } from './state.ts';

export function present(m: Model, a: Agent, presence: Agent['presence'], pause: string | null): void {
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
    (agent) => isIn(agents, agent),
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
