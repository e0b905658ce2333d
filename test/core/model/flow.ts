/** Messages and the nodes of the flow, in the model. */
import type { Model } from './centre.ts';
import { REOPEN, refuse, S, type Talk, WAITS } from './state.ts';

/** A message as it travels: which one, and the seq it was given. */
export interface Token {
  talk: Talk;
  message: number;
  seq: number;
}

export type Answer = { result: 'out'; output: number; outcome: string } | { result: 'waiting' | 'ended' | 'stale' };

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
