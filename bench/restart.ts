/**
 * `npm run bench:restart`: Node-RED starts over 100,000 interactions that wait in a step, written by the core before. Start and memory over
 * the same start with an empty store; how exactly the next deadlines fire; then, with 10,000 that fell due while it was down, how fast
 * they drain, in which order, and how long webhooks take meanwhile. Wall times suffer from others on the machine: CPU time stands beside
 * them. Options: `--waiting=100000 --backlog=10000 --rate=320 --profile`.
 */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import type { Effect } from '../core/api.ts';
import { createHost } from '../core/host/host.ts';
import { openSqlite } from '../store/sqlite/open.ts';
import { createUserDir, type FlowNode, type NodeRed, removeUserDir, startNodeRed } from '../test/support/node-red.ts';
import { ACCOUNT } from './support/account.ts';
import { cpuSeconds, load, residentMb } from './support/process.ts';
import { topFunctions } from './support/profile.ts';

const { values: options } = parseArgs({
  options: {
    waiting: { type: 'string', default: '100000' },
    backlog: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '320' },
    profile: { type: 'boolean', default: false },
  },
});
const WAITING = Number(options.waiting);
const BACKLOG = Number(options.backlog);
const RATE = Number(options.rate);
/** Steps whose exact end is looked at, ms apart. */
const SAMPLE = 200;
const APART = 20;
/** ms after the start at which memory is read. */
const IDLE = 3000;
/** ms from the beginning of the start to the first end of a step. */
const AHEAD = 25_000;
const PUBLIC = 'https://bench.example';
const SECRETS = { accountSid: `AC${'0'.repeat(31)}1`, authToken: '0123456789abcdef0123456789abcdef' };

const node = (id: string, type: string, wires: string[][], more: object = {}): FlowNode => ({
  ...{ id, type, z: 't', x: 100, y: 100, wires },
  ...more,
});
const code = (func: string) => ({ func, outputs: 1, libs: [] });
/** Ends of steps are noted in the global context, and read over HTTP. */
const flows: FlowNode[] = [
  { id: 't', type: 'tab', label: 'bench' },
  { id: ACCOUNT.nodeId, type: 'whatsapp-account', ...account() },
  {
    id: 'queue',
    type: 'whatsapp-queue',
    name: 'Bench',
    strategy: 'beepall',
    agentTimeout: 20,
    weight: 0,
    agents: ['*'],
  },
  node('in', 'wa-inbound', [['route'], []], { account: ACCOUNT.nodeId }),
  node('route', 'wa-route', [[], ['step']]),
  node('step', 'wa-queue', [[], ['ended']], { queue: 'queue', queueType: 'queue', timeout: 86_400 }),
  node(
    'ended',
    'function',
    [[]],
    code("global.get('ended').push([msg.whatsapp.interaction.id, Date.now()]); return null;"),
  ),
  node('read', 'http in', [['give']], { url: '/ended', method: 'get' }),
  node('give', 'function', [['answer']], code("msg.payload = global.get('ended'); return msg;")),
  node('answer', 'http response', []),
];
function account(): object {
  const { nodeId: _, ...config } = ACCOUNT;
  return { ...config, domain: PUBLIC, credentials: SECRETS };
}

