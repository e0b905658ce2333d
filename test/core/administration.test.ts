import { expect } from 'chai';
import { Centre, refusal } from './support.ts';

/** What the administration does beside what is seen over HTTP (test/server/administration.test.ts). */
describe('what the administration keeps', () => {
  it('the end of a pause counts from its begin, for who is in it already too', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const end = async () => {
      const [row] = await c.rows<{ release_at: number | null }>("select release_at from agent where username = 'anna'");
      return row!.release_at;
    };
    const began = c.clock.now();
    await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
    expect(await end()).to.equal(null);
    await c.advance(30);
    await c.host.run('createPause', { name: 'Lunch', releaseAfter: 10 });
    expect(await end()).to.equal(began + 600_000);
    await c.host.run('updatePause', { id: 'Lunch', releaseAfter: 20 });
    expect(await end()).to.equal(began + 1_200_000);
    await c.host.run('deletePause', { id: 'Lunch' });
    expect(await end()).to.equal(null);
    await c.host.close();
  });

  it('members of an agent who is deleted go; those of the flow stay with the flow', async () => {
    const c = await Centre.open({ account: { agents: ['anna'] } });
    await c.agent('anna');
    await c.host.run('setMembers', { kind: 'account', target: c.id, agents: ['anna'] });
    await c.host.run('setMembers', { kind: 'queue', target: 'Sales', agents: ['anna'] });
    await c.host.run('deleteAgent', { username: 'anna' });
    const rows = await c.rows("select kind, source from member where username = 'anna'");
    expect(rows).to.deep.equal([{ kind: 'account', source: 'flow' }]);
    await c.host.close();
  });

  it('an import is made whole or not at all', async () => {
    const c = await Centre.open();
    const agents = [
      { row: 2, username: 'kim', passwordHash: 'x' },
      { row: 3, username: 'lee' },
    ];
    expect(await refusal(c.host.run('importAgents', { agents }))).to.equal('invalid_row');
    expect((await c.host.run('listAgents', {})).agents).to.deep.equal([]);
    const contacts = [
      { row: 2, address: '+12025550101', name: 'One' },
      { row: 3, address: ' ' },
    ];
    expect(await refusal(c.host.run('importContacts', { contacts }))).to.equal('invalid_row');
    expect((await c.host.run('listContacts', {})).contacts).to.deep.equal([]);
    await c.host.close();
  });

  it('a deletion that was interrupted is in the audit log after a while', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const { interaction } = (await c.inbound()).context;
    const step = { job: 'j', username: 'anna', ids: [interaction.id, 'other'], budget: 500 };
    expect(await c.host.run('deleteInteractions', step)).to.deep.equal({ done: 2 });
    const entries = async () => (await c.host.run('auditLog', { event: 'deleted' })).audit.map((e) => e.data);
    await c.host.run('cleanUp', {});
    expect(await entries()).to.deep.equal([]);
    await c.advance(601);
    await c.host.run('cleanUp', {});
    await c.host.run('cleanUp', {});
    const [found, ...rest] = await entries();
    expect(found).to.include({ reason: 'chosen', interrupted: true, interactions: 1, messages: 1 });
    expect(rest).to.deep.equal([]);
    await c.host.close();
  });

  it('a long conversation is deleted over several steps', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const { interaction } = (await c.inbound()).context;
    for (let i = 0; i < 30; i++) await c.inbound();
    const step = { job: 'j', username: 'anna', ids: [interaction.id], budget: 10 };
    let steps = 1;
    while ((await c.host.run('deleteInteractions', step)).done === 0) steps++;
    expect(steps).to.equal(4);
    const end = await c.host.run('endDeletion', { job: 'j', complete: true });
    expect(end).to.deep.equal({ interactions: 1, messages: 31 });
    await c.host.close();
  });

  it('of the history of presence what is older than the conversations goes; the state at that time stays known', async () => {
    const c = await Centre.open({ settings: { retentionDays: 1 } });
    await c.agent('anna');
    await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
    await c.host.run('leave', { username: 'anna' });
    await c.advance(3 * 86_400);
    await c.connect('anna');
    while ((await c.host.run('cleanUp', {})).more);
    const rows = await c.rows("select state from presence_change where username = 'anna' order by id");
    expect(rows).to.deep.equal([{ state: 'offline' }, { state: 'available' }]);
    await c.host.close();
  });
});
