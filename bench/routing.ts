/**
 * `npm run bench:routing`: what an assignment costs (an agent becomes free, the next interaction is offered to them and accepted) while
 * 1,000, 10,000 and 100,000 wait: 1,000 agents in 50 queues, the core over a SQLite in memory. CPU time, so that others on the machine
 * do not count; ratios of one run. Options: `--assignments=2000 --waiting=1000,10000,100000 --profile`.
 */
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import type { Commands, Effect, QueueConfig, Strategy } from '../core/api.ts';
import { createHost, type Host } from '../core/host/host.ts';
import { openSqlite } from '../store/sqlite/open.ts';
import { ACCOUNT } from './support/account.ts';
import { median } from './support/process.ts';
import { topFunctions } from './support/profile.ts';

const { values: options } = parseArgs({
  options: {
    assignments: { type: 'string', default: '2000' },
    waiting: { type: 'string', default: '1000,10000,100000' },
    profile: { type: 'boolean', default: false },
  },
});
const ASSIGNMENTS = Number(options.assignments);
const SIZES = options.waiting.split(',').map(Number);
const AGENTS = 1000;
const QUEUES = 50;
/** Queues that each agent is in. */
const EACH = 3;
/** Measured in this many parts, of which the median counts. */
const PARTS = 10;
const STRATEGIES: Strategy[] = ['beepall', 'rrmemory', 'leastrecent', 'fewestopen'];

const agentName = (i: number) => `agent-${String(i).padStart(4, '0')}`;
const queues: QueueConfig[] = Array.from({ length: QUEUES }, (_, q) => ({
  nodeId: `queue-${q}`,
  name: `Queue ${q}`,
  strategy: STRATEGIES[q % STRATEGIES.length]!,
  agentTimeout: 20,
  weight: q % 3,
  agents: Array.from({ length: AGENTS }, (_, i) => i)
    .filter((i) => Array.from({ length: EACH }, (_, k) => (i * 7 + k * 17) % QUEUES).includes(q))
    .map(agentName),
}));

/** Offers that ring, by agent. */
const offers = new Map<string, string[]>();

function listen(effects: Effect[]): void {
  for (const e of effects) {
    if (e.kind !== 'publish' || e.event !== 'offer') continue;
    for (const agent of e.to)
      offers.set(agent, [...(offers.get(agent) ?? []), (JSON.parse(e.json) as { id: string }).id]);
  }
}

/** An office in which everybody is busy with one conversation, and so many wait in the queues. */
async function office(waiting: number): Promise<{ host: Host; busy: Map<string, string> }> {
  offers.clear();
  const host = await createHost({ store: await openSqlite(':memory:'), settings: { offlineAfter: 86_400 } });
  host.onEffects(listen);
  const handovers: Extract<Effect, { kind: 'handover' }>[] = [];
  host.onEffects((effects) => {
    for (const e of effects) if (e.kind === 'handover') handovers.push(e);
  });
  const { accounts } = await host.run('syncConfig', { accounts: [ACCOUNT], queues, nodes: null });
  const { id } = accounts.account as { id: string };
  for (let i = 0; i < AGENTS; i++) {
    const username = agentName(i);
    await host.run('createAgent', { username, name: username, role: 'agent', capacity: 1, passwordHash: '-' });
  }
  const enter = async (n: number, queue: number) => {
    const phone = `+1202${1_000_000 + n}`;
    const event = {
      kind: 'message' as const,
      id: `SM${n}`,
      peer: { address: phone, phone },
      type: 'text' as const,
      text: 'Hello',
    };
    await host.run('ingest', { account: id, events: [event] });
    const { handover } = handovers.pop()!;
    const { interaction, plan } = handover.context;
    await host.run('handed', { messages: [handover.message.id] });
    const step = { node: 'step', interaction: interaction.id, plan, msg: '{}', wired: [true, true] };
    await host.run('enterQueue', { ...step, queue: `queue-${queue}`, byName: false, timeout: 0, skipIfNobody: false });
    return interaction.id;
  };
  const busy = new Map<string, string>();
  for (let i = 0; i < AGENTS; i++) busy.set(agentName(i), await enter(i, i % QUEUES));
  for (const [username, interaction] of busy) await host.run('take', { interaction, username });
  // Nobody is there while the others come: each entry would tell a thousand desks.
  for (let n = 0; n < waiting + ASSIGNMENTS; n++) await enter(AGENTS + n, n % QUEUES);
  for (const username of busy.keys()) await host.run('connect', { username, connection: username });
  return { host, busy };
}

/** An agent closes what they have; what rings then is accepted. */
async function assignment(host: Host, busy: Map<string, string>, username: string): Promise<void> {
  await host.run('closeInteraction', { interaction: busy.get(username)!, username });
  const offer = offers.get(username)?.pop();
  if (!offer) throw new Error(`nothing rings for ${username}, who is free while others wait`);
  const { interaction }: Commands['acceptOffer'][1] = await host.run('acceptOffer', { offer, username });
  busy.set(username, interaction.id);
  offers.delete(username);
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function measure(waiting: number): Promise<{ each: number; worst: number }> {
  const { host, busy } = await office(waiting);
  const names = [...busy.keys()];
  let next = 0;
  const some = async (count: number) => {
    // Not measured: keeps them connected, however slow the machine is.
    await host.run('heartbeat', { connections: names });
    const before = cpuMs();
    for (let i = 0; i < count; i++) await assignment(host, busy, names[next++ % names.length]!);
    return (cpuMs() - before) / count;
  };
  const part = Math.floor(ASSIGNMENTS / (PARTS + 2));
  // The first ones compile what is then measured.
  await some(2 * part);
  const profile = options.profile && waiting === SIZES.at(-1) ? await startProfile() : null;
  const parts: number[] = [];
  for (let i = 0; i < PARTS; i++) parts.push(await some(part));
  await profile?.();
  await host.close();
  return { each: median(parts), worst: Math.max(...parts) };
}

async function startProfile(): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    for (const line of topFunctions(profile as never, 25)) console.log(`  ${line}`);
    session.disconnect();
  };
}

console.log(`${AGENTS} agents in ${QUEUES} queues (each in ${EACH}), ${ASSIGNMENTS} assignments, CPU time of the core`);
console.log('waiting     ms an assignment   worst part');
const results: number[] = [];
for (const waiting of SIZES) {
  const { each, worst } = await measure(waiting);
  results.push(each);
  console.log(String(waiting).padEnd(8) + each.toFixed(3).padStart(18) + worst.toFixed(3).padStart(14));
}
const ratio = results.at(-1)! / results[0]!;
console.log(`growth from ${SIZES[0]} to ${SIZES.at(-1)}   ${ratio.toFixed(2)}   (goal ≤ 1.5)`);
console.log(`an assignment with ${SIZES.at(-1)} waiting   ${results.at(-1)!.toFixed(3)} ms   (goal < 1)`);
