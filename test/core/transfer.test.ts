import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { account, Centre, queue, refusal, type Setup } from './support.ts';

const ALL = ['anna', 'ben', 'carla'];
const QUEUES = [
  { name: 'Sales', agents: ['*'] },
  { name: 'Support', agents: ['anna', 'ben'], strategy: 'rrmemory' as const, agentTimeout: 12 },
];

/** Anna has a conversation, read, its tab open. */
async function talking(setup: Setup = {}): Promise<{ c: Centre; id: string }> {
  const c = await Centre.open({ queues: QUEUES, ...setup });
  for (const a of ALL) await c.agent(a);
  const id = (await c.toQueue()).context.interaction.id;
  await c.accept('anna', id);
  await c.host.run('markRead', { interaction: id, username: 'anna' });
  c.forwards();
  return { c, id };
}

const transfer = (c: Centre, interaction: string, to: { agent: string } | { queue: string }, username = 'anna') =>
  c.host.run('transfer', { interaction, username, to });

const events = async (c: Centre, interaction: string): Promise<string[]> =>
  (
    await c.rows<{ event: string }>(
      `select event from audit where interaction_id = '${interaction}' and event like '%transfer%' order by id`,
    )
  ).map((r) => r.event);

/** Keeps the connections alive while time passes. */
async function pass(c: Centre, seconds: number, agents = ALL): Promise<void> {
  for (let left = seconds; left > 0; left -= 15) {
    await c.advance(Math.min(left, 15));
    await c.host.run('heartbeat', { connections: agents.map((a) => `c-${a}`) });
  }
}

describe('a transfer to an agent', () => {
  it('rings there, with its notification, while it stays with who transferred, whose tab closes', async () => {
    const { c, id } = await talking({ account: { template: '{{agent}} {{queue}} {{message}}' } });
    await transfer(c, id, { agent: 'ben' });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    const view = await c.view(id);
    expect(view).to.include({ agent: 'anna', tabOpen: false, unread: 0 });
    expect(view.waiting).to.deep.include({ node: null, kind: 'transfer', agent: 'ben', queue: null });
    expect(Date.parse(view.waiting!.until!) - c.clock.now()).to.equal(30_000);
    const [offer] = (await c.host.run('desk', { username: 'ben' })).offers;
    expect(offer?.notification.text).to.equal('ben  Hello');
    await c.accept('ben', id);
    expect(await c.view(id)).to.include({ agent: 'ben', tabOpen: true, waiting: null, queue: 'Sales' });
    expect(await events(c, id)).to.deep.equal(['interaction-transferred']);
    expect(c.forwards()).to.deep.equal([]);
    await c.host.close();
  });

  for (const how of ['not accepted in time', 'rejected'] as const)
    it(`${how} comes back to who transferred, unread, the tab open again`, async () => {
      const { c, id } = await talking();
      await transfer(c, id, { agent: 'ben' });
      if (how === 'rejected') await c.reject('ben', id);
      else {
        await c.advance(29);
        expect((await c.view(id)).waiting?.kind).to.equal('transfer');
        await c.advance(1);
      }
      expect(await c.rings(id, ALL)).to.deep.equal([]);
      expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: true, unread: 1, waiting: null });
      expect(await events(c, id)).to.deep.equal(['interaction-transferred', 'transfer-returned']);
      await c.host.close();
    });

  it('comes back without its tab if there is no room for it any more', async () => {
    const { c, id } = await talking();
    await c.host.run('updateAgent', { username: 'anna', capacity: 1 });
    await transfer(c, id, { agent: 'ben' });
    await c.toQueue('+12025550102');
    await c.accept('anna');
    await c.reject('ben', id);
    expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: false, unread: 1 });
    await c.host.close();
  });

  it('rings only as soon as the agent can take it', async () => {
    const { c, id } = await talking();
    await c.host.run('setPresence', { username: 'ben', state: 'paused', pause: 'Lunch' });
    await transfer(c, id, { agent: 'ben' });
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    await c.advance(10);
    await c.host.run('setPresence', { username: 'ben', state: 'available' });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.advance(20);
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1 });
    await c.host.close();
  });

  it('comes back at once if the target is disabled meanwhile', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    await c.host.run('updateAgent', { username: 'ben', disabled: true });
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1, waiting: null });
    await c.host.close();
  });
});

