/**
 * `npm run bench:ingest`: signed unique Twilio webhooks against (a) the bare flow `http in → function → http response`, (b) the same
 * with a durable SQLite insert, (c) this pack up to `wa-inbound`, (d) through `wa-route` and `wa-queue` with a step and its offers.
 * Prints ratios of one run on one machine. Options: `--amount=20000 --rounds=3 --profile` (a CPU profile of (d), its top ten).
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createUserDir, type FlowNode, type NodeRed, removeUserDir, startNodeRed } from '../test/support/node-red.ts';
import { cpuSeconds, load, median, residentMb } from './support/process.ts';
import { topFunctions } from './support/profile.ts';

const { values: options } = parseArgs({
  options: {
    amount: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
    only: { type: 'string', default: 'abcd' },
  },
});
const AMOUNT = Number(options.amount);
const ROUNDS = Number(options.rounds);
const WARM_UP = 12_000;
const CONNECTIONS = 50;
const CONTACTS = 9000;
const PUBLIC = 'https://bench.example';
const account = {
  phone: '+12025550100',
  accountSid: `AC${randomBytes(16).toString('hex')}`,
  authToken: randomBytes(16).toString('hex'),
};

const tab: FlowNode = { id: 't', type: 'tab', label: 'bench' };
const node = (id: string, type: string, wires: string[][], more: object = {}): FlowNode => ({
  id,
  type,
  z: 't',
  x: 100,
  y: 100,
  wires,
  ...more,
});
const bare = (func: string): FlowNode[] => [
  tab,
  node('in', 'http in', [['f']], { url: '/hook', method: 'post' }),
  node('f', 'function', [['out']], { func, outputs: 1, libs: [] }),
  node('out', 'http response', []),
];
const INSERT = `const db = global.get('bench');
db.insert.run(msg.payload.MessageSid, msg.payload.From, msg.payload.Body, Date.now());
msg.payload = '<Response/>'; return msg;`;
const SETTINGS = `const { DatabaseSync } = require('node:sqlite');
const db = new DatabaseSync(require('node:path').join(__dirname, 'bench.db'));
db.exec('pragma journal_mode = wal; pragma synchronous = full; create table m (id text primary key, sender text, body text, at integer)');
module.exports.functionGlobalContext = { bench: { insert: db.prepare('insert into m values (?, ?, ?, ?)') } };`;
const pack = (...nodes: FlowNode[]): FlowNode[] => [
  tab,
  {
    ...{
      id: 'acc',
      type: 'whatsapp-account',
      name: 'Bench',
      key: 'BENCH',
      provider: 'twilio',
      phone: account.phone,
      domain: PUBLIC,
    },
    ...{ agents: ['*'], credentials: { accountSid: account.accountSid, authToken: account.authToken } },
  },
  { id: 'q', type: 'whatsapp-queue', name: 'Bench', strategy: 'beepall', agentTimeout: 20, weight: 0, agents: ['*'] },
  ...nodes,
  node('f', 'function', [[]], { func: 'return null;', outputs: 1, libs: [] }),
];

interface Variant {
  name: string;
  flows: FlowNode[];
  settingsCode?: string;
  own: boolean;
}
const variants: Variant[] = [
  { name: '(a) bare flow', flows: bare("msg.payload = '<Response/>'; return msg;"), own: false },
  { name: '(b) flow with SQLite insert', flows: bare(INSERT), settingsCode: SETTINGS, own: false },
  { name: '(c) up to wa-inbound', flows: pack(node('i', 'wa-inbound', [['f'], []], { account: 'acc' })), own: true },
  {
    name: '(d) through route and queue',
    flows: pack(
      node('i', 'wa-inbound', [['r'], []], { account: 'acc' }),
      node('r', 'wa-route', [['f'], ['qn']]),
      node('qn', 'wa-queue', [['f'], ['f']], { queue: 'q', queueType: 'queue', timeout: 3600 }),
    ),
    own: true,
  },
];

async function receiveUrl(red: NodeRed): Promise<string> {
  for (let i = 0; i < 100; i++) {
    const answer = await red.admin('/whatsapp/admin/accounts/acc');
    if (answer.ok) return ((await answer.json()) as { receiveUrl: string }).receiveUrl;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the account was not deployed:\n${red.log()}`);
}

/** Three agents with desks open, so that the first interactions ring and the others wait. */
async function connectAgents(red: NodeRed): Promise<() => void> {
  const stop = new AbortController();
  for (const username of ['anna', 'ben', 'carla']) {
    const password = 'bench-password';
    await red.admin('/whatsapp/admin/agents', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, name: username, password, role: 'agent', capacity: 5 }),
    });
    const login = await fetch(`${red.url}/whatsapp/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-wa-request': '1' },
      body: JSON.stringify({ username, password }),
    });
    const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
    const stream = await fetch(`${red.url}/whatsapp/api/events`, { headers: { cookie }, signal: stop.signal });
    // Read, or the stream would be cut as too slow.
    void stream.body?.pipeTo(new WritableStream()).catch(() => {});
  }
  return () => stop.abort();
}

interface Measure {
  rate: number;
  cpu: number;
  /** Of which on the main thread, and on the store's. */
  main: number;
  store: number;
  p99: number;
  steady: number;
  memory: number;
}

async function measure(v: Variant, profile: boolean): Promise<Measure> {
  const userDir = await createUserDir({ pack: v.own });
  const red = await startNodeRed({
    userDir,
    flows: v.flows,
    ...(v.settingsCode ? { settingsCode: v.settingsCode } : {}),
    settings: { logging: { console: { level: 'info' } } },
    nodeArgs: profile ? ['--cpu-prof', `--cpu-prof-dir=${join(userDir, 'prof')}`] : [],
  });
  try {
    const url = v.own ? await receiveUrl(red) : `${PUBLIC}/hook`;
    const memory = residentMb(red.process.pid!);
    const disconnect = v.name.startsWith('(d)') ? await connectAgents(red) : () => {};
    const job = {
      url: url.replace(PUBLIC, red.url),
      publicUrl: url,
      ...account,
      contacts: CONTACTS,
      connections: CONNECTIONS,
    };
    await load({ ...job, first: 0, amount: WARM_UP, rate: 0 });
    const before = cpuSeconds(red.process.pid!);
    const full = await load({ ...job, first: 1_000_000, amount: AMOUNT, rate: 0 });
    const after = cpuSeconds(red.process.pid!);
    const each = (key: keyof typeof after) => ((after[key] - before[key]) / full.ok) * 1e6;
    const calm = await load({ ...job, first: 2_000_000, amount: 3200, rate: 320 });
    if (full.failed + calm.failed > 0)
      throw new Error(`${full.failed + calm.failed} requests failed:\n${red.log().slice(-2000)}`);
    disconnect();
    await red.stop();
    if (profile) {
      const dir = join(userDir, 'prof');
      for (const file of readdirSync(dir)) {
        console.log(`\n${file}: where the time goes`);
        for (const line of topFunctions(JSON.parse(readFileSync(join(dir, file), 'utf8')), 22))
          console.log(`  ${line}`);
      }
    }
    return {
      rate: full.requestsPerSecond,
      cpu: each('all'),
      main: each('main'),
      store: each('store'),
      p99: full.p99,
      steady: calm.p99,
      memory,
    };
  } finally {
    await red.kill9();
    await removeUserDir(userDir);
  }
}

const chosen = variants.filter((v) => options.only.includes(v.name[1]!));
const results = new Map<string, Measure[]>();
for (let round = 0; round < ROUNDS; round++)
  for (const v of chosen) {
    const profile = options.profile && round === ROUNDS - 1 && v.own;
    results.set(v.name, [...(results.get(v.name) ?? []), await measure(v, profile)]);
  }
const of = (letter: string, key: keyof Measure) =>
  median((results.get(variants.find((v) => v.name[1] === letter)!.name) ?? []).map((m) => m[key]));
console.log(
  `\n${AMOUNT} signed Twilio webhooks, ${CONTACTS} contacts, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`,
);
console.log(
  'variant                        requests/s   CPU µs/message   (main)  (store)   p99 ms   p99 at 320/s   memory MB',
);
for (const v of chosen) {
  const f = (key: keyof Measure, digits: number, width: number) => of(v.name[1]!, key).toFixed(digits).padStart(width);
  console.log(
    v.name.padEnd(30) +
      f('rate', 0, 11) +
      f('cpu', 0, 17) +
      f('main', 0, 9) +
      f('store', 0, 9) +
      f('p99', 1, 9) +
      f('steady', 1, 15) +
      f('memory', 0, 12),
  );
}
if (chosen.length === variants.length) {
  const ratio = (name: string, value: number, goal: string) =>
    console.log(`${name.padEnd(52)}${value.toFixed(2)}   (goal ${goal})`);
  ratio('CPU up to wa-inbound / bare flow', of('c', 'cpu') / of('a', 'cpu'), '≤ 0.75');
  ratio('CPU through route and queue / bare flow', of('d', 'cpu') / of('a', 'cpu'), '≤ 1.25');
  ratio('throughput through route and queue / bare flow', of('d', 'rate') / of('a', 'rate'), '≥ 1.0');
  ratio('throughput through route and queue / SQLite insert', of('d', 'rate') / of('b', 'rate'), '≥ 3');
}
