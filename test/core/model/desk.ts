/** What people do with conversations, in the model. Each act ends with `settle`; a refusal changes nothing. */
import type { Model } from './centre.ts';
import { present } from './people.ts';
import { type Agent, refuse, S, type Talk, WAITS } from './state.ts';

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
