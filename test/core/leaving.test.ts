import { expect } from 'chai';
import type { Handover } from '../../core/views.ts';
import { account, Centre, queue, refusal } from './support.ts';

const idOf = (h: Handover) => h.context.interaction.id;
const ONE = [{ name: 'Sales', strategy: 'rrmemory' as const, agentTimeout: 20 }];

describe('agents who leave', () => {
  for (const way of ['disabled', 'deleted', 'logged out'] as const)
    it(`what rang for one who is ${way} goes to the next at once`, async () => {
      const c = await Centre.open({ queues: ONE });
      for (const a of ['anna', 'ben']) await c.agent(a);
      const h = await c.toQueue();
      expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['anna']);
      await leave(c, way);
      expect(await c.rings(idOf(h), ['ben'])).to.deep.equal(['ben']);
      await c.host.close();
    });

  it('who logs out and comes back is rung again in the same step: that was no refusal', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben']) await c.agent(a);
    const h = await c.toQueue();
    await c.host.run('leave', { username: 'anna' });
    expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['ben']);
    await c.connect('anna');
    expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['anna', 'ben']);
    await c.host.close();
  });

  for (const way of ['disabled', 'deleted'] as const)
    it(`a step that waits for an agent who is ${way} does not wait for ever`, async () => {
      const c = await Centre.open();
      await c.agent('anna');
      expect(await c.agentStep(await c.inbound('+12025550101'), 'anna', 0)).to.deep.equal({ result: 'waiting' });
      await c.disconnect('anna');
      await c.advance(61);
      expect(await c.agentStep(await c.inbound('+12025550102'), 'anna', 0)).to.deep.equal({ result: 'waiting' });
      await leave(c, way);
      expect(c.forwards()).to.deep.equal(['agent 1 unknown_agent', 'agent 1 unknown_agent']);
      await c.host.close();
    });

  for (const way of ['disabled', 'deleted'] as const)
    it(`the conversations of one who is ${way} are free again, unread; the closed ones keep the name`, async () => {
      const c = await Centre.open();
      for (const a of ['anna', 'ben']) await c.agent(a);
      const closed = idOf(await c.toQueue('+12025550101'));
      await c.accept('anna', closed);
      await c.host.run('closeInteraction', { interaction: closed, username: 'anna' });
      const open = idOf(await c.toQueue('+12025550102'));
      await c.accept('anna', open);
      await c.host.run('markRead', { interaction: open, username: 'anna' });
      await leave(c, way);
      expect(await c.view(open)).to.include({ agent: null, unread: 1, tabOpen: false });
      expect((await c.view(closed)).agent).to.equal('anna');
      expect((await c.host.run('desk', { username: 'ben' })).unassigned.map((ix) => ix.id)).to.deep.equal([open]);
      await c.host.close();
    });

  it('an agent who leaves in the middle of `wa-route` is not waited for any longer', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben']) await c.agent(a);
    const id = idOf(await c.toQueue());
    await c.accept('anna');
    await c.host.run('setTab', { interaction: id, username: 'anna', open: false });
    await c.route(await c.inbound());
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna']);
    await leave(c, 'disabled');
    expect(await c.rings(id, ['ben'])).to.deep.equal(['ben']);
    await c.accept('ben', id);
    expect(c.forwards().at(-1)).to.equal('route 0 queue');
    await c.host.close();
  });

  it('an accept that comes after a colleague, who is gone by now, took it, is told so', async () => {
    const c = await Centre.open();
    for (const a of ['anna', 'ben']) await c.agent(a);
    const h = await c.toQueue();
    const offer = await c.offer('ben', idOf(h));
    await c.accept('anna');
    await c.host.run('closeInteraction', { interaction: idOf(h), username: 'anna' });
    await c.host.run('deleteAgent', { username: 'anna' });
    expect(await refusal(c.host.run('acceptOffer', { offer: offer!, username: 'ben' }))).to.equal('offer_taken');
    await c.host.close();
  });
});

describe('accounts and queues that change while it rings', () => {
  it('who joins the account is asked, who left it is not any more', async () => {
    const c = await Centre.open({ account: { agents: ['anna'] } });
    for (const a of ['anna', 'ben']) await c.agent(a);
    const h = await c.toQueue();
    expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['anna']);
    await c.sync([account({ agents: ['ben'] })], [queue({ name: 'Sales' })]);
    expect(await c.rings(idOf(h), ['anna', 'ben'])).to.deep.equal(['ben']);
    await c.host.close();
  });

  it('a queue that was removed does not keep what waits in it', async () => {
    const c = await Centre.open();
    await c.toQueue('+12025550101', { timeout: 0 });
    await c.sync([account()], []);
    expect(c.forwards()).to.deep.equal(['queue 1 queue_missing']);
    await c.host.close();
  });

  it('one that waits for an agent of another account does not keep that agent from the queues', async () => {
    const c = await Centre.open({ account: { agents: ['ben'] } });
    const second = account({ nodeId: 'acc2', phone: '+12025550111', key: 'B', agents: ['anna'] });
    const answer = await c.sync([account({ agents: ['ben'] }), second], [queue({ name: 'Sales' })]);
    await c.host.run('createAgent', { username: 'anna', name: 'A', role: 'agent', capacity: 3, passwordHash: 'x' });
    await c.agentStep(await c.inbound('+12025550101'), 'anna', 0);
    c.id = (answer.accounts.acc2 as { id: string }).id;
    const h = await c.toQueue('+12025550102');
    await c.connect('anna');
    expect(await c.rings(idOf(h), ['anna'])).to.deep.equal(['anna']);
    await c.host.close();
  });
});

async function leave(c: Centre, way: 'disabled' | 'deleted' | 'logged out'): Promise<void> {
  if (way === 'disabled') await c.host.run('updateAgent', { username: 'anna', disabled: true });
  else if (way === 'deleted') await c.host.run('deleteAgent', { username: 'anna' });
  else await c.host.run('leave', { username: 'anna' });
}
