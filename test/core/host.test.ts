import { expect } from 'chai';
import type { Effect } from '../../core/api.ts';
import { createHost } from '../../core/host/host.ts';
import { openSqlite } from '../../store/sqlite/open.ts';
import { type Store, StoreError } from '../../store/store.ts';
import { account, FakeClock, queue, refusal } from './support.ts';

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

  it('a commit that failed changes nothing about what is due next; that the store fails is said once, and that it does not any more', async () => {
    const inner = await openSqlite(':memory:');
    let full = false;
    const store: Store = {
      transaction: (work) =>
        inner.transaction(async (tx) => {
          const before = tx.writes;
          const result = await work(tx);
          if (full && tx.writes > before) throw new StoreError('store_full', 'The disk is full.');
          return result;
        }),
      close: () => inner.close(),
    };
    const clock = new FakeClock();
    const host = await createHost({ store, settings: { offlineAfter: 60 }, clock });
    const effects: Effect[] = [];
    host.onEffects((e) => effects.push(...e));
    const { accounts } = await host.run('syncConfig', {
      accounts: [account()],
      queues: [queue({ name: 'Sales' })],
      nodes: null,
    });
    const { id } = accounts.acc as { id: string };
    const enter = async (from: string, timeout: number) => {
      const peer = { address: from, phone: from };
      await host.run('ingest', { account: id, events: [{ kind: 'message', id: from, peer, type: 'text', text: 'x' }] });
      const { handover } = effects.findLast((e) => e.kind === 'handover')!;
      const { interaction, plan } = handover.context;
      const step = { node: `${timeout}`, interaction: interaction.id, plan, msg: '{}', wired: [true, true] };
      await host.run('enterQueue', { ...step, queue: 'q-Sales', byName: false, timeout, skipIfNobody: false });
      return interaction.id;
    };
    const first = await enter('+12025550101', 60);
    await enter('+12025550102', 600);
    await host.run('createAgent', { username: 'eve', name: 'E', role: 'supervisor', capacity: 1, passwordHash: 'x' });
    const pass = async (seconds: number) => {
      const until = clock.now() + seconds * 1000;
      while (clock.fire(until)) await new Promise((resolve) => setImmediate(resolve));
      clock.set(until);
    };
    full = true;
    for (let i = 0; i < 3; i++)
      expect(await refusal(host.run('take', { interaction: first, username: 'eve' }))).to.equal('store_full');
    await host.run('health', {});
    await pass(30);
    full = false;
    const due = () => effects.flatMap((e) => (e.kind === 'forward' ? [e.node] : []));
    await pass(29);
    expect(due()).to.deep.equal([]);
    await pass(2);
    expect(due()).to.deep.equal(['60']);
    const said = effects.flatMap((e) => (e.kind === 'store' ? [e.problem?.code ?? 'well'] : []));
    expect(said).to.deep.equal(['store_full', 'well']);
    await host.close();
  });
});
