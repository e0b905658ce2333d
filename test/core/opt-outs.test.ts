import { expect } from 'chai';
import { Centre } from './support.ts';

describe('a contact who wants no messages', () => {
  it('is shown so, with the time and who said it, and desks are told at once', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const h = await c.toQueue();
    await c.accept('anna');
    const { id } = h.context.interaction;
    expect(await c.view(id)).not.to.have.property('optOut');
    await c.inbound(undefined, 'Stop.');
    expect((await c.view(id)).optOut).to.deep.equal({ at: '2026-11-24T10:00:00.000Z', by: 'contact' });
    await c.inbound(undefined, 'START');
    expect(await c.view(id)).not.to.have.property('optOut');
    const before = (await c.view(id)).version;
    c.effects.splice(0);
    await c.host.run('ingest', {
      account: c.id,
      events: [{ kind: 'consent', id: 'o1', peer: { address: '+12025550199', phone: '+12025550199' }, out: true }],
    });
    const told = c.effects.flatMap((e) => (e.kind === 'publish' && e.event === 'interaction' ? [e.json] : []));
    expect(told.map((json) => (JSON.parse(json) as { optOut?: unknown }).optOut)).to.deep.equal([
      { at: '2026-11-24T10:00:00.000Z', by: 'provider' },
    ]);
    expect((await c.view(id)).version).to.equal(before + 1);
    // Another contact of the same account is not concerned.
    const other = await c.inbound('+12025550177');
    expect(await c.view(other.context.interaction.id)).not.to.have.property('optOut');
    await c.host.close();
  });

  it('stays so in the next conversation', async () => {
    const c = await Centre.open();
    const h = await c.inbound(undefined, 'STOP');
    const close = { node: 'n', disposition: [] };
    await c.host.run('steerClose', { interaction: h.context.interaction.id, ...close });
    const next = await c.inbound(undefined, 'Hello again');
    expect(next.context.interaction.id).not.to.equal(h.context.interaction.id);
    expect((await c.view(next.context.interaction.id)).optOut).to.include({ by: 'contact' });
    await c.host.close();
  });
});
