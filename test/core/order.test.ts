import { expect } from 'chai';
import type { Handover } from '../../core/views.ts';
import { Centre } from './support.ts';

const idOf = (h: Handover) => h.context.interaction.id;

describe('who waits is served by weight, priority and time, whatever it was that freed the agent', () => {
  it('who refuses gets what else waits there before the same again', async () => {
    const c = await Centre.open({ queues: [{ name: 'Sales', strategy: 'rrmemory' }] });
    await c.agent('anna', 1);
    const [first, second] = [idOf(await c.toQueue('+12025550101')), idOf(await c.toQueue('+12025550102'))];
    await c.reject('anna', first);
    expect([await c.rings(first, ['anna']), await c.rings(second, ['anna'])]).to.deep.equal([[], ['anna']]);
    await c.reject('anna', second);
    // Everything was refused: it begins anew with who waits longest.
    expect([await c.rings(first, ['anna']), await c.rings(second, ['anna'])]).to.deep.equal([['anna'], []]);
    await c.host.close();
  });

  it('a transfer takes an interaction out of a queue: its agent gets the next there, not the same from a lighter queue', async () => {
    const queues = [
      { name: 'Sales', weight: 2 },
      { name: 'Light', weight: 0 },
    ];
    const c = await Centre.open({ queues });
    await c.agent('anna', 1);
    await c.host.run('createAgent', { username: 'eve', name: 'E', role: 'supervisor', capacity: 1, passwordHash: 'x' });
    const [first, second] = [idOf(await c.toQueue('+12025550101')), idOf(await c.toQueue('+12025550102'))];
    await c.host.run('transfer', { interaction: first, username: 'eve', to: { queue: 'Light' } });
    expect([await c.rings(first, ['anna']), await c.rings(second, ['anna'])]).to.deep.equal([[], ['anna']]);
    await c.host.close();
  });

  it('of what somebody hands back at once the longest waiting goes first', async () => {
    const c = await Centre.open();
    await c.agent('anna', 2);
    const [first, second] = [idOf(await c.toQueue('+12025550101')), idOf(await c.toQueue('+12025550102'))];
    for (const id of [first, second]) await c.accept('anna', id);
    await c.host.run('sendMessage', { interaction: first, username: 'anna', text: 'Hello' });
    await c.advance(5);
    await c.inbound('+12025550101', 'again');
    await c.agent('ben', 1);
    await c.host.run('leave', { username: 'anna', release: true });
    expect([await c.rings(first, ['ben']), await c.rings(second, ['ben'])]).to.deep.equal([[], ['ben']]);
    await c.host.close();
  });

  it('of what two agents let go at once the more important goes first', async () => {
    const c = await Centre.open({
      queues: [{ name: 'Sales', strategy: 'rrmemory', agentTimeout: 10, agents: ['anna', 'carla'] }],
    });
    await c.agent('anna', 2);
    const [first, second] = [idOf(await c.toQueue('+12025550101')), idOf(await c.toQueue('+12025550102'))];
    await c.agent('carla', 1);
    await c.advance(11);
    expect([await c.rings(first, ['carla']), await c.rings(second, ['carla'])]).to.deep.equal([['carla'], []]);
    await c.host.close();
  });
});
