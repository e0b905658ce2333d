/**
 * `npm run bench:startup`: how long Node-RED with Dashboard takes to start and how much memory it holds when idle, with and without this
 * pack and its demo flow. Option: `--rounds=5`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createUserDir, type FlowNode, removeUserDir, startNodeRed } from '../test/support/node-red.ts';
import { median, residentMb } from './support/process.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
/** ms after the start at which memory is read. */
const IDLE = 3000;
const all = JSON.parse(
  readFileSync(new URL('../examples/flows-with-desk.json', import.meta.url), 'utf8'),
) as FlowNode[];
const dashboardOnly = all
  .filter((n) => n.type === 'tab' || n.type.startsWith('ui-'))
  .filter((n) => !n.type.startsWith('ui-wa'));

async function measure(flows: FlowNode[], pack: boolean): Promise<{ start: number; memory: number }> {
  const userDir = await createUserDir({ dashboard: true, pack });
  const started = performance.now();
  const red = await startNodeRed({ userDir, flows });
  const start = performance.now() - started;
  try {
    await new Promise((resolve) => setTimeout(resolve, IDLE));
    return { start, memory: residentMb(red.process.pid!) };
  } finally {
    await red.kill9();
    await removeUserDir(userDir);
  }
}

const bare: { start: number; memory: number }[] = [];
const ours: { start: number; memory: number }[] = [];
for (let i = 0; i < Number(options.rounds); i++) {
  bare.push(await measure(dashboardOnly, false));
  ours.push(await measure(all, true));
}
const of = (m: typeof bare, key: 'start' | 'memory') => median(m.map((x) => x[key]));
console.log(`Node-RED with Dashboard, median of ${options.rounds} starts`);
for (const [name, m] of [
  ['bare', bare],
  ['with the demo flow', ours],
] as const)
  console.log(`${name.padEnd(20)}start ${of(m, 'start').toFixed(0)} ms   idle memory ${of(m, 'memory').toFixed(0)} MB`);
console.log(
  `over bare           start +${(of(ours, 'start') - of(bare, 'start')).toFixed(0)} ms (goal ≤ 300)   memory +${(of(ours, 'memory') - of(bare, 'memory')).toFixed(0)} MB (goal ≤ 40)`,
);
