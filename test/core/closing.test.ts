import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Centre, refusal, type Setup } from './support.ts';

const DISPOSITIONS = [{ name: 'Sold', children: [{ name: 'Bike' }] }, { name: 'No interest' }];
const MANDATORY = { mandatoryDisposition: true, dispositions: DISPOSITIONS, dispositionPause: 'Wrap-up' };

/** Anna has a conversation or two. */
async function talking(setup: Setup = {}, n = 1): Promise<{ c: Centre; ids: string[] }> {
  const c = await Centre.open({ account: MANDATORY, ...setup });
  await c.agent('anna');
  const ids: string[] = [];
  for (let i = 0; i < n; i++) {
    ids.push((await c.toQueue(`+1202555010${i}`)).context.interaction.id);
    await c.accept('anna');
  }
  return { c, ids };
}

const presence = async (c: Centre, username = 'anna') => (await c.host.run('agentRecord', { username }))!.presence;
const stateOf = async (c: Centre, username = 'anna') => {
  const { state, pause } = await presence(c, username);
  return pause === null ? state : `${state} ${pause}`;
};
const start = (c: Centre, interaction: string, username = 'anna') =>
  c.host.run('startClosing', { interaction, username });
const cancel = (c: Centre, interaction: string, username = 'anna') =>
  c.host.run('cancelClosing', { interaction, username });
const close = (c: Centre, interaction: string, disposition?: string[], username = 'anna') =>
  c.host.run('closeInteraction', { interaction, username, ...(disposition ? { disposition } : {}) });

describe('closing', () => {
  it('is refused without the disposition that is mandatory, and with one that is not in the list', async () => {
    const { c, ids } = await talking();
    expect(await refusal(close(c, ids[0]!))).to.equal('disposition_required');
    for (const path of [['Nothing'], ['Sold', 'Car'], ['No interest', 'Bike']])
      expect(await refusal(close(c, ids[0]!, path))).to.equal('unknown_disposition');
    const { interaction } = await close(c, ids[0]!, ['Sold', 'Bike']);
    expect(interaction.disposition).to.deep.equal(['Sold', 'Bike']);
    await c.host.close();
  });

  it('is refused to one who has not seen the newest message', async () => {
    const { c, ids } = await talking();
    const [first] = (await c.host.run('messages', { interaction: ids[0]!, username: 'anna' })).messages;
    await c.inbound('+12025550100', 'Wait');
    const input = { interaction: ids[0]!, username: 'anna', disposition: ['Sold'], lastMessageId: first!.id };
    expect(await refusal(c.host.run('closeInteraction', input))).to.equal('new_message');
    await c.host.close();
  });
});