describe('a transfer to a queue', () => {
  it('rings by its strategy, one after the other, never at who transferred', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { queue: 'Support' });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.reject('ben', id);
    // Everyone who can be asked was: Ben again, not Anna.
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.advance(30);
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1, queue: 'Sales' });
    await c.host.close();
  });

  it('is delivered by that queue from then on', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { queue: 'Support' });
    await c.accept('ben', id);
    expect(await c.view(id)).to.include({ agent: 'ben', queue: 'Support', waiting: null });
    await c.host.close();
  });

  it('waits for one who becomes free, and is not found for who transferred', async () => {
    const { c, id } = await talking();
    await c.host.run('setPresence', { username: 'ben', state: 'paused' });
    await transfer(c, id, { queue: 'Support' });
    // Anna becomes ready anew: what waits in her queue is her own.
    await c.host.run('setPresence', { username: 'anna', state: 'paused' });
    await c.host.run('setPresence', { username: 'anna', state: 'available' });
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    await c.host.run('setPresence', { username: 'ben', state: 'available' });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.host.close();
  });

  it('does not keep who transferred from what else waits there', async () => {
    const { c, id } = await talking();
    for (const a of ['anna', 'ben']) await c.host.run('setPresence', { username: a, state: 'paused' });
    await transfer(c, id, { queue: 'Support' });
    await c.advance(1);
    const other = (await c.toQueue('+12025550102', { queue: 'q-Support' })).context.interaction.id;
    await c.host.run('setPresence', { username: 'anna', state: 'available' });
    expect(await c.rings(other, ALL)).to.deep.equal(['anna']);
    await c.host.close();
  });

  it('comes back if the queue is removed', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { queue: 'Support' });
    await c.sync([account()], [queue({ name: 'Sales' })]);
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1, waiting: null });
    await c.host.close();
  });
});

describe('what a transfer needs', () => {
  it('an agent or a queue of the account, and its permission', async () => {
    const { c, id } = await talking({ account: { agents: ['anna', 'ben'] } });
    expect(await refusal(transfer(c, id, { agent: 'nobody' }))).to.equal('unknown_agent');
    expect(await refusal(transfer(c, id, { agent: 'carla' }))).to.equal('not_in_account');
    expect(await refusal(transfer(c, id, { agent: 'anna' }))).to.equal('already_assigned');
    expect(await refusal(transfer(c, id, { queue: 'Nowhere' }))).to.equal('unknown_queue');
    expect(await refusal(transfer(c, id, { agent: 'ben' }, 'ben'))).to.equal('forbidden');
    const config = account({ agents: ['anna', 'ben'], transferToAgent: false });
    await c.sync([config], [...QUEUES.map(queue), queue({ name: 'Other', agents: ['carla'] })]);
    expect(await refusal(transfer(c, id, { queue: 'Other' }))).to.equal('not_in_account');
    expect(await refusal(transfer(c, id, { agent: 'ben' }))).to.equal('transfer_not_allowed');
    await transfer(c, id, { queue: 'Support' });
    await c.sync([{ ...config, transferToQueue: false }], QUEUES.map(queue));
    expect(await refusal(transfer(c, id, { queue: 'Support' }))).to.equal('transfer_not_allowed');
    await c.host.close();
  });

  it('an open conversation in which the contact has written', async () => {
    const { c, id } = await talking();
    await c.rows(`update interaction set last_inbound_id = null where id = '${id}'`);
    expect(await refusal(transfer(c, id, { agent: 'ben' }))).to.equal('no_inbound_message');
    await c.rows(`update interaction set last_inbound_id = last_message_id where id = '${id}'`);
    await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
    expect(await refusal(transfer(c, id, { agent: 'ben' }))).to.equal('interaction_closed');
    await c.host.close();
  });
});

describe('during a transfer', () => {
  it('a message joins it', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    const answer = await c.route(await c.inbound(undefined, 'Still there?'));
    expect(answer).to.include({ result: 'out', output: 0, outcome: 'waiting' });
    const [offer] = (await c.host.run('desk', { username: 'ben' })).offers;
    expect(offer?.notification.text).to.contain('Still there?');
    await c.advance(30);
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1, tabOpen: true });
    await c.host.close();
  });

  for (const act of ['open the tab', 'take it'] as const)
    it(`who transferred has it again when they ${act}`, async () => {
      const { c, id } = await talking();
      await transfer(c, id, { queue: 'Support' });
      const offer = await c.offer('ben', id);
      if (act === 'take it') await c.host.run('take', { interaction: id, username: 'anna' });
      else await c.host.run('setTab', { interaction: id, username: 'anna', open: true });
      expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: true, waiting: null });
      expect(await refusal(c.host.run('acceptOffer', { offer: offer!, username: 'ben' }))).to.equal('offer_taken');
      await c.advance(31);
      expect((await c.view(id)).unread).to.equal(0);
      expect(await events(c, id)).to.deep.equal(['interaction-transferred', 'transfer-returned']);
      await c.host.close();
    });

  it('closing it ends it for all', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { queue: 'Sales' });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben', 'carla']);
    await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    await c.advance(31);
    expect(await c.view(id)).to.include({ status: 'closed', agent: 'anna', waiting: null });
    await c.host.close();
  });

  it('it can be transferred elsewhere, and comes back as it was before the first', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    await transfer(c, id, { agent: 'carla' });
    expect(await c.rings(id, ALL)).to.deep.equal(['carla']);
    await c.reject('carla', id);
    expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: true });
    await c.host.close();
  });

  it('two accepts have one winner', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { queue: 'Sales' });
    const offers = await Promise.all(['ben', 'carla'].map((a) => c.offer(a, id)));
    const accept = (i: number, username: string) => c.host.run('acceptOffer', { offer: offers[i]!, username });
    const results = await Promise.allSettled([accept(0, 'ben'), accept(1, 'carla')]);
    expect(results.map((r) => r.status)).to.deep.equal(['fulfilled', 'rejected']);
    expect((await c.view(id)).agent).to.equal('ben');
    await c.host.close();
  });

  it('a deploy that removes nodes does not touch it', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    await c.sync([account()], QUEUES.map(queue), []);
    await c.host.run('resume', { attempts: true });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    expect(c.forwards()).to.deep.equal([]);
    await c.host.close();
  });
});

