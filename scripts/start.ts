/**
 * The demo: Node-RED with the example flow and Dashboard, the phone simulator beside it, three agents. Everything it keeps is in `.demo/`.
 * Variables: `PORT` (default 1880), `SIMULATOR_PORT` (default 1881), `DEMO_DIR`. A taken port gives way to the next free one.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startSimulator } from '../simulator/server.ts';
import { build, root } from './build.ts';
import { box } from './demo/box.ts';
import { createAgents, receiveUrl, registerAtSimulator, waitForHealth } from './demo/connect.ts';
import { type FlowNode, freePort, type NodeRed, startNodeRed } from './demo/node-red-process.ts';
import { type DemoState, demoState } from './demo/state.ts';
import { demoAccount, demoFlows, deskPath, prepareUserDir } from './demo/user-dir.ts';
import { isFresh } from './freshness.ts';

const directory = resolve(root, process.env.DEMO_DIR ?? '.demo');

/** What to end, in this order. */
const open: (() => Promise<void>)[] = [];
let stopping = false;

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const close of open) {
    await close().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
  }
  process.exit(process.exitCode || code);
}

async function start(): Promise<void> {
  if (!isFresh(root)) {
    console.log('Building …');
    await build();
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const state = await demoState(directory);
  await prepareUserDir(directory, root);

  const port = await freePort(Number(process.env.PORT) || 1880);
  const simulatorPort = await freePort(Number(process.env.SIMULATOR_PORT) || Math.max(1881, port + 1));
  const simulator = await startSimulator({ port: simulatorPort, host: '127.0.0.1' });
  open.unshift(() => simulator.close());

  const flows = connectAccount(await demoFlows(directory, root), state, port, simulator.url);
  const account = demoAccount(flows);
  const logFile = createWriteStream(join(directory, 'node-red.log'), { mode: 0o600 });
  const red = await startNodeRed({
    ...{ userDir: directory, flows, port },
    settings: { editorTheme: { page: { title: 'WhatsApp demo' }, tours: false, projects: { enabled: false } } },
    onLog: (text) => logFile.write(text),
  });
  open.unshift(() => red.stop());
  red.process.once('close', () => {
    if (stopping) return;
    console.error(`Node-RED ended. Its log ends with:\n${red.log().slice(-4000)}`);
    void stop(1);
  });

  await waitForHealth(red);
  await createAgents(red, state.agents);
  await registerAtSimulator(simulator.url, {
    ...{ provider: 'twilio', phone: String(account.phone), accountSid: state.accountSid, authToken: state.authToken },
    ...{ webhookUrl: await receiveUrl(red, account.id), name: String(account.name), key: String(account.key) },
  });
  console.log(welcome(red, simulator.url, flows, state));
}

/** The demo account speaks to the simulator instead of Twilio, with made-up credentials, and is reached on loopback. */
function connectAccount(flows: FlowNode[], state: DemoState, port: number, simulatorUrl: string): FlowNode[] {
  const { id } = demoAccount(flows);
  const credentials = { accountSid: state.accountSid, authToken: state.authToken };
  const changes = { baseUrl: simulatorUrl, domain: `http://127.0.0.1:${port}`, credentials };
  return flows.map((node) => (node.id === id ? { ...node, ...changes } : node));
}

function welcome(red: NodeRed, phone: string, flows: FlowNode[], state: DemoState): string {
  const desk = deskPath(flows);
  return `\n${box('WhatsApp contact centre for Node-RED: the demo is running', [
    ['Editor', `${red.adminUrl}/`],
    ...(desk ? [['Desk', red.url + desk] as [string, string]] : []),
    ['Phone', `${phone}/`],
    ['', ''],
    ...state.agents.map(({ username, password, role }): [string, string] => [username, `${password}  (${role})`]),
    ['', ''],
    ['Try it', 'Log in at the desk, write from the phone, accept what rings.'],
    ['Log', join(directory, 'node-red.log')],
    ['Stop', 'Ctrl-C'],
  ])}\n`;
}

process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));
process.on('SIGHUP', () => void stop(0));

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await stop(1);
}
