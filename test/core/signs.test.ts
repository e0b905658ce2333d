import { expect } from 'chai';
import { Centre, refusal } from './support.ts';

/** Anna has an open conversation whose newest message has this provider id. */
async function conversation(more: Parameters<typeof Centre.open>[0] = {}) {
  const c = await Centre.open(more);
  await c.agent('anna');
  const h = await c.toQueue();
  await c.accept('anna');
  const interaction = h.context.interaction.id;
  await c.inbound(undefined, 'newest', { id: 'SMnewest' });
  c.effects.splice(0);
  const signs = () => c.effects.splice(0).flatMap((e) => (e.kind === 'sign' ? [`${e.sign} ${e.message}`] : []));
  const as = (username: string) => ({ interaction, username });
  return { c, as, signs };
}

describe('what the contact sees of the agent', () => {
  it('is a read receipt when the agent reads, once, and never of who only watches', async () => {
    const { c, as, signs } = await conversation();
    await c.view(as('').interaction);
    await c.host.run('markRead', as('the-supervisor'));
    expect(signs()).to.deep.equal([]);
    await c.host.run('markRead', as('anna'));
    await c.host.run('markRead', as('anna'));
    expect(signs()).to.deep.equal(['read SMnewest']);
    await c.host.close();
  });

  it('is typing while the agent writes; nobody else may, not even a supervisor', async () => {
    const { c, as, signs } = await conversation();
    await c.host.run('typing', as('anna'));
    expect(signs()).to.deep.equal(['typing SMnewest']);
    await c.view(as('').interaction);
    expect(await refusal(c.host.run('typing', as('the-supervisor')))).to.equal('not_assigned');
    await c.agent('ben');
    expect(await refusal(c.host.run('typing', as('ben')))).to.be.oneOf(['not_assigned', 'forbidden']);
    // When the window is closed nothing of the agent would arrive.
    await c.advance(24 * 3600 + 1);
    await c.host.run('typing', as('anna'));
    expect(signs()).to.deep.equal([]);
    await c.host.close();
  });

  it('is what the account wants', async () => {
    const { c, as, signs } = await conversation({ account: { readReceipts: false, typing: false } });
    await c.host.run('typing', as('anna'));
    await c.host.run('markRead', as('anna'));
    expect(signs()).to.deep.equal([]);
    await c.host.close();
  });
});