describe('a transfer that comes back to one who is gone', () => {
  it('asks them, then their queue, then nobody has it', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    await c.host.run('leave', { username: 'anna' });
    await c.reject('ben', id);
    // Back in time, she would get it.
    expect((await c.view(id)).waiting).to.deep.include({ node: null, kind: 'return', agent: 'anna' });
    await c.advance(10);
    expect(await c.rings(id, ['ben', 'carla'])).to.deep.equal(['ben', 'carla']);
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1 });
    await c.advance(20);
    expect(await c.view(id)).to.include({ agent: null, unread: 1, waiting: null });
    expect(await c.rings(id, ['ben', 'carla'])).to.deep.equal([]);
    expect(c.forwards()).to.deep.equal([]);
    await c.host.close();
  });

  it('is theirs if they are back in time', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    await c.host.run('leave', { username: 'anna' });
    await c.reject('ben', id);
    await c.advance(5);
    await c.connect('anna');
    await c.accept('anna', id);
    expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: true, waiting: null });
    await c.host.close();
  });

  it('is the queue’s if a colleague takes it', async () => {
    const { c, id } = await talking();
    await transfer(c, id, { agent: 'ben' });
    await c.disconnect('anna');
    await pass(c, 30, ['ben', 'carla']);
    // Lost for less than offlineAfter: her tab still counts.
    expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: true, waiting: null });
    await pass(c, 31, ['ben', 'carla']);
    await transfer(c, id, { agent: 'ben' }, 'anna');
    await c.reject('ben', id);
    await c.advance(10);
    await c.accept('carla', id);
    expect(await c.view(id)).to.include({ agent: 'carla', queue: 'Sales' });
    await c.host.close();
  });
});

describe('a transfer by a supervisor', () => {
  it('leaves it with its agent, to whom it comes back', async () => {
    const { c, id } = await talking();
    await c.agent('sue', 2, 'supervisor');
    await transfer(c, id, { agent: 'ben' }, 'sue');
    await c.reject('ben', id);
    expect(await c.view(id)).to.include({ agent: 'anna', tabOpen: true, unread: 1 });
    await c.host.close();
  });

  it('takes one that waits out of its plan; not accepted, it is offered to its queue again', async () => {
    const { c } = await talking();
    await c.agent('sue', 2, 'supervisor');
    const id = (await c.toQueue('+12025550102')).context.interaction.id;
    await transfer(c, id, { agent: 'ben' }, 'sue');
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.reject('ben', id);
    expect(await c.view(id)).to.include({ agent: null, unread: 1 });
    expect((await c.view(id)).waiting).to.deep.include({ kind: 'return', queue: 'Sales', until: null });
    expect(await c.rings(id, ALL)).to.deep.equal(ALL);
    expect(c.forwards()).to.deep.equal([]);
    const ended = await c.rows(`select data from audit where event = 'plan-ended' and interaction_id = '${id}'`);
    expect(ended).to.have.length(1);
    await c.host.close();
  });
});

describe('a restart during a transfer', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-transfer-'));
    file = join(dir, 'x.db');
  });
  afterEach(() => rm(dir, { recursive: true }));

  async function reopen(c: Centre, seconds: number): Promise<Centre> {
    await c.host.close();
    c.clock.set(c.clock.now() + seconds * 1000);
    return Centre.open({ file, clock: c.clock, queues: QUEUES });
  }

  it('keeps it and its deadline', async () => {
    let { c, id } = await talking({ file });
    await transfer(c, id, { agent: 'ben' });
    c = await reopen(c, 10);
    for (const a of ALL) await c.connect(a);
    await c.host.run('resume', { attempts: true });
    expect(await c.rings(id, ALL)).to.deep.equal(['ben']);
    await c.advance(19);
    expect((await c.view(id)).waiting?.kind).to.equal('transfer');
    await c.advance(1);
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1, tabOpen: true, waiting: null });
    await c.host.close();
  });

  it('returns what was due meanwhile', async () => {
    let { c, id } = await talking({ file });
    await transfer(c, id, { queue: 'Sales' });
    c = await reopen(c, 45);
    await c.advance(0);
    expect(await c.rings(id, ALL)).to.deep.equal([]);
    // Anna's connection was lost with the process, a moment ago: she counts as there.
    expect(await c.view(id)).to.include({ agent: 'anna', unread: 1, waiting: null });
    await c.host.close();
  });
});
