import { expect } from 'chai';
import helper from 'node-red-node-test-helper';
import { type Bench, ends, load, type Message, unload, watchers } from './support.ts';

const flow = (properties: object): object[] => [
  { id: 'inbound', type: 'wa-inbound', account: 'account', wires: [['in'], []] },
  { id: 'change', type: 'wa-interaction', wires: [['out']], ...properties },
  ...ends('in', 'out'),
  ...watchers('change'),
];

const fixed = (operation: string, value = '') => ({ operation, value, valueType: 'str' });
const found = (operation: string) => ({ operation, value: 'payload', valueType: 'msg' });

/** A customer's message at the node. */
async function arrive(bench: Bench, more: object = {}): Promise<Message> {
  await bench.write('Hello');
  const msg = { ...(await bench.next('in')), ...more };
  bench.give('change', structuredClone(msg));
  return msg;
}

const view = async (bench: Bench, interaction: string) => {
  const { engine } = bench.shared;
  const sue = { username: 'sue', name: 'Sue', role: 'supervisor' as const, capacity: 1, passwordHash: '-' };
  await engine.run('createAgent', sue).catch(() => {});
  return engine.run('interaction', { interaction, username: 'sue' });
};

describe('wa-interaction as a node', function () {
  this.timeout(20_000);
  afterEach(unload);

  it('tags and takes tags away; the message knows', async () => {
    const bench = await load(flow(found('tag')));
    const msg = await arrive(bench, { payload: ['VIP', 'order'] });
    const out = await bench.next('out');
    await bench.next('completed');
    expect(out.whatsapp.interaction.tags).to.deep.equal(['VIP', 'order']);
    expect(out.whatsapp.plan).to.deep.equal(msg.whatsapp.plan);
    expect(out.whatsapp.message).to.deep.equal(msg.whatsapp.message);
    bench.give('change', { ...structuredClone(msg), payload: 'vip, repair' });
    expect((await bench.next('out')).whatsapp.interaction.tags).to.deep.equal(['VIP', 'order', 'repair']);
    await unload();
    const untag = await load(flow(fixed('untag', 'order')));
    const { interaction } = (await arrive(untag)).whatsapp;
    await untag.shared.engine.run('setTags', {
      ...{ interaction: interaction.id, actor: { node: 'x' }, tags: ['order', 'rest'] },
    });
    untag.give('change', { whatsapp: { interaction: { id: interaction.id } } });
    await untag.next('out');
    expect((await untag.next('out')).whatsapp.interaction.tags).to.deep.equal(['rest']);
  });

  it('writes a note once, also if it is handed over twice', async () => {
    const bench = await load(flow({ operation: 'note', value: '"wrote: " & payload', valueType: 'jsonata' }));
    const msg = await arrive(bench);
    bench.give('change', structuredClone(msg));
    expect((await bench.next('out')).whatsapp).to.deep.equal(msg.whatsapp);
    await bench.next('out');
    await view(bench, msg.whatsapp.interaction.id);
    const { messages } = await bench.shared.engine.run('messages', {
      ...{ interaction: msg.whatsapp.interaction.id, username: 'sue' },
    });
    const notes = messages.filter(({ direction }) => direction === 'note');
    expect(notes.map(({ text, author }) => [text, author])).to.deep.equal([['wrote: Hello', 'system']]);
  });

  it('gives it to an agent: no ring, no tab, the plan has ended and the message is current', async () => {
    const bench = await load(flow(found('assign')));
    await bench.agent('anna');
    const msg = await arrive(bench, { payload: 'anna' });
    const out = await bench.next('out');
    expect(out.whatsapp.interaction).to.include({ agent: 'anna', status: 'open' });
    expect(out.whatsapp.plan).to.deep.equal({ ...msg.whatsapp.plan, seq: msg.whatsapp.plan.seq + 1 });
    const desk = await bench.shared.engine.run('desk', { username: 'anna' });
    expect(desk.offers).to.deep.equal([]);
    expect(desk.tabs).to.deep.equal([]);
    expect(desk.assigned.map(({ id }) => id)).to.deep.equal([msg.whatsapp.interaction.id]);
    // Again, and a copy that was not current before: it stays a stale one.
    bench.give('change', structuredClone(out));
    expect((await bench.next('out')).whatsapp.plan).to.deep.equal(out.whatsapp.plan);
    bench.give('change', structuredClone(msg));
    expect((await bench.next('out')).whatsapp.plan).to.deep.equal(msg.whatsapp.plan);
  });

  it('says why an agent cannot have it', async () => {
    const bench = await load(flow(found('assign')), { agents: ['anna', 'dora'] });
    for (const name of ['anna', 'ben', 'dora']) await bench.agent(name);
    await bench.shared.engine.run('updateAgent', { username: 'dora', disabled: true });
    for (const [payload, code] of [
      ['nobody', 'unknown_agent'],
      ['ben', 'not_in_account'],
      ['dora', 'agent_disabled'],
      [undefined, 'value_missing'],
      ['', 'value_missing'],
      [{ name: 'anna' }, 'value_invalid'],
    ]) {
      await arrive(bench, { payload });
      expect((await bench.next('caught')).error.code, String(payload)).to.equal(code);
    }
    expect(bench.rest('out')).to.deep.equal([]);
  });

  it('takes it away: unassigned and unread', async () => {
    const bench = await load(flow(fixed('unassign')));
    await bench.agent('anna');
    await bench.write('Hello');
    const msg = await bench.next('in');
    const { id } = msg.whatsapp.interaction;
    await bench.shared.engine.run('take', { interaction: id, username: 'anna' });
    await bench.shared.engine.run('markRead', { interaction: id, username: 'anna' });
    bench.give('change', msg);
    expect((await bench.next('out')).whatsapp.interaction).to.include({ agent: null, unread: 1 });
    expect(await view(bench, id)).to.include({ agent: null, unread: 1 });
  });

  it('closes with any outcome or none, and the message goes on', async () => {
    for (const [value, disposition] of [
      ['Sold/Online', ['Sold', 'Online']],
      [
        ['One', 'Two', 'Three'],
        ['One', 'Two', 'Three'],
      ],
      ['', []],
      [undefined, []],
    ] as const) {
      const bench = await load(flow(found('close')), { dispositions: [{ name: 'Other' }], mandatoryDisposition: true });
      const msg = await arrive(bench, { payload: value });
      const out = await bench.next('out');
      expect(out.whatsapp.interaction.status).to.equal('closed');
      const { id } = msg.whatsapp.interaction;
      expect(await view(bench, id)).to.deep.include({ status: 'closed', disposition: [...disposition] });
      // The hand-over again is no error; for another node it is.
      bench.give('change', structuredClone(msg));
      await bench.next('out');
      await unload();
    }
    const bench = await load(flow(found('close')));
    for (const payload of ['a/b/c/d', 'a//b', ['a', 7], 7]) {
      await arrive(bench, { payload });
      expect((await bench.next('caught')).error.code, String(payload)).to.equal('value_invalid');
    }
    expect(bench.rest('out')).to.deep.equal([]);
  });

  it('of a closed conversation only notes, tags and the list are changed', async () => {
    for (const [operation, value, works] of [
      ['tag', 'x', true],
      ['note', 'x', true],
      ['list', 'x', true],
      ['assign', 'anna', false],
      ['unassign', '', false],
      ['priority', '1', false],
      ['close', '', false],
    ] as const) {
      const bench = await load(flow(fixed(operation, value)));
      await bench.agent('anna');
      await bench.write('Hello');
      const msg = await bench.next('in');
      await bench.shared.engine.run('steerClose', {
        ...{ interaction: msg.whatsapp.interaction.id, node: 'another', disposition: [] },
      });
      bench.give('change', msg);
      if (works) await bench.next('out');
      else expect((await bench.next('caught')).error.code, operation).to.equal('interaction_closed');
      await unload();
    }
  });

  it('moves the contact to a list, which is made', async () => {
    const bench = await load(flow({ operation: 'list', value: 'segment', valueType: 'flow' }));
    helper.getNode('change').context().flow.set('segment', ' Business ');
    const msg = await arrive(bench);
    expect(msg.whatsapp.contact.list).to.equal('Default');
    expect((await bench.next('out')).whatsapp.contact).to.include({ list: 'Business', isNew: true, name: 'Zoe' });
    await bench.write('again');
    expect((await bench.next('in')).whatsapp.contact.list).to.equal('Business');
  });

  it('sets a priority; what is no whole number is an error', async () => {
    const bench = await load(flow(found('priority')));
    for (const payload of [5, '-2', 0]) {
      await arrive(bench, { payload });
      await bench.next('out');
    }
    for (const [payload, code] of [
      ['high', 'value_invalid'],
      [1.5, 'value_invalid'],
      [1e9, 'value_invalid'],
      ['', 'value_missing'],
      [null, 'value_missing'],
    ]) {
      await arrive(bench, { payload });
      expect((await bench.next('caught')).error.code, String(payload)).to.equal(code);
    }
  });

  it('an interaction that does not exist, or none, is an error', async () => {
    const bench = await load(flow(fixed('tag', 'x')));
    bench.give('change', { whatsapp: { interaction: { id: 'none' } } });
    expect((await bench.next('caught')).error.code).to.equal('not_found');
    bench.give('change', {});
    expect((await bench.next('caught')).error.code).to.equal('no_interaction');
  });
});
