import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startThread } from '../../core/host/thread.ts';
import { account, refusal } from './support.ts';

describe('the threads of the store', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-threads-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  it('takes messages in the writer; pages through a history in the reader', async () => {
    const engine = await startThread({ file: join(dir, 'x.db'), settings: { offlineAfter: 60 } });
    const synced = await engine.run('syncConfig', { accounts: [account()], queues: [], nodes: null });
    const { id } = synced.accounts.acc as { id: string };
    await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        engine.run('ingest', {
          account: id,
          events: [
            {
              kind: 'message',
              id: `SM${i}`,
              peer: { address: '+12025550199', phone: '+12025550199' },
              type: 'text',
              text: `${i}`,
            },
          ],
        }),
      ),
    );
    await engine.run('createAgent', {
      username: 'eve',
      name: 'Eve',
      role: 'supervisor',
      capacity: 1,
      passwordHash: 'x',
    });
    const [open] = (await engine.run('desk', { username: 'eve' })).unassigned;
    const of = { interaction: open!.id, username: 'eve' };
    let page = await engine.run('messages', of);
    const texts = page.messages.map((m) => m.text);
    while (page.more) {
      page = await engine.run('messages', { ...of, before: page.messages[0]!.id });
      texts.unshift(...page.messages.map((m) => m.text));
    }
    expect(texts).to.deep.equal(Array.from({ length: 120 }, (_, i) => `${i}`));
    expect(await refusal(engine.run('messages', { ...of, username: 'nobody', before: 'z' }))).to.equal('not_found');
    await engine.close();
    expect(await refusal(engine.run('health', {}))).to.equal('store_closed');
  });

  it('says why it cannot start', async () => {
    const first = await startThread({ file: join(dir, 'y.db'), settings: { offlineAfter: 60 } });
    expect(await refusal(startThread({ file: join(dir, 'y.db'), settings: { offlineAfter: 60 } }))).to.equal(
      'store_locked',
    );
    await first.close();
  });
});