describe('disposing', () => {
  it('pauses from pressing Close until it is closed; a refused close changes nothing', async () => {
    const { c, ids } = await talking();
    const since = (await presence(c)).since;
    await c.advance(5);
    expect((await start(c, ids[0]!)).presence).to.include({ state: 'paused', pause: 'Wrap-up' });
    expect((await c.host.run('desk', { username: 'anna' })).disposing).to.deep.equal(ids);
    await refusal(close(c, ids[0]!));
    expect(await stateOf(c)).to.equal('paused Wrap-up');
    await close(c, ids[0]!, ['Sold']);
    expect(await presence(c)).to.deep.equal({ state: 'available', pause: null, since });
    expect((await c.host.run('desk', { username: 'anna' })).disposing).to.deep.equal([]);
    await c.host.close();
  });

  it('gets no offers, and what waits as soon as it is over', async () => {
    const { c, ids } = await talking();
    await start(c, ids[0]!);
    const other = (await c.toQueue('+12025550108')).context.interaction.id;
    expect(await c.rings(other, ['anna'])).to.deep.equal([]);
    await cancel(c, ids[0]!);
    expect(await c.rings(other, ['anna'])).to.deep.equal(['anna']);
    expect((await c.view(ids[0]!)).status).to.equal('open');
    await c.host.close();
  });

  it('is followed by the state before, also if that was another pause, with its begin', async () => {
    const { c, ids } = await talking();
    await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
    const before = await presence(c);
    await c.advance(7);
    await start(c, ids[0]!);
    await c.advance(7);
    await cancel(c, ids[0]!);
    expect(await presence(c)).to.deep.equal(before);
    await c.host.close();
  });

  it('is followed by the state that was chosen meanwhile', async () => {
    const { c, ids } = await talking();
    await start(c, ids[0]!);
    const answer = await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
    expect(answer.presence).to.include({ state: 'paused', pause: 'Wrap-up' });
    await close(c, ids[0]!, ['Sold']);
    expect(await stateOf(c)).to.equal('paused Lunch');
    await c.host.close();
  });

  it('of two at once ends with the second', async () => {
    const { c, ids } = await talking({}, 2);
    await start(c, ids[0]!);
    await start(c, ids[1]!);
    await start(c, ids[1]!);
    await close(c, ids[1]!, ['Sold']);
    expect(await stateOf(c)).to.equal('paused Wrap-up');
    await cancel(c, ids[0]!);
    expect(await stateOf(c)).to.equal('available');
    await cancel(c, ids[0]!);
    expect(await stateOf(c)).to.equal('available');
    await c.host.close();
  });

  it('ends when the conversation goes away from under it', async () => {
    const { c, ids } = await talking({}, 3);
    await c.agent('sue', 5, 'supervisor');
    const ways = [
      (id: string) => c.host.run('take', { interaction: id, username: 'sue' }),
      (id: string) => c.host.run('release', { interaction: id, username: 'sue' }),
      (id: string) => close(c, id, ['Sold'], 'sue'),
    ];
    for (const [i, way] of ways.entries()) {
      await start(c, ids[i]!);
      await way(ids[i]!);
      expect(await stateOf(c), `way ${i}`).to.equal('available');
    }
    await c.host.close();
  });

  it('is taken over by a supervisor who presses Close too', async () => {
    const { c, ids } = await talking();
    await c.agent('sue', 5, 'supervisor');
    await start(c, ids[0]!);
    await start(c, ids[0]!, 'sue');
    expect([await stateOf(c), await stateOf(c, 'sue')]).to.deep.equal(['available', 'paused Wrap-up']);
    await cancel(c, ids[0]!);
    expect(await stateOf(c, 'sue')).to.equal('paused Wrap-up');
    await close(c, ids[0]!, ['Sold'], 'anna');
    expect(await stateOf(c, 'sue')).to.equal('available');
    await c.host.close();
  });

  it('needs a live desk, the right, and an open conversation', async () => {
    const { c, ids } = await talking();
    await c.host.run('createAgent', { username: 'eve', name: 'E', role: 'supervisor', capacity: 1, passwordHash: 'x' });
    expect(await refusal(start(c, ids[0]!, 'eve'))).to.equal('not_connected');
    await c.agent('ben');
    expect(await refusal(start(c, ids[0]!, 'ben'))).to.equal('forbidden');
    await close(c, ids[0]!, ['Sold']);
    expect(await refusal(start(c, ids[0]!))).to.equal('interaction_closed');
    expect(await stateOf(c)).to.equal('available');
    await c.host.close();
  });
});

describe('a browser that dies while disposing', () => {
  it('within offlineAfter goes on with it', async () => {
    const { c, ids } = await talking();
    await start(c, ids[0]!);
    await c.disconnect('anna');
    await c.advance(59);
    await c.connect('anna');
    expect(await stateOf(c)).to.equal('paused Wrap-up');
    expect((await c.host.run('desk', { username: 'anna' })).disposing).to.deep.equal(ids);
    await c.host.close();
  });

  for (const before of ['available', 'paused Lunch'])
    it(`longer than that, it ends; back, the agent is ${before}`, async () => {
      const { c, ids } = await talking();
      if (before !== 'available')
        await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
      await start(c, ids[0]!);
      await c.disconnect('anna');
      await c.advance(61);
      expect(await stateOf(c)).to.equal('offline');
      expect(await c.view(ids[0]!)).to.include({ status: 'open', agent: 'anna' });
      await c.connect('anna');
      expect(await stateOf(c)).to.equal(before);
      expect((await c.host.run('desk', { username: 'anna' })).disposing).to.deep.equal([]);
      await start(c, ids[0]!);
      await cancel(c, ids[0]!);
      expect(await stateOf(c)).to.equal(before);
      await c.host.close();
    });

  it('who logs out instead comes back available', async () => {
    const { c, ids } = await talking();
    await start(c, ids[0]!);
    await c.host.run('leave', { username: 'anna' });
    await c.connect('anna');
    expect(await stateOf(c)).to.equal('available');
    await c.host.close();
  });

  it('and a restart lose nothing of it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-closing-'));
    const file = join(dir, 'x.db');
    let { c, ids } = await talking({ file });
    await start(c, ids[0]!);
    const reopen = async () => {
      await c.host.close();
      c = await Centre.open({ file, clock: c.clock, account: MANDATORY });
    };
    await reopen();
    await c.advance(5);
    await c.connect('anna');
    expect(await stateOf(c)).to.equal('paused Wrap-up');
    await reopen();
    await c.advance(61);
    expect(await stateOf(c)).to.equal('offline');
    await c.connect('anna');
    expect(await stateOf(c)).to.equal('available');
    await c.host.close();
    await rm(dir, { recursive: true });
  });
});
