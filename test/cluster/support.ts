import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect } from '../../core/api.ts';
import { type SharedEngine, startShared } from '../../core/cluster/engine.ts';
import { account, queue } from '../core/support.ts';

export const NODES = ['acc', 'q-Sales', 'queue', 'route'];
const settings = { offlineAfter: 60 };

export interface Runtime {
  engine: SharedEngine;
  effects: Effect[];
  id: string;
}

/** A runtime whose flows run; what its nodes get is in `effects`. */
export async function runtime(url: string, nodes = NODES): Promise<Runtime> {
  const engine = await startShared({ url, settings });
  const effects: Effect[] = [];
  engine.onEffects((e) => effects.push(...e));
  const { accounts } = await engine.run('syncConfig', {
    accounts: nodes.includes('acc') ? [account()] : [],
    queues: nodes.includes('q-Sales') ? [queue({ name: 'Sales' })] : [],
    nodes,
  });
  await engine.run('resume', { attempts: true, running: nodes, parkedOnly: false });
  return { engine, effects, id: (accounts.acc as { id: string } | undefined)?.id ?? '' };
}

/** Waits for what has to come about, at most this long, ms. */
export async function until<T>(what: string, look: () => T | undefined | false | null, ms = 10_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(5);
  }
}

export const handoversOf = (r: Runtime) => r.effects.filter((e) => e.kind === 'handover');
export const write = (r: Runtime, id: string, from = '+12025550199') =>
  r.engine.run('ingest', {
    account: r.id,
    events: [{ kind: 'message', id, peer: { address: from, phone: from }, type: 'text', text: id }],
  });

export async function agent(r: Runtime, username: string, create = true): Promise<void> {
  if (create)
    await r.engine.run('createAgent', { username, name: username, role: 'agent', capacity: 9, passwordHash: 'x' });
  await r.engine.run('connect', { username, connection: `c-${username}` });
}

/** A message that a `wa-inbound` of this runtime got enters the queue there. */
export async function enterQueue(r: Runtime, timeout = 60): Promise<string> {
  const { handover } = await until('the hand-over', () => handoversOf(r).at(-1));
  await r.engine.run('handed', { messages: [handover.message.id] });
  const { interaction, plan } = handover.context;
  await r.engine.run('enterQueue', {
    ...{ node: 'queue', interaction: interaction.id, plan, msg: '{"a":1}', wired: [true, true] },
    ...{ queue: 'q-Sales', byName: false, timeout, skipIfNobody: false },
  });
  return interaction.id;
}
