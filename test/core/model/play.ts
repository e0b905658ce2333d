/** What each move of a random game is, on both sides. */
import { type Act, acts, SNOOZE, transfer } from './desk.ts';
import { enterAgent, enterQueue, enterRoute, write } from './flow.ts';
import { type Move, QUEUES, TEAMS } from './moves.ts';
import { NODES, type Pair } from './pair.ts';
import {
  choose,
  connect,
  disconnect,
  leave,
  removeNode,
  removeQueue,
  restart,
  setMembers,
  setQueueMembers,
  update,
} from './people.ts';
import { type Agent, LONG_PAUSE, type Talk } from './state.ts';

/** Numbers below this mean somebody who may do it with what can be done now; else it is whoever it is with whatever there is. */
const APT = 8;

/** Who does it, and with which conversation. */
function subject(p: Pair, name: string, n: number, offered: boolean): { a: Agent; talk: Talk } | null {
  const { talks, agents } = p.model;
  const apt = talks.flatMap((talk) =>
    agents
      .filter((a) =>
        offered ? talk.at?.offers.some((o) => o.agent === a.name && o.state === 'ringing') : talk.agent === a.name,
      )
      .map((a) => ({ a, talk })),
  );
  const open = apt.filter(({ talk }) => talk.open);
  if (n < APT && open.length > 0) return open[n % open.length]!;
  const talk = talks[n % talks.length];
  return talk ? { a: p.model.agent(name), talk } : null;
}

/** Does a move on both sides and compares them. */
export async function play(p: Pair, move: Move): Promise<void> {
  await perform(p, move);
  await p.compare();
}

async function perform(p: Pair, move: Move): Promise<void> {
  const { model: m } = p;
  switch (move.do) {
    case 'write': {
      await p.write(move.contact, () => write(m, move.contact));
      if (!move.onward) return;
      // Most flows begin like this, and so do most games.
      await p.compare();
      await enter(p, { node: 'route', which: 0 });
      await p.compare();
      const last = p.travelling.at(-1)!;
      if (last.token.talk.between?.node === 'route') await enter(p, { node: 'queue', which: 0, queue: move.queue });
      return;
    }
    case 'enter':
      return enter(p, move);
    case 'wait':
      return p.advance(move.seconds * 1000);
    case 'restart':
      return p.restart(() => restart(m, move.seconds * 1000), move.seconds * 1000);
    case 'deploy':
      return deploy(p, move);
    default:
      return desk(p, move);
  }
}

async function enter(
  p: Pair,
  move: Partial<Extract<Move, { do: 'enter' }>> & { node: string; which: number },
): Promise<void> {
  const { model: m, travelling } = p;
  const { node, which, queue = 'All', agent = 'anna', timeout = 40, skip = false, loose = 9 } = move;
  const current = travelling.filter(({ token: { talk, seq } }) => talk.open && talk.at === null && talk.seq === seq);
  const from = which < APT && current.length > 0 ? current : travelling;
  const one = from.at(-1 - (which % Math.min(from.length, 4)));
  // Who was removed takes nothing.
  if (!one || !p.nodes.includes(node)) return;
  const wired = (skip && node === 'queue' ? [0, 1, 2] : [0, 1]).map((output) => output !== loose);
  const entry = { node, wired, timeout };
  switch (node) {
    case 'route':
      return p.enter('enterRoute', one, entry, {}, () => enterRoute(m, one.token, entry));
    case 'queue':
      return p.enter('enterQueue', one, entry, { queue, byName: true, skipIfNobody: skip }, () =>
        enterQueue(m, one.token, entry, queue, skip),
      );
    default:
      return p.enter('enterAgent', one, entry, { agent }, () => enterAgent(m, one.token, entry, agent));
  }
}

