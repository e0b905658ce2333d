/** The flow under the crashes: a real plan, whose every output is written to a file at once. */
import { readdirSync, readFileSync } from 'node:fs';
import { account, node, queue, tab } from '../e2e/support/flows.ts';
import type { FlowNode } from '../support/node-red.ts';

export const PHONES = { MAIN: '+12025550100', BACK: '+12025550101' };

/** Seconds a conversation waits in the first queue. */
export const FIRST = 1;

/** The begin of the plan's own answers, before the id of the interaction, or of the message that the plan runs for. */
export const WELCOME = 'Welcome, ';
export const BUSY = 'All of us are busy, ';

const OUTPUTS = 'outputs.jsonl';
export const outputsOf = (userDir: string): string => `${userDir}/${OUTPUTS}`;

/** One line of the file. */
export interface Output {
  run: number;
  at: number;
  tag: string;
  interaction: string;
  /** What `wa-inbound` gave out; behind `wa-send` the outgoing one. */
  message: string;
  plan: string;
  seq: number;
  outcome: string | undefined;
  /** With a timeout: ms that the threads of the process have waited for a processor. */
  starved: number | undefined;
  /** The code of what a Catch node got. */
  error: string | undefined;
}

/**
 * ms that all threads of a process together were ready to run and had no processor, because others had it. 0 where the system does not
 * tell. Also part of the settings below, as text.
 */
export function starvation(pid: string): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const waited = tasks.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[1]));
    return Math.round(waited.reduce((a, b) => a + b, 0) / 1e6);
  } catch {
    return 0;
  }
}

/** For `settings.js`: gives function nodes a `record` that writes before it returns. */
export const SETTINGS = `
const { openSync, readdirSync, readFileSync, writeSync } = require('node:fs');
const starvation = ${starvation};
const file = openSync(require('node:path').join(__dirname, '${OUTPUTS}'), 'a');
module.exports.functionGlobalContext = {
  record(tag, { whatsapp: w, error }) {
    const line = { run: Number(process.env.CRASH_RUN), at: Date.now(), tag, interaction: w.interaction.id, message: w.message.id,
      plan: w.plan.id, seq: w.plan.seq, outcome: w.step && w.step.outcome, error: error && error.code,
      starved: tag.startsWith('timeout') ? starvation('self') : undefined };
    writeSync(file, JSON.stringify(line) + '\\n');
  },
};`;

const timing = {
  waitForAgent: 1,
  waitForQueue: 1,
  transferToAgentTimeout: 2,
  transferToQueueTimeout: 2,
};

/**
 * wa-inbound → wa-route → wa-interval → wa-send (welcome, once) → wa-queue First → timeout → wa-send (busy) → wa-queue Second, which
 * waits until somebody accepts. What the provider did not confirm goes on all the same.
 */
export function flows(): FlowNode[] {
  const { node: page, place } = tab('plan');
  const record = (tag: string, ...to: string[]): FlowNode =>
    node('function', tag, place(), [to], { func: `global.get('record')(${JSON.stringify(tag)}, msg); return msg;` });
  return [
    page,
    account({ id: 'main', key: 'MAIN', phone: PHONES.MAIN, ...timing }),
    account({ id: 'back', key: 'BACK', phone: PHONES.BACK, reopenMinutes: 60, ...timing }),
    queue('queue-first', 'First', { strategy: 'rrmemory', agentTimeout: 1, agents: ['anna', 'ben'] }),
    queue('queue-second', 'Second'),
    node('wa-inbound', 'inbound', place(), [['in'], []], { account: '' }),
    record('in', 'route'),
    node('wa-route', 'route', place(), [['handled'], ['plan']]),
    record('handled'),
    record('plan', 'interval'),
    node('wa-interval', 'interval', place(), [['welcome'], []], { rules: [{ always: true }] }),
    node('wa-send', 'welcome', place(), [['welcomed']], {
      text: `${WELCOME}{{whatsapp.interaction.id}}`,
      times: 'once',
    }),
    record('welcomed', 'first'),
    node('wa-queue', 'first', place(), [['accepted-first'], ['timeout-first']], {
      queue: 'queue-first',
      timeout: FIRST,
    }),
    record('accepted-first'),
    record('timeout-first', 'busy'),
    node('wa-send', 'busy', place(), [['told']], { text: `${BUSY}{{whatsapp.plan.id}}` }),
    record('told', 'second'),
    node('wa-queue', 'second', place(), [['accepted-second'], []], { queue: 'queue-second', timeout: 0 }),
    record('accepted-second'),
    node('catch', 'catch-welcome', place(), [['welcome-failed']], { scope: ['welcome'], uncaught: false }),
    record('welcome-failed', 'first'),
    node('catch', 'catch-busy', place(), [['busy-failed']], { scope: ['busy'], uncaught: false }),
    record('busy-failed', 'second'),
    node('catch', 'catch-steps', place(), [['refused']], { scope: ['route', 'first', 'second'], uncaught: false }),
    record('refused'),
  ];
}
