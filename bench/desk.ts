/**
 * `npm run bench:desk`: what an agent waits for, with a real Node-RED, the simulator and a real Chromium: the time from a webhook to its
 * message on the screen, whether typing stays fluid while 50 tabs get messages, how soon the page can be used, and how large the widget
 * is. Options: `--seconds=30 --rate=20 --tabs=50 --profile` (where the page's time goes). Other work on the machine shows in the times.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { account, node, tab } from '../test/e2e/support/flows.ts';
import { Office, passwordOf } from '../test/e2e/support/office.ts';
import { openBrowser } from '../test/support/browser.ts';
import { root } from '../test/support/package.ts';
import { quantile } from './support/process.ts';
import { topFunctions } from './support/profile.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string', default: '20' },
    tabs: { type: 'string', default: '50' },
    profile: { type: 'boolean', default: false },
  },
});
const SECONDS = Number(options.seconds);
const RATE = Number(options.rate);
const TABS = Number(options.tabs);
/** Of so many messages one is for the conversation in front; the others are for the other tabs. */
const IN_FRONT = 4;
const PHONE = '+390612345678';
const AGENT = 'anna';
const at = (name: string) => `[data-test=${name}]`;
const customer = (i: number) => `+1202555${String(1000 + i)}`;

const t = tab('plan');
const flows = [
  t.node,
  account({ id: 'acc', key: 'BENCH', phone: PHONE }),
  node('wa-inbound', 'in', t.place(), [['route'], []], { account: 'acc' }),
  node('wa-route', 'route', t.place(), [[], []]),
];

async function write(office: Office, from: number, text: string): Promise<void> {
  const status = await office.deliver({ account: PHONE, from: customer(from), name: `Customer ${from}`, text });
  if (status !== 200) throw new Error(`a webhook was answered ${status}:\n${office.red.log().slice(-2000)}`);
}

/** An office whose agent has all the tabs open. */
async function openOffice(): Promise<Office> {
  const office = await Office.open({ flows, agents: [{ username: AGENT, capacity: TABS }] });
  const desk = await (await office.desk(AGENT)).connect();
  for (let i = 0; i < TABS; i++) await write(office, i, 'Hello');
  for (const { id } of (await desk.show()).unassigned) await desk.ok('POST', `/interactions/${id}/take`);
  return office;
}

/** ms from the first request to a desk one can write in, in a browser that has nothing of it yet but the session. */
async function untilUsable(browser: Browser, office: Office, session: BrowserContext): Promise<number> {
  const context = await browser.newContext({ storageState: await session.storageState(), viewport: VIEWPORT });
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(`${office.red.url}/whatsapp/desk`);
  await page.waitForSelector(`[data-online=true] ${at('composer-input')}`);
  const took = performance.now() - started;
  await context.close();
  return took;
}

const VIEWPORT = { width: 1440, height: 900 };
/** Notes when a message is painted for the first time, wherever it appears, and each task over 50 ms. */
const WATCH = `(() => {
  window.painted = {};
  window.tasks = [];
  window.keys = [];
  const now = () => performance.timeOrigin + performance.now();
  new MutationObserver((changes) => {
    const found = new Set();
    const look = (text) => { for (const [, n] of text.matchAll(/message no ([0-9]+)/g)) if (!(n in painted)) found.add(n); };
    for (const { target, addedNodes, type } of changes) {
      if (type === 'characterData') look(target.data);
      for (const one of addedNodes) look(one.textContent ?? '');
    }
    if (found.size) requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => { for (const n of found) painted[n] ??= now(); };
      after.port2.postMessage(0);
    });
  }).observe(document.querySelector('.wa-desk'), { childList: true, characterData: true, subtree: true });
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) tasks.push(duration); }).observe({ type: 'longtask' });
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'keydown') keys.push(duration);
  }).observe({ type: 'event', durationThreshold: 16 });
})()`;

interface Seen {
  painted: Record<string, number>;
  tasks: number[];
  /** ms from a key to the next picture; only those over 16. */
  keys: number[];
}

/** Writes to the desk for a while, and types meanwhile. Answers when each message was sent. */
async function busyTime(office: Office, page: Page): Promise<number[]> {
  const sent: number[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  const typing = (async () => {
    while (performance.now() - started < SECONDS * 1000) {
      await page.locator(at('composer-input')).pressSequentially('Of course, we have it here. ', { delay: 60 });
      if (performance.now() - started > (SECONDS * 1000) / 2) await page.fill(at('composer-input'), '');
    }
  })();
  for (let n = 0; n < SECONDS * RATE; ) {
    if (performance.now() < started + (n * 1000) / RATE) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      continue;
    }
    const to = n % IN_FRONT === 0 ? 0 : 1 + (n % (TABS - 1));
    sent.push(performance.timeOrigin + performance.now());
    pending.push(write(office, to, `Hello, this is message no ${n++} and it goes on for a while`));
  }
  await Promise.all([typing, ...pending]);
  return sent;
}

