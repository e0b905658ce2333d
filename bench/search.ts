/**
 * `npm run bench:search`: searches over 100,000 interactions with 1,000,000 messages, and what the writer's ingest notices of them.
 * Prints medians of one run on one machine. Options: `--interactions=100000 --messages=1000000 --rounds=7`.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AccountConfig, Engine, QueueConfig } from '../core/api.ts';
import { startThread } from '../core/host/thread.ts';
import { type History, writeHistory } from './support/history.ts';
import { median } from './support/process.ts';

const { values: options } = parseArgs({
  options: {
    interactions: { type: 'string', default: '100000' },
    messages: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '7' },
  },
});
const INTERACTIONS = Number(options.interactions);
const MESSAGES = Number(options.messages);
const ROUNDS = Number(options.rounds);

const account = (nodeId: string, key: string, phone: string): AccountConfig => ({
  ...{ nodeId, key, phone, provider: 'twilio', name: key, color: '', list: 'Default', waitForAgent: 10 },
  ...{ waitForQueue: 10, sound: true, shake: true, template: '', mandatoryDisposition: false },
  ...{ dispositionPause: 'Disposition', dispositions: [], cannedAnswers: [], agents: ['*'], reopenMinutes: 0 },
  ...{ autoCloseHours: 0, transferToAgent: true, transferToQueue: true, transferToAgentTimeout: 30 },
  transferToQueueTimeout: 30,
});
const ACCOUNTS = [account('a', 'SALES', '+12025550100'), account('b', 'SUP', '+12025550101')];
const QUEUES: QueueConfig[] = ['Sales', 'Support'].map((name) => ({
  ...{ nodeId: `q-${name}`, name, strategy: 'beepall', agentTimeout: 20, weight: 0, agents: ['*'] },
}));

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();

type Asked = [name: string, search: object, username?: string];

const searches = ({ agent, phone, rare }: History): Asked[] => [
  ['newest first', {}],
  ['last activity first', { sort: { field: 'lastMessageAt', direction: 'desc' } }],
  ['open, waiting longest', { status: 'open', sort: { field: 'unansweredSince' } }],
  ['a week of an account', { account: 'SALES', startDate: { from: day(30), to: day(23) } }],
  ['all of an agent', { agent }],
  ['an agent’s own view', {}, agent],
  ['a phone number', { conditions: [{ field: 'contact.address', operator: 'contains', value: phone.slice(-7) }] }],
  ['a name', { conditions: [{ field: 'contact.name', operator: 'contains', value: 'ferri 12' }] }],
  ['a tag of a quarter', { tags: ['vip'], startDate: { from: day(90) } }],
  ['long waits', { conditions: [{ field: 'waitSeconds', operator: 'greaterThan', value: 3600 }] }],
  ['by name of the contact', { sort: { field: 'contact.name' } }],
  ['a rare word in messages', { conditions: [{ field: 'messages', operator: 'contains', value: rare }] }],
  ['two words in messages', { conditions: [{ field: 'messages', operator: 'contains', value: 'refund battery' }] }],
  ['a common word in messages', { conditions: [{ field: 'messages', operator: 'contains', value: 'invoice' }] }],
  [
    'a common word of a month',
    { startDate: { from: day(30) }, conditions: [{ field: 'messages', operator: 'contains', value: 'invoice' }] },
  ],
];

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const begun = performance.now();
  const value = await work();
  return { ms: performance.now() - begun, value };
};
const percentile = (values: number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
const column = (value: number | string, width: number) => String(value).padStart(width);

/** Latencies of messages that come in one after the other, ms. */
async function ingest(engine: Engine, accountId: string, amount: number, prefix: string): Promise<number[]> {
  const latencies: number[] = [];
  for (let i = 0; i < amount; i++) {
    const peer = { address: `+1404${5_000_000 + (i % 500)}`, phone: `+1404${5_000_000 + (i % 500)}` };
    const events = [
      { kind: 'message' as const, id: `${prefix}${i}`, peer, type: 'text' as const, text: 'Is it there?' },
    ];
    latencies.push((await timed(() => engine.run('ingest', { account: accountId, events }))).ms);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return latencies;
}

const directory = await mkdtemp(join(tmpdir(), 'wa-bench-search-'));
try {
  const file = join(directory, 'connector.db');
  const filled = await timed(() =>
    writeHistory(file, { interactions: INTERACTIONS, messages: MESSAGES }, ACCOUNTS, QUEUES),
  );
  const history = filled.value;
  const size = (await stat(file)).size / 1e6;
  const engine = await startThread({ file, settings: { offlineAfter: 60 } });
  console.log(
    `${INTERACTIONS} interactions, ${MESSAGES} messages: ${size.toFixed(0)} MB, written in ${(filled.ms / 1000).toFixed(0)} s`,
  );

  const rare = { conditions: [{ field: 'messages', operator: 'contains', value: history.rare }] };
  await engine.run('search', { username: null, search: {} });
  const unindexed = await timed(() => engine.run('search', { username: null, search: rare }));
  const batches: number[] = [];
  for (let more = true; more; ) {
    const batch = await timed(() => engine.run('indexMessages', { batch: 1000 }));
    more = batch.value.more;
    if (more) batches.push(batch.ms);
  }
  const grown = (await stat(file)).size / 1e6 - size;
  console.log(
    `full-text index: ${batches.length} batches of 1,000, median ${median(batches).toFixed(1)} ms, longest ${Math.max(...batches).toFixed(0)} ms, ${grown.toFixed(0)} MB; before it a rare word took ${unindexed.ms.toFixed(0)} ms`,
  );

  console.log(`\n${'search'.padEnd(28)}${column('median ms', 10)}${column('found', 12)}`);
  for (const [name, search, username = null] of searches(history)) {
    const times: number[] = [];
    let found = '';
    for (let round = 0; round < ROUNDS; round++) {
      const { ms, value } = await timed(() => engine.run('search', { username, search }));
      times.push(ms);
      found = `${value.total}${value.totalExact ? '' : '+'}`;
    }
    console.log(`${name.padEnd(28)}${column(median(times).toFixed(0), 10)}${column(found, 12)}`);
  }

  const amount = 1000;
  const calm = await ingest(engine, history.account, amount, 'calm');
  let searching = true;
  let done = 0;
  const searcher = (async () => {
    const all = searches(history);
    for (; searching; done++) {
      const [, search, username = null] = all[done % all.length]!;
      await engine.run('search', { username, search });
    }
  })();
  const busy = await ingest(engine, history.account, amount, 'busy');
  searching = false;
  await searcher;
  const line = (name: string, values: number[]) =>
    `${name.padEnd(28)}${column(median(values).toFixed(2), 10)}${column(percentile(values, 0.99).toFixed(2), 12)}`;
  console.log(`\n${'ingest, ms'.padEnd(28)}${column('median', 10)}${column('p99', 12)}`);
  console.log(line('without searches', calm));
  console.log(line(`during ${done} searches`, busy));
  await engine.close();
} finally {
  await rm(directory, { recursive: true, force: true });
}
