import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { serverUrl } from '../support/postgres.ts';

/** Of the tests that run on either database those on which most depends; `npm run test:postgres` runs all. */
const FILES = ['messages', 'order', 'routing', 'plan', 'restart', 'plans'].map((name) => `test/core/${name}.test.ts`);

describe('what the core promises', function () {
  this.timeout(180_000);

  it('holds on PostgreSQL as it does on SQLite', async () => {
    const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
    const child = spawn(process.execPath, [mocha, '--reporter', 'dot', '--timeout', '60000', '--spec', ...FILES], {
      env: { ...process.env, TEST_DATABASE: 'postgres', TEST_DATABASE_URL: await serverUrl() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const out of [child.stdout, child.stderr]) out.on('data', (data) => (said += data));
    const [code] = await once(child, 'close');
    expect(code, said).to.equal(0);
  });
});
