import { expect } from 'chai';
import type { Effect } from '../../core/api.ts';
import { createHost } from '../../core/host/host.ts';
import { openSqlite } from '../../store/sqlite/open.ts';
import type { Store } from '../../store/store.ts';
import { account, FakeClock, refusal } from './support.ts';

describe('the host', () => {
  it('tells desks after a commit that failed what it had collected for them before', async () => {
    const inner = await openSqlite(':memory:');
    let full = false;
    const store: Store = {
      transaction: (work) =>
        inner.transaction(async (tx) => {
          const result = await work(tx);
          if (full) throw new Error('the disk is full');
          return result;
        }),
      close: () => inner.close(),
    };
    const clock = new FakeClock();
    const host = await createHost({ store, settings: { offlineAfter: 60 }, clock, coalesce: 30 });
    const told: string[] = [];
    host.onEffects((effects: Effect[]) => {
      for (const e of effects)
        if (e.kind === 'publish' && e.event === 'interaction')
          told.push((JSON.parse(e.json) as { lastMessage: { text: string } }).lastMessage.text);
    });
    const { accounts } = await host.run('syncConfig', { accounts: [account()], queues: [], nodes: null });
    const { id } = accounts.acc as { id: string };
    await host.run('createAgent', { username: 'anna', name: 'Anna', role: 'agent', capacity: 3, passwordHash: 'x' });
    await host.run('connect', { username: 'anna', connection: 'c' });
    const write = (text: string) => {
      const peer = { address: '+12025550199', phone: '+12025550199' };
      return host.run('ingest', { account: id, events: [{ kind: 'message', id: text, peer, type: 'text', text }] });
    };
    await write('one');
    await write('two');
    expect(told).to.deep.equal(['one']);
    clock.set(clock.now() + 31);
    full = true;
    expect(await refusal(write('three'))).to.not.equal('no refusal');
    full = false;
    await host.run('health', {});
    expect(told).to.deep.equal(['one', 'two']);
    await host.close();
  });
});
