/** `npm start` as a newcomer meets it: the addresses answer, the printed passwords work, a message from the phone gets in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort, removeUserDir } from './support/node-red.ts';
import { packPackage, root } from './support/package.ts';

describe('npm start', function () {
  this.timeout(120_000);
  let directory: string;
  let child: ChildProcess;
  let output = '';
  const address = (label: string) => output.match(new RegExp(`${label} +(http://[^ ]+)`))?.[1] ?? '';

  before(async () => {
    await packPackage();
    directory = await mkdtemp(join(tmpdir(), 'wa-demo-'));
    const env = { ...process.env, DEMO_DIR: directory, PORT: `${await freePort()}`, NODE_V8_COVERAGE: '' };
    child = spawn(process.execPath, ['scripts/start.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ready = new Promise<void>((resolve, reject) => {
      const take = (chunk: string) => {
        output += chunk;
        if (/Stop +Ctrl-C[^\n]*\n[^\n]*\n/.test(output)) resolve();
      };
      child.stdout?.setEncoding('utf8').on('data', take);
      child.stderr?.setEncoding('utf8').on('data', take);
      child.once('exit', () => reject(new Error(`it ended:\n${output}`)));
      setTimeout(() => reject(new Error(`not ready within 15 s:\n${output}`)), 15_000).unref();
    });
    await ready;
  });

  after(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    if (directory) await removeUserDir(directory);
  });

  it('answers at the addresses it prints', async () => {
    for (const label of ['Editor', 'Desk', 'Phone']) {
      const response = await fetch(address(label));
      expect(response.status, label).to.equal(200);
      expect(response.headers.get('content-type'), label).to.contain('text/html');
    }
  });

  it('prints passwords that work, and keeps them from other users of the machine', async () => {
    const server = new URL(address('Editor')).origin;
    for (const username of ['anna', 'ben', 'carla']) {
      const password = output.match(new RegExp(`${username} +([a-z0-9-]+) `))?.[1];
      const response = await fetch(`${server}/whatsapp/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-wa-request': '1' },
        body: JSON.stringify({ username, password }),
      });
      expect(response.status, username).to.be.oneOf([200, 201]);
      const { agent } = (await response.json()) as { agent: { role: string } };
      expect(agent.role).to.equal(username === 'carla' ? 'supervisor' : 'agent');
    }
    expect((await stat(join(directory, 'demo.json'))).mode & 0o077).to.equal(0);
  });

  it('delivers what is written on the phone', async () => {
    const phone = address('Phone');
    const post = async (path: string, body: unknown) => {
      const response = await fetch(new URL(path, phone), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.ok, `${path} ${response.status}`).to.equal(true);
      return (await response.json()) as Record<string, { id: string }>;
    };
    const { accounts } = (await (await fetch(new URL('api/accounts', phone))).json()) as { accounts: { id: string }[] };
    const account = accounts[0]?.id;
    const { phone: customer } = await post('api/phones', { name: 'Grace', phone: '+447700900123' });
    const { message } = await post(`api/phones/${customer?.id}/messages`, { account, text: 'Hello' });
    const state = async () => {
      const list = await (await fetch(new URL(`api/phones/${customer?.id}/messages?account=${account}`, phone))).json();
      return (list as { messages: { id: string; status: string }[] }).messages.find(({ id }) => id === message?.id)
        ?.status;
    };
    const until = Date.now() + 5_000;
    let status = await state();
    while (status === 'sending' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = await state();
    }
    expect(status).to.equal('delivered');
  });

  it('stops cleanly, with everything it started', async () => {
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).to.equal(0);
    for (const label of ['Editor', 'Phone']) {
      const reached = await fetch(address(label)).then(
        () => true,
        () => false,
      );
      expect(reached, label).to.equal(false);
    }
  });
});