async function desk(p: Pair, move: Extract<Move, { agent: string }>): Promise<void> {
  const { model: m, host } = p;
  const username = move.agent;
  const a = m.agent(username);
  switch (move.do) {
    case 'presence': {
      const connection = `${username}-${move.second ? 2 : 1}`;
      if (move.what === 'connect')
        await p.both(
          () => connect(m, a, connection),
          () => host.run('connect', { username, connection }),
        );
      else if (move.what === 'lose')
        await p.both(
          () => disconnect(m, a, connection),
          () => host.run('disconnect', { connection }),
        );
      else if (move.what === 'leave' || move.what === 'leave all') {
        const release = move.what === 'leave all';
        await p.both(
          () => leave(m, a, release),
          () => host.run('leave', { username, release }),
        );
      } else {
        const pause = { available: null, break: 'Break', lunch: LONG_PAUSE.name }[move.what];
        await p.both(
          () => choose(m, a, pause),
          () => host.run('setPresence', { username, ...(pause ? { state: 'paused', pause } : { state: 'available' }) }),
        );
      }
      return;
    }
    case 'admin': {
      const to = {
        disable: { disabled: true },
        enable: { disabled: false },
        narrow: { capacity: 1 },
        widen: { capacity: 3 },
      }[move.what];
      await p.both(
        () => update(m, a, to),
        () => host.run('updateAgent', { username, ...to }),
      );
      return;
    }
    case 'transfer': {
      const found = subject(p, username, move.talk, false);
      if (!found) return;
      const to = (QUEUES as readonly string[]).includes(move.to) ? { queue: move.to } : { agent: move.to };
      await p.both(
        () => transfer(m, found.a, found.talk, to),
        () => host.run('transfer', { interaction: p.id(found.talk.id), username: found.a.name, to }),
      );
      return;
    }
    case 'desk': {
      const found = subject(p, username, move.talk, move.act === 'accept' || move.act === 'reject');
      if (!found) return;
      await p.both(
        () => acts[move.act](m, found.a, found.talk),
        () => coreAct(p, move.act, found.a.name, found.talk),
      );
    }
  }
}

async function coreAct(p: Pair, act: Act, username: string, talk: Talk): Promise<unknown> {
  const { host } = p;
  const about = { interaction: p.id(talk.id), username };
  switch (act) {
    case 'accept':
    case 'reject': {
      const { offers } = await host.run('desk', { username });
      const offer = offers.find((o) => o.interaction.id === about.interaction)?.id ?? 'none';
      return host.run(act === 'accept' ? 'acceptOffer' : 'rejectOffer', { offer, username });
    }
    case 'take':
      return host.run('take', about);
    case 'open':
    case 'shut':
      return host.run('setTab', { ...about, open: act === 'open' });
    case 'read':
      return host.run('markRead', about);
    case 'answer':
      return host.run('sendMessage', { ...about, text: 'x' });
    case 'release':
      return host.run('release', about);
    case 'put away':
      return host.run('snooze', { ...about, until: p.model.now + SNOOZE });
    case 'bring back':
      return host.run('snooze', { ...about, until: null });
    case 'closing':
      return host.run('startClosing', about);
    case 'cancel closing':
      return host.run('cancelClosing', about);
    case 'close':
      return host.run('closeInteraction', about);
  }
}

async function deploy(p: Pair, move: Extract<Move, { do: 'deploy' }>): Promise<void> {
  const { model: m } = p;
  const q = m.queues.find(({ name }) => name === move.queue)!;
  const team = TEAMS[move.team]!;
  await p.deploy(() => {
    switch (move.what) {
      case 'account':
        return setMembers(m, team);
      case 'queue':
        if (!q.removed) setQueueMembers(m, q, team);
        return;
      case 'remove queue':
        if (!q.removed) removeQueue(m, q);
        return;
      case 'restore':
        p.nodes = [...NODES];
        for (const one of m.queues) one.removed = false;
        return;
      case 'remove node':
        p.nodes = p.nodes.filter((n) => n !== move.node);
        return removeNode(m, move.node);
      default:
    }
  });
}
