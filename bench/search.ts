/**
 * `npm run bench:search`: searches over 1,000,000 interactions with 5,000,000 messages in SQLite, a CSV of 100,000 rows, and what
 * webhooks that come in meanwhile notice of both. Prints what one run on one machine took, beside what it may take; `--check` fails if
 * something took more. Options: `--interactions=1000000 --messages=5000000 --rows=100000 --rounds=20`. Linux only.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AccountConfig, QueueConfig } from '../core/api.ts';
import { EXPORT_COLUMNS } from '../core/bulk/columns.ts';
import { startThread } from '../core/host/thread.ts';
import { type History, writeHistory } from './support/history.ts';
import { load, median, residentMb } from './support/process.ts';
import { type Served, serve } from './support/served.ts';

const { values: options } = parseArgs({
  options: {
    interactions: { type: 'string', default: '1000000' },
    messages: { type: 'string', default: '5000000' },
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '20' },
    check: { type: 'boolean', default: false },
  },
});
const [INTERACTIONS, MESSAGES, ROWS, ROUNDS] = [
  options.interactions,
  options.messages,
  options.rows,
  options.rounds,
].map(Number) as [number, number, number, number];
/** ms that the first page of a filter or of an indexed condition may take, of 95 in 100. */
const PAGE = 50;
/** ms that `contains` over messages may take. */
const MESSAGE = 500;
/** ms in which 99 of 100 webhooks are acknowledged, whatever is asked meanwhile. */
const WEBHOOK = 250;
/** MB that a CSV may need. */
const MEMORY = 60;
/** Webhooks a second, and of each measurement. */
const RATE = 50;
const WEBHOOKS = 1000;

const account = (nodeId: string, key: string, phone: string): AccountConfig => ({
  ...{ nodeId, key, phone, provider: 'twilio', name: key, color: '', list: 'Default', waitForAgent: 10 },
  ...{ waitForQueue: 10, sound: true, shake: true, template: '', mandatoryDisposition: false },
  ...{ dispositionPause: 'Disposition', dispositions: [], cannedAnswers: [], agents: ['*'], reopenMinutes: 0 },
  ...{ autoCloseHours: 0, transferToAgent: true, transferToQueue: true, transferToAgentTimeout: 30 },
  transferToQueueTimeout: 30,
});
const PHONE = '+12025550100';
const ACCOUNTS = [account('a', 'SALES', PHONE), account('b', 'SUP', '+12025550101')];
const QUEUES: QueueConfig[] = ['Sales', 'Support'].map((name) => ({
  ...{ nodeId: `q-${name}`, name, strategy: 'beepall', agentTimeout: 20, weight: 0, agents: ['*'] },
}));

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();

/** `most`: ms, of 95 in 100; null where nothing is promised, since no index leads there. */
type Asked = [name: string, most: number | null, search: object, username?: string];

const messages = (value: string) => ({ conditions: [{ field: 'messages', operator: 'contains', value }] });
const condition = (field: string, operator: string, value: unknown) => ({ conditions: [{ field, operator, value }] });

const searches = ({ agent, phone, rare }: History): Asked[] => [
  ['newest first', PAGE, {}],
  ['last activity first', null, { sort: { field: 'lastMessageAt', direction: 'desc' } }],
  ['unread', PAGE, { read: false }],
  ['open, waiting longest', PAGE, { status: 'open', sort: { field: 'unansweredSince' } }],
  ['closed', PAGE, { status: 'closed' }],
  ['an account', PAGE, { account: 'SALES' }],
  ['a week of an account', PAGE, { account: 'SALES', startDate: { from: day(30), to: day(23) } }],
  ['all of an agent', PAGE, { agent }],
  ['unassigned', PAGE, { agent: null }],
  ['an agent’s own view', PAGE, {}, agent],
  ['a tag of a tenth', PAGE, { tags: ['vip'] }],
  ['a tag of a quarter', PAGE, { tags: ['vip'], startDate: { from: day(90) } }],
  ['a phone number', PAGE, condition('contact.address', 'equals', phone)],
  ['the end of a number', PAGE, condition('contact.address', 'contains', phone.slice(-7))],
  ['a name', PAGE, condition('contact.name', 'contains', 'ferri 12')],
  ['after a time', PAGE, condition('startedAt', 'after', day(7))],
  ['an agent, as condition', PAGE, condition('agent', 'equals', agent)],
  ['long waits', null, condition('waitSeconds', 'greaterThan', 3600)],
  ['by name of the contact', null, { sort: { field: 'contact.name' } }],
  ['a rare word in messages', MESSAGE, messages(rare)],
  ['two words in messages', MESSAGE, messages('refund battery')],
  ['a common word in messages', MESSAGE, messages('invoice')],
  ['a common word of a month', MESSAGE, { startDate: { from: day(30) }, ...messages('invoice') }],
];

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const begun = performance.now();
  const value = await work();
  return { ms: performance.now() - begun, value };
};
const percentile = (values: number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * share) - 1)]!;
const column = (value: number | string, width: number) => String(value).padStart(width);