/** A store in which so many wait, as the core writes it. */
async function fill(file: string): Promise<void> {
  const host = await createHost({ store: await openSqlite(file), settings: { offlineAfter: 60 } });
  let handovers: Extract<Effect, { kind: 'handover' }>[] = [];
  host.onEffects((effects) => {
    for (const e of effects) if (e.kind === 'handover') handovers.push(e);
  });
  const { accounts } = await host.run('syncConfig', {
    accounts: [ACCOUNT],
    queues: [{ nodeId: 'queue', name: 'Bench', strategy: 'beepall', agentTimeout: 20, weight: 0, agents: ['*'] }],
    nodes: null,
  });
  const { id } = accounts[ACCOUNT.nodeId] as { id: string };
  const step = {
    node: 'step',
    wired: [false, true],
    queue: 'queue',
    byName: false,
    timeout: 86_400,
    skipIfNobody: false,
  };
  for (let n = 0; n < WAITING; ) {
    const group: Promise<unknown>[] = [];
    for (let i = 0; i < 1000 && n < WAITING; i++, n++) {
      const phone = `+1303${1_000_000 + n}`;
      const event = {
        kind: 'message' as const,
        id: `SM${n}`,
        peer: { address: phone, phone },
        type: 'text' as const,
        text: `Hello, ${n}`,
      };
      group.push(host.run('ingest', { account: id, events: [event] }));
    }
    await Promise.all(group);
    const given = handovers;
    handovers = [];
    await host.run('handed', { messages: given.map((h) => h.handover.message.id) });
    await Promise.all(
      given.map(({ handover: { message, context } }) => {
        const msg = JSON.stringify({
          _msgid: message.id,
          topic: ACCOUNT.key,
          payload: message.text,
          whatsapp: { ...context, message },
        });
        return host.run('enterQueue', { ...step, interaction: context.interaction.id, plan: context.plan, msg });
      }),
    );
  }
  await host.close();
}

