import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Commands, Effect } from '../../core/api.ts';
import { account, Centre, queue, refusal } from './support.ts';

type Released = Extract<Effect, { kind: 'released' }>;

const ACCOUNT = { dispositions: [{ name: 'Done' }], mandatoryDisposition: true };
const OUTCOMES = [{ name: 'Sold', children: [{ name: 'Online' }] }, { name: 'Lost' }];

const watch = (c: Centre, interaction: string, more: Partial<Commands['watch'][0]> = {}) =>
  c.host.run('watch', {
    ...{ node: 'w', interaction, msg: '{"at":"w"}', dispositions: OUTCOMES, mandatory: 'inherit' as const, pause: '' },
    ...more,
  });

/** What left since the last look. */
const left = (c: Centre): Released[] => c.effects.splice(0).filter((e): e is Released => e.kind === 'released');

/** Anna has a conversation. */
async function talking(c: Centre): Promise<string> {
  await c.agent('anna');
  const id = (await c.toQueue()).context.interaction.id;
  await c.accept('anna', id);
  return id;
}

const close = (c: Centre, interaction: string, disposition?: string[]) =>
  c.host.run('closeInteraction', { interaction, username: 'anna', ...(disposition ? { disposition } : {}) });

describe('watches of wa-disposition', () => {
  it('stand beside the plan: position and seq stay', async () => {
    const c = await Centre.open();
    const h = await c.toQueue();
    const { id } = h.context.interaction;
    const row = () =>
      c.rows<{ plan_seq: number; plan_position: string }>('select plan_seq, plan_position from interaction');
    const [before] = await row();
    await watch(c, id);
    expect(await row()).to.deep.equal([before]);
    expect(before).to.include({ plan_position: 'at' });
    await c.host.close();
  });

  it('give agents their list instead of the account’s, as the latest one says', async () => {
    const c = await Centre.open({ account: ACCOUNT });
    const id = await talking(c);
    expect(await c.view(id)).not.to.have.property('closing');
    await watch(c, id);
    expect((await c.view(id)).closing).to.deep.equal({ dispositions: OUTCOMES, mandatory: true });
    const { tabs } = await c.host.run('desk', { username: 'anna' });
    expect(tabs[0]!.closing).to.deep.equal({ dispositions: OUTCOMES, mandatory: true });
    expect(await refusal(close(c, id, ['Done']))).to.equal('unknown_disposition');
    expect(await refusal(close(c, id))).to.equal('disposition_required');
    await watch(c, id, { node: 'v', dispositions: [{ name: 'Other' }], mandatory: 'no' });
    expect((await c.view(id)).closing).to.deep.equal({ dispositions: [{ name: 'Other' }], mandatory: false });
    expect(await refusal(close(c, id, ['Sold']))).to.equal('unknown_disposition');
    // Entered again, the first one is the latest.
    await watch(c, id);
    await close(c, id, ['Sold', 'Online']);
    expect(left(c).map(({ node, step }) => [node, step.outcome, step.disposition])).to.deep.equal([
      ['v', 'disposed', ['Sold', 'Online']],
      ['w', 'disposed', ['Sold', 'Online']],
    ]);
    expect(await c.view(id)).not.to.have.property('closing');
    await c.host.close();
  });

  it('an empty list leaves the account’s; the flag alone can be changed', async () => {
    const c = await Centre.open({ account: ACCOUNT });
    const id = await talking(c);
    await watch(c, id, { dispositions: [], mandatory: 'no' });
    expect((await c.view(id)).closing).to.deep.equal({ dispositions: [{ name: 'Done' }], mandatory: false });
    await close(c, id);
    expect(left(c)[0]!.step).to.deep.include({ outcome: 'closed', agent: 'anna', disposition: [] });
    await c.host.close();
  });

  it('tell desks that the list is another one', async () => {
    const c = await Centre.open();
    const id = await talking(c);
    c.effects.length = 0;
    await watch(c, id);
    const told = c.effects.filter((e) => e.kind === 'publish' && e.event === 'interaction' && e.to.includes('anna'));
    expect(told).to.have.length(1);
    await c.host.close();
  });

  it('leave once they are handed over, and again until then, also after a restart', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-watches-'));
    const file = join(dir, 'x.db');
    let c = await Centre.open({ file });
    const id = await talking(c);
    await watch(c, id);
    await c.advance(90);
    await close(c, id, ['Lost'].slice(1));
    const [first] = left(c);
    expect(first).to.deep.include({ node: 'w', msg: '{"at":"w"}' });
    expect(first!.step).to.deep.include({ waitedSeconds: 90 });
    expect(first!.context.interaction).to.include({ id, status: 'closed' });
    const { clock } = c;
    await c.host.close();

    c = await Centre.open({ file, clock });
    await c.host.run('resume', { attempts: true });
    const [again] = left(c);
    expect(again).to.deep.equal(first);
    await c.host.run('released', { watches: [again!.watch] });
    await c.host.run('resume', { attempts: true });
    expect(left(c)).to.deep.equal([]);
    expect(await c.rows('select * from watch')).to.deep.equal([]);
    await c.host.close();
    await rm(dir, { recursive: true });
  });

  it('of a removed node go with it; another one counts again', async () => {
    const c = await Centre.open({ account: ACCOUNT });
    const id = await talking(c);
    await watch(c, id, { node: 'stays', dispositions: [{ name: 'Kept' }] });
    await watch(c, id, { node: 'goes' });
    const deploy = (nodes: string[]) => c.sync([account(ACCOUNT)], [queue({ name: 'Sales' })], nodes);
    await deploy(['stays', 'goes']);
    expect((await c.view(id)).closing!.dispositions).to.deep.equal(OUTCOMES);
    await deploy(['stays']);
    expect((await c.view(id)).closing!.dispositions).to.deep.equal([{ name: 'Kept' }]);
    await deploy([]);
    expect(await c.view(id)).not.to.have.property('closing');
    await close(c, id, ['Done']);
    expect(left(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('stay with a conversation that becomes one with another', async () => {
    const c = await Centre.open();
    const one = (await c.inbound('+12025550101')).context.interaction.id;
    const two = (await c.inbound('US.7')).context.interaction.id;
    await watch(c, one, { node: 'both', msg: '{"of":"one"}' });
    await watch(c, two, { node: 'both', msg: '{"of":"two"}' });
    await watch(c, two, { node: 'second', msg: '{"of":"two"}' });
    await c.inbound('+12025550101', 'It is me', { userId: 'US.7' });
    await c.host.run('steerClose', { interaction: one, node: 'n', disposition: ['Sold'] });
    expect(left(c).map(({ node, msg }) => [node, msg])).to.deep.equal([
      ['both', '{"of":"one"}'],
      ['second', '{"of":"two"}'],
    ]);
    await c.host.close();
  });

  it('are counted for the status of their node', async () => {
    const c = await Centre.open();
    for (const from of ['+12025550101', '+12025550102']) {
      const { id } = (await c.inbound(from)).context.interaction;
      await watch(c, id);
      await watch(c, id);
    }
    const count = async () => (await c.host.run('waitingByNode', { nodes: ['w'] })).w;
    expect(await count()).to.deep.equal({ waiting: 2, nobody: null });
    const [row] = await c.rows<{ id: string }>('select id from interaction limit 1');
    await c.host.run('steerClose', { interaction: row!.id, node: 'n', disposition: [] });
    expect(await count()).to.deep.equal({ waiting: 1, nobody: null });
    await c.host.close();
  });
});
