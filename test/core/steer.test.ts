import { expect } from 'chai';
import type { Commands } from '../../core/api.ts';
import { Centre, refusal } from './support.ts';

const notify = (c: Centre, interaction: string, more: Partial<Commands['notify'][0]> = {}) =>
  c.host.run('notify', {
    ...{ interaction, actor: { node: 'n' }, audience: 'account' as const, usernames: [], template: 'x' },
    ...{ sound: null, shake: null, level: 'info' as const, ...more },
  });

const told = (c: Centre): string[][] =>
  c.effects.splice(0).flatMap((e) => (e.kind === 'publish' && e.event === 'notification' ? [e.to] : []));

describe('what nodes do to an interaction', () => {
  it('assigning ends the step it waits in, by its first output', async () => {
    const c = await Centre.open();
    await c.agent('anna', 1);
    await c.agent('ben', 1);
    const h = await c.toQueue();
    const { id } = h.context.interaction;
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal(['anna', 'ben']);
    c.effects.length = 0;
    const { seq } = await c.host.run('steerAssign', { interaction: id, node: 'n', agent: 'anna' });
    expect(c.forwards()).to.deep.equal(['queue 0 superseded']);
    expect(seq.now).to.equal(seq.before + 1);
    expect(await c.rings(id, ['anna', 'ben'])).to.deep.equal([]);
    const view = await c.view(id);
    expect(view).to.include({ agent: 'anna', tabOpen: false, unread: 1 });
    // It fills no place: a closed tab is no open conversation.
    const next = (await c.toQueue('+12025550102')).context.interaction.id;
    expect(await c.rings(next, ['anna'])).to.deep.equal(['anna']);
    const log = await c.rows("select event, actor from audit where actor = 'n'");
    expect(log).to.deep.equal([{ event: 'interaction-assigned', actor: 'n' }]);
    await c.host.close();
  });

  it('assigning what has another agent takes it from them', async () => {
    const c = await Centre.open();
    for (const name of ['anna', 'ben']) await c.agent(name, 1);
    const { id } = (await c.toQueue()).context.interaction;
    await c.accept('anna', id);
    const waiting = (await c.toQueue('+12025550102')).context.interaction.id;
    await c.reject('ben', waiting);
    await c.host.run('steerAssign', { interaction: id, node: 'n', agent: 'ben' });
    expect((await c.host.run('desk', { username: 'anna' })).tabs).to.deep.equal([]);
    // Who has room again is asked at once.
    expect(await c.rings(waiting, ['anna'])).to.deep.equal(['anna']);
    await c.host.close();
  });

  it('a released one can go into a step again', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const h = await c.toQueue();
    const { id } = h.context.interaction;
    await c.accept('anna', id);
    const [forward] = c.effects.filter((e) => e.kind === 'forward');
    const plan = { id: h.context.plan.id, seq: forward!.kind === 'forward' ? forward!.context.plan.seq : 0 };
    await c.host.run('steerUnassign', { interaction: id, node: 'n' });
    expect(await c.queue({ context: { ...h.context, plan } })).to.deep.equal({ result: 'waiting' });
    expect(await c.rings(id, ['anna'])).to.deep.equal(['anna']);
    await c.host.close();
  });

  it('a higher priority is offered first', async () => {
    const c = await Centre.open();
    const first = (await c.toQueue('+12025550101')).context.interaction.id;
    await c.advance(5);
    const second = (await c.toQueue('+12025550102')).context.interaction.id;
    await c.advance(5);
    const third = (await c.toQueue('+12025550103')).context.interaction.id;
    await c.host.run('steerPriority', { interaction: third, node: 'n', priority: 2 });
    await c.host.run('steerPriority', { interaction: second, node: 'n', priority: -1 });
    await c.agent('anna', 1);
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { offers } = await c.host.run('desk', { username: 'anna' });
      order.push(offers[0]!.interaction.id);
      await c.accept('anna');
      await c.host.run('closeInteraction', { interaction: order[i]!, username: 'anna' });
    }
    expect(order).to.deep.equal([third, first, second]);
    await c.host.close();
  });

  it('closing is told with the node as its author, whatever is mandatory', async () => {
    const c = await Centre.open({ account: { dispositions: [{ name: 'A' }], mandatoryDisposition: true } });
    const { id } = (await c.inbound()).context.interaction;
    await c.host.run('steerClose', { interaction: id, node: 'n', disposition: ['Not in the list'] });
    expect(await c.view(id)).to.deep.include({ status: 'closed', disposition: ['Not in the list'] });
    const log = await c.rows("select event, actor from audit where interaction_id is not null and actor = 'n'");
    expect(log).to.deep.equal([
      { event: 'interaction-closed', actor: 'n' },
      { event: 'disposed', actor: 'n' },
    ]);
    expect(await refusal(c.host.run('steerClose', { interaction: id, node: 'm', disposition: [] }))).to.equal(
      'interaction_closed',
    );
    await c.host.close();
  });

  it('notifications reach who is there of their audience', async () => {
    const c = await Centre.open({
      account: { agents: ['anna', 'ben', 'carl'] },
      queues: [{ name: 'Sales', agents: ['anna', 'ben', 'dora'] }],
    });
    for (const name of ['anna', 'ben', 'carl', 'dora']) await c.agent(name);
    await c.agent('sue', 1, 'supervisor');
    const { id } = (await c.toQueue()).context.interaction;
    c.effects.length = 0;
    expect(await notify(c, id, { audience: 'agent' })).to.deep.equal({ reached: 0, repeated: false });
    await c.disconnect('ben');
    await notify(c, id, { audience: 'queue' });
    await notify(c, id, { audience: 'account' });
    await notify(c, id, { audience: 'supervisors' });
    await notify(c, id, { audience: 'usernames', usernames: ['dora', 'ben', 'nobody'] });
    expect(told(c)).to.deep.equal([['anna'], ['anna', 'carl'], ['sue'], ['dora']]);
    await c.accept('anna', id);
    await notify(c, id, { audience: 'agent' });
    await notify(c, id, { audience: 'queue' });
    expect(told(c)).to.deep.equal([['anna'], ['anna']]);
    await c.host.close();
  });

  it('is done once per plan position; what is long past is forgotten, what is done once in an interaction is not', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const h = await c.inbound();
    const { id } = h.context.interaction;
    const at = (seq: number) => ({ actor: { node: 'n', plan: { id: h.message.id, seq } } });
    expect((await notify(c, id, at(0))).repeated).to.equal(false);
    expect((await notify(c, id, at(0))).repeated).to.equal(true);
    expect((await notify(c, id, { ...at(0), template: 'another' })).repeated).to.equal(false);
    const send = (once: boolean, seq: number) =>
      c.host.run('queueSend', {
        ...{ node: 's', interaction: id, plan: { id: h.message.id, seq }, text: 'x', type: 'text' as const },
        ...{ content: null, once },
      });
    await send(true, 0);
    const acts = async () => (await c.rows<{ key: string }>('select key from act order by key')).length;
    expect(await acts()).to.equal(3);
    await c.advance(1800);
    // Copies of the message may still be on their way.
    await notify(c, id, at(1));
    expect(await acts()).to.equal(4);
    await c.advance(3700);
    await notify(c, id, at(2));
    expect(await acts()).to.equal(2);
    expect((await send(true, 9)).repeated).to.equal(true);
    const other = (await c.inbound('+12025550102')).context.interaction.id;
    await notify(c, other, at(0));
    expect(await acts()).to.equal(3);
    await c.host.run('steerClose', { interaction: other, node: 'n', disposition: [] });
    expect(await acts()).to.equal(2);
    await c.host.close();
  });
});