/** Moves the ends of steps: each gets one of these moments, by the order of ids. */
function setDeadlines(file: string, moments: number[]): Map<string, number> {
  const db = new DatabaseSync(file);
  const waiting = db
    .prepare("select id from interaction where plan_position = 'at' order by id limit ?")
    .all(moments.length) as { id: string }[];
  const set = db.prepare('update interaction set step_deadline = ? where id = ?');
  const due = new Map<string, number>();
  db.exec('begin');
  waiting.forEach(({ id }, i) => {
    set.run(moments[i]!, id);
    due.set(id, moments[i]!);
  });
  db.exec('commit');
  db.close();
  return due;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts Node-RED and waits until it takes webhooks. */
async function start(userDir: string): Promise<{ red: NodeRed; url: string; ms: number; cpu: number }> {
  const begun = performance.now();
  const red = await startNodeRed({
    userDir,
    flows,
    timeout: 120_000,
    settingsCode: 'module.exports.functionGlobalContext = { ended: [] };',
    nodeArgs: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${join(userDir, 'prof')}`] : [],
  });
  for (;;) {
    const answer = await red.admin(`/whatsapp/admin/accounts/${ACCOUNT.nodeId}`);
    if (answer.ok) {
      const { receiveUrl: url } = (await answer.json()) as { receiveUrl: string };
      // Unsigned: 403 as soon as the account is known, 503 before.
      const { status } = await fetch(url.replace(PUBLIC, red.url), { method: 'POST' });
      if (status === 403) return { red, url, ms: performance.now() - begun, cpu: cpuSeconds(red.process.pid!).all };
    }
    await wait(20);
  }
}

const ended = async (red: NodeRed) => (await (await fetch(`${red.url}/ended`)).json()) as [id: string, at: number][];

/** Waits until so many steps ended. */
async function untilEnded(red: NodeRed, count: number): Promise<[string, number][]> {
  for (const until = Date.now() + 120_000; ; await wait(100)) {
    const all = await ended(red);
    if (all.length >= count) return all;
    if (Date.now() > until) throw new Error(`only ${all.length} of ${count} steps ended:\n${red.log().slice(-3000)}`);
  }
}

/** How many come before one that was due earlier. */
function disorder(all: [string, number][], due: Map<string, number>): number {
  let late = 0;
  let last = 0;
  for (const [id] of all) {
    const at = due.get(id) ?? 0;
    if (at < last) late++;
    last = Math.max(last, at);
  }
  return late;
}

const percentile = (values: number[], p: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * p)] ?? 0;
const line = (name: string, value: string, goal: string) =>
  console.log(`${name.padEnd(46)}${value.padStart(14)}   (goal ${goal})`);

async function withUserDir<T>(work: (userDir: string, file: string) => Promise<T>, from?: string): Promise<T> {
  const userDir = await createUserDir();
  const file = join(userDir, 'whatsapp-connector', 'connector.db');
  await mkdir(dirname(file), { recursive: true });
  if (from) await copyFile(from, file);
  try {
    return await work(userDir, file);
  } finally {
    await removeUserDir(userDir);
  }
}

async function idle(userDir: string) {
  const { red, ms, cpu } = await start(userDir);
  await wait(IDLE);
  const memory = residentMb(red.process.pid!);
  await red.stop();
  return { ms, cpu, memory };
}

/** Who is due some seconds after the start: how much later than due they leave. */
async function exactness(userDir: string, file: string) {
  const first = Date.now() + AHEAD;
  const due = setDeadlines(
    file,
    Array.from({ length: SAMPLE }, (_, i) => first + i * APART),
  );
  const { red, ms, cpu } = await start(userDir);
  await wait(IDLE);
  const memory = residentMb(red.process.pid!);
  if (Date.now() > first) throw new Error('the start took too long to look at the timers');
  const all = await untilEnded(red, SAMPLE);
  await red.stop();
  return { ms, cpu, memory, late: all.map(([id, at]) => at - due.get(id)!), disorder: disorder(all, due) };
}

/** What fell due while it was down: it drains while webhooks come. */
async function drain(userDir: string, file: string) {
  const past = Date.now() - 60_000;
  const due = setDeadlines(
    file,
    Array.from({ length: BACKLOG }, (_, i) => past + i),
  );
  const { red, url } = await start(userDir);
  const job = {
    url: url.replace(PUBLIC, red.url),
    publicUrl: url,
    ...SECRETS,
    phone: ACCOUNT.phone,
    contacts: 9000,
    connections: 20,
  };
  const loading = load({ ...job, first: 0, amount: RATE * 15, rate: RATE });
  const all = await untilEnded(red, BACKLOG);
  const seconds = (all[BACKLOG - 1]![1] - all[0]![1]) / 1000;
  const { p99, failed } = await loading;
  await red.stop();
  if (options.profile)
    for (const name of await readdir(join(userDir, 'prof'))) {
      console.log(`\n${name}`);
      for (const f of topFunctions(JSON.parse(await readFile(join(userDir, 'prof', name), 'utf8')), 25))
        console.log(`  ${f}`);
    }
  return {
    rate: BACKLOG / seconds,
    p99,
    failed,
    disorder: disorder(all, due),
    twice: all.length - new Set(all.map(([id]) => id)).size,
  };
}

const dir = await mkdtemp(join(tmpdir(), 'wa-restart-'));
try {
  const full = join(dir, 'full.db');
  await fill(full);
  const empty = await withUserDir(idle);
  const one = await withUserDir(exactness, full);
  const two = await withUserDir(drain, full);
  console.log(`${WAITING} interactions wait in a step`);
  console.log('                        start ms   CPU ms until then   memory MB');
  for (const [name, m] of [
    ['an empty store', empty],
    ['over those', one],
  ] as const)
    console.log(
      name.padEnd(20) +
        m.ms.toFixed(0).padStart(12) +
        (m.cpu * 1000).toFixed(0).padStart(20) +
        m.memory.toFixed(0).padStart(12),
    );
  line('start over an empty store', `+${(one.ms - empty.ms).toFixed(0)} ms`, '< 2000');
  line('  of which CPU', `+${((one.cpu - empty.cpu) * 1000).toFixed(0)} ms`, '< 2000');
  line('memory over an empty store', `+${(one.memory - empty.memory).toFixed(0)} MB`, '< 150');
  line(`${SAMPLE} steps end later than due, median`, `${percentile(one.late, 0.5).toFixed(0)} ms`, '< 1000');
  line('  the latest', `${Math.max(...one.late).toFixed(0)} ms`, '< 1000');
  line('  earlier than due', `${one.late.filter((ms) => ms < 0).length}`, '0');
  line('  out of order', `${one.disorder}`, '0');
  line(`${BACKLOG} overdue drain at`, `${two.rate.toFixed(0)} /s`, '≥ 1000');
  line('  out of order', `${two.disorder}`, '0');
  line('  given out twice', `${two.twice}`, '0');
  line(`  webhooks meanwhile at ${RATE}/s, p99`, `${two.p99.toFixed(0)} ms`, '< 250');
  line('  refused', `${two.failed}`, '0');
} finally {
  await rm(dir, { recursive: true, force: true });
}
