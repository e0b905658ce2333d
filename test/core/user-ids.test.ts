import { expect } from 'chai';
import { Centre } from './support.ts';

const USER = 'US.13491208655302741918';
const NUMBER = '+12025550199';

/** Somebody writes whose number nobody knows. */
async function write(c: Centre, text: string, more: { phone?: string; id?: string } = {}) {
  const { phone, id = `SM${text}` } = more;
  const peer = { address: phone ?? USER, userId: USER, ...(phone ? { phone } : {}) };
  await c.host.run('ingest', { account: c.id, events: [{ kind: 'message', id, peer, type: 'text', text }] });
  return c.handovers.at(-1)!;
}
const claim = async (c: Centre) =>
  (await c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 })).map((j) => j.to);

describe('a person without a phone number', () => {
  it('is answered at the user id, found by a part of it, and stands in an export', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const { context } = await write(c, 'hello');
    expect(context.contact).to.include({ address: USER, phone: null, userId: USER, name: USER });
    const { id } = context.interaction;
    await c.host.run('take', { interaction: id, username: 'anna' });
    await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Yes?' });
    expect(await claim(c)).to.deep.equal([{ address: USER, userId: USER }]);
    const search = { conditions: [{ field: 'contact.address', operator: 'contains', value: '2086553027' }] };
    const found = await c.host.run('search', { username: 'anna', search });
    expect(found.interactions.map((one) => one.id)).to.deep.equal([id]);
    const { rows } = await c.host.run('exportRows', { ids: [id], columns: ['contact.address', 'contact.name'] });
    expect(rows).to.deep.equal([[USER, USER]]);
    await c.host.close();
  });

  it('who writes with a number once stays one contact: what is queued, unclear or unwanted moves along', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const byNumber = await c.inbound(NUMBER);
    await c.host.run('steerClose', { interaction: byNumber.context.interaction.id, node: 'n', disposition: [] });
    const { context } = await write(c, 'hello');
    expect(context.contact.id).not.to.equal(byNumber.context.contact.id);
    await c.host.run('take', { interaction: context.interaction.id, username: 'anna' });
    await c.host.run('sendMessage', { interaction: context.interaction.id, username: 'anna', text: 'one' });
    await c.host.run('sendMessage', { interaction: context.interaction.id, username: 'anna', text: 'two' });
    const [first] = await c.host.run('claimOutgoing', { accounts: [c.id], limit: 1 });
    await c.host.run('finishOutgoing', {
      message: first!.message,
      result: { outcome: 'ambiguous', code: 'timeout', message: '' },
    });
    const both = await write(c, 'again', { phone: NUMBER });
    expect(both.context.contact).to.include({ id: byNumber.context.contact.id, phone: NUMBER, userId: USER });
    expect(both.context.interaction.id).to.equal(context.interaction.id);
    // The order of the contact holds: the second waits for the first, which is looked up at the address that it went to.
    expect(await claim(c)).to.deep.equal([]);
    await c.advance(2);
    const [job] = await c.host.run('claimLookUps', { account: c.id, limit: 1 });
    expect(job).to.deep.include({ message: first!.message, to: { address: USER } });
    await c.host.run('finishLookUp', {
      message: first!.message,
      found: { outcome: 'sent', providerId: 'SM1', status: 'sent' },
    });
    expect(await claim(c)).to.deep.equal([{ address: NUMBER, phone: NUMBER, userId: USER }]);
    // From now on without the number: the same contact, answered at the user id.
    const later = await write(c, 'STOP');
    expect(later.context.contact).to.include({ id: both.context.contact.id, address: USER, phone: NUMBER });
    expect((await c.view(context.interaction.id)).optOut).to.include({ by: 'contact' });
    await c.host.close();
  });

  it('has a user id that is known for one, letters or not', async () => {
    const c = await Centre.open();
    await c.host.run('createAgent', { username: 'root', name: 'R', role: 'admin', capacity: 1, passwordHash: 'x' });
    const address = 'DE.9aZ81';
    const made = await c.host.run('createContact', {
      username: 'root',
      address,
      name: 'Ida',
      list: 'Default',
    } as never);
    expect(made).to.deep.include({ addresses: [{ address, kind: 'user_id' }] });
    await c.host.run('ingest', {
      account: c.id,
      events: [{ kind: 'message', id: 'm', peer: { address, userId: address }, type: 'text', text: 'hi' }],
    });
    expect(c.handovers.at(-1)!.context.contact).to.include({ name: 'Ida', userId: address });
    await c.host.close();
  });
});