const missed: string[] = [];
/** A line of a table: a name, its figures, and what the last of them may be. */
function line(name: string, figures: (string | number)[], last: number, most: number | null, unit: string): void {
  const over = most !== null && last >= most;
  if (over) missed.push(`${name}: ${last.toFixed(0)} ${unit}, not under ${most}`);
  const promise = most === null ? '' : `${over ? 'OVER ' : ''}${most} ${unit}`;
  console.log(`${name.padEnd(30)}${figures.map((one) => column(one, 12)).join('')}${column(promise, 14)}`);
}

/** The most memory of this process while something runs, MB above what it had before. */
async function memoryOf<T>(work: () => Promise<T>): Promise<{ mb: number; value: T }> {
  const before = residentMb(process.pid);
  let most = before;
  const look = setInterval(() => {
    most = Math.max(most, residentMb(process.pid));
  }, 20);
  try {
    const value = await work();
    return { mb: Math.max(most, residentMb(process.pid)) - before, value };
  } finally {
    clearInterval(look);
  }
}

let first = 1;
/** Webhooks while something is done again and again. */
async function webhooksDuring(served: Served, name: string, work: (() => Promise<unknown>) | null): Promise<void> {
  let going = true;
  let done = 0;
  const busy = (async () => {
    for (; going && work; done++) await work();
  })();
  const job = { ...served.webhooks, first, amount: WEBHOOKS, contacts: 500, connections: 20, rate: RATE };
  first += WEBHOOKS;
  const { p50, p99, ok, failed } = await load(job);
  going = false;
  await busy;
  if (failed > 0) missed.push(`${name}: ${failed} of ${ok + failed} webhooks were not acknowledged`);
  line(name, [work ? done : '–', p50.toFixed(1), p99.toFixed(1)], p99, WEBHOOK, 'ms');
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
  const served = await serve(engine, history.account, PHONE, 'agent0');
  console.log(
    `${INTERACTIONS} interactions, ${MESSAGES} messages: ${size.toFixed(0)} MB, written in ${(filled.ms / 1000).toFixed(0)} s`,
  );

  const rare = messages(history.rare);
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

  console.log(`\n${'search'.padEnd(30)}${column('found', 12)}${column('median ms', 12)}${column('p95 ms', 12)}`);
  for (const [name, most, search, username = null] of searches(history)) {
    const times: number[] = [];
    let found = '';
    for (let round = 0; round < ROUNDS; round++) {
      const { ms, value } = await timed(() => engine.run('search', { username, search }));
      times.push(ms);
      found = `${value.total}${value.totalExact ? '' : '+'}`;
    }
    const p95 = percentile(times, 0.95);
    line(name, [found, median(times).toFixed(0), p95.toFixed(0)], p95, most, 'ms');
  }

  // Of the newest, as many as are asked for; the first export loads what all of them need.
  const step = (700 * 86_400_000) / INTERACTIONS;
  const newest = { startDate: { from: new Date(Date.now() - ROWS * step).toISOString() } };
  const csv = () => served.exportCsv({ search: newest, columns: [...EXPORT_COLUMNS] });
  await served.exportCsv({ search: { agent: history.agent, startDate: { from: day(7) } } });
  const exported = await memoryOf(() => timed(csv));
  const { ms, value } = exported.value;
  console.log(`\n${'CSV'.padEnd(30)}${column('rows', 12)}${column('s', 12)}${column('MB more', 12)}`);
  line(
    `${(value.bytes / 1e6).toFixed(0)} MB, all columns`,
    [value.lines - 1, (ms / 1000).toFixed(1), exported.mb.toFixed(0)],
    exported.mb,
    MEMORY,
    'MB',
  );

  console.log(`\n${'webhooks'.padEnd(30)}${column('meanwhile', 12)}${column('median ms', 12)}${column('p99 ms', 12)}`);
  await webhooksDuring(served, 'alone', null);
  const all = searches(history);
  let next = 0;
  await webhooksDuring(served, 'during searches', () => {
    const [, , search, username = null] = all[next++ % all.length]!;
    return engine.run('search', { username, search });
  });
  await webhooksDuring(served, 'during exports as CSV', csv);
  await served.close();
  await engine.close();

  if (missed.length > 0) console.log(`\nover what it may take:\n  ${missed.join('\n  ')}`);
  if (options.check && missed.length > 0) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
