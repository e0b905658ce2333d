/** The demo as a child process, for tests and screenshots: `npm start` and what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface DemoOptions {
  /** Where it keeps everything; used again, it goes on from there. */
  directory: string;
  port: number;
  simulatorPort: number;
  /** ms until it must have printed its addresses. Default: 30,000. */
  timeout?: number;
}

export interface Demo {
  editor: string;
  desk: string;
  phone: string;
  /** By username. */
  passwords: Record<string, string>;
  /** Ends it as Ctrl-C does; rejects if it did not end cleanly. Harmless if it has ended. */
  stop(): Promise<void>;
}

/** Starts the demo and resolves when it has printed its addresses. Rejects, with its output, if it ends or takes too long. */
export async function startDemo({ directory, port, simulatorPort, timeout = 30_000 }: DemoOptions): Promise<Demo> {
  const env = { ...process.env, DEMO_DIR: directory, PORT: `${port}`, SIMULATOR_PORT: `${simulatorPort}` };
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    cwd: root,
    env: { ...env, NODE_V8_COVERAGE: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = await welcome(child, timeout);
  const address = (label: string) => output.match(new RegExp(`${label} +(http://[^ ]+)`))?.[1] ?? '';
  const agents = [...output.matchAll(/│ +([a-z]+) +([a-z0-9-]+) +\((?:agent|supervisor|admin)\)/g)];
  return {
    editor: address('Editor'),
    desk: address('Desk'),
    phone: address('Phone'),
    passwords: Object.fromEntries(agents.map(([, username, password]) => [username, password])),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`the demo ended with ${code}`);
    },
  };
}

function welcome(child: ChildProcess, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${why}:\n${output}`));
    };
    const timer = setTimeout(() => fail(`the demo is not ready within ${timeout} ms`), timeout);
    const take = (chunk: string) => {
      output += chunk;
      if (!/Stop +Ctrl-C[^\n]*\n[^\n]*\n/.test(output)) return;
      clearTimeout(timer);
      resolve(output);
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.once('exit', () => fail('the demo ended'));
  });
}