async function startProfile(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.start');
  return async () => {
    const { profile } = await session.send('Profiler.stop');
    for (const one of topFunctions(profile as never, 25)) console.log(`  ${one}`);
  };
}

/** Watches the tasks of the page's main thread; the function that is returned gives the CPU time of each, ms, the longest first. */
async function watchTasks(page: Page): Promise<() => Promise<number[]>> {
  interface Entry {
    name: string;
    pid: number;
    tid: number;
    /** µs of CPU. */
    tdur?: number;
  }
  const session = await page.context().newCDPSession(page);
  const entries: Entry[] = [];
  session.on('Tracing.dataCollected', ({ value }) => entries.push(...(value as unknown as Entry[])));
  const traceConfig = { includedCategories: ['toplevel', 'devtools.timeline'] };
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  return async () => {
    const complete = new Promise((resolve) => session.on('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    // The browser has other threads too: the page's is the one that lays out most.
    const layouts = new Map<string, number>();
    for (const { name, pid, tid } of entries)
      if (name === 'UpdateLayoutTree') layouts.set(`${pid} ${tid}`, (layouts.get(`${pid} ${tid}`) ?? 0) + 1);
    const [main] = [...layouts].sort(([, a], [, b]) => b - a)[0] ?? [];
    return entries
      .filter(({ name, pid, tid }) => name.endsWith('RunTask') && `${pid} ${tid}` === main)
      .map(({ tdur = 0 }) => tdur / 1000)
      .sort((a, b) => b - a);
  };
}

async function measure(office: Office, browser: Browser): Promise<void> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(`${office.red.url}/whatsapp/desk`);
  await page.fill(at('login-username'), AGENT);
  await page.fill(at('login-password'), passwordOf(AGENT));
  await page.click(at('login-submit'));
  await page.waitForSelector('[data-online=true]');
  const usable: number[] = [];
  for (let i = 0; i < 5; i++) usable.push(await untilUsable(browser, office, context));
  await page.locator(`${at('tab')}[title*="Customer 0"]`).click();
  await page.waitForSelector(at('composer-input'));
  await page.evaluate(WATCH);
  const stopProfile = options.profile ? await startProfile(page) : undefined;
  const tasks = await watchTasks(page);
  const sent = await busyTime(office, page);
  await stopProfile?.();
  const cpu = await tasks();
  await page
    .waitForFunction(`Object.keys(painted).length >= ${sent.length}`, undefined, { timeout: 10_000 })
    .catch(() => undefined);
  const seen = await page.evaluate<Seen>('({ painted, tasks, keys })');
  const waits = sent.flatMap((when, n) => (seen.painted[n] === undefined ? [] : seen.painted[n] - when));
  const front = waits.filter((_, n) => n % IN_FRONT === 0);
  // What another message of the same tab has replaced in its row before it was painted was never to be seen.
  const unseen = sent.length - waits.length;

  const size = gzipSync(readFileSync(join(root, 'resources', 'ui-wa-desk.umd.js'))).length / 1000;
  console.log(`${TABS} tabs, ${sent.length} messages at ${RATE}/s, every ${IN_FRONT}th for the conversation in front`);
  const line = (name: string, value: string, goal = '') =>
    console.log(`${name.padEnd(52)}${value.padStart(8)}${goal && `   (goal ${goal})`}`);
  line('webhook to visible, p50 ms', quantile(waits, 0.5).toFixed(0));
  line('webhook to visible, p95 ms', quantile(waits, 0.95).toFixed(0), '< 150');
  line('webhook to visible in front, p95 ms', quantile(front, 0.95).toFixed(0), '< 150');
  line('never visible', String(unseen), '0');
  line('tasks over 50 ms while typing', String(seen.tasks.length), '0');
  line('longest of them, ms', Math.max(0, ...seen.tasks).toFixed(0));
  // On a machine that has other work too only this is the page's doing.
  line('longest task, ms of CPU', (cpu[0] ?? 0).toFixed(1), '< 50');
  line('key to picture, p95 of those over 16 ms', quantile(seen.keys, 0.95).toFixed(0));
  line('page usable, cold, median ms', quantile(usable, 0.5).toFixed(0), '< 2000');
  line('widget gzipped, without Vue, kB', size.toFixed(1), '≤ 250');
}

const office = await openOffice();
try {
  const browser = await openBrowser();
  await measure(office, browser).finally(() => browser.close());
} finally {
  await office.close();
}
