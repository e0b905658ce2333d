import { expect } from 'chai';
import { normaliseTags } from '../../core/tags.ts';
import { Centre, refusal } from './support.ts';

/** Anna has a conversation, Ben has nothing to do with it. */
async function talking(): Promise<{ c: Centre; id: string }> {
  const c = await Centre.open();
  for (const a of ['anna', 'ben']) await c.agent(a);
  const id = (await c.toQueue()).context.interaction.id;
  await c.accept('anna');
  return { c, id };
}

describe('notes', () => {
  it('are messages that nobody sends and that are no answer', async () => {
    const { c, id } = await talking();
    const before = await c.view(id);
    c.effects.length = 0;
    const { message } = await c.host.run('addNote', {
      interaction: id,
      actor: { username: 'anna' },
      text: ' Calls back ',
    });
    expect(message).to.include({ direction: 'note', text: 'Calls back', author: 'anna', interactionId: id });
    const { messages } = await c.host.run('messages', { interaction: id, username: 'anna' });
    expect(messages.map((m) => m.direction)).to.deep.equal(['in', 'note']);
    expect(await c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 })).to.deep.equal([]);
    expect(await c.view(id)).to.deep.equal(before);
    expect(
      c.effects.filter((e) => e.kind === 'publish' && e.event === 'message' && e.to.includes('anna')),
    ).to.have.length(1);
    await c.host.close();
  });

  it('can be written by the assigned agent and supervisors, also when it is closed', async () => {
    const { c, id } = await talking();
    await c.agent('sue', 1, 'supervisor');
    const write = (username: string) => c.host.run('addNote', { interaction: id, actor: { username }, text: 'x' });
    expect(await refusal(write('ben'))).to.equal('forbidden');
    await write('sue');
    await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
    await write('anna');
    expect(await refusal(c.host.run('addNote', { interaction: id, actor: { username: 'anna' }, text: ' ' }))).to.equal(
      'empty_note',
    );
    await c.host.close();
  });

  it('of a flow are written once per plan position and content', async () => {
    const { c, id } = await talking();
    const write = (seq: number, text: string) =>
      c.host.run('addNote', { interaction: id, actor: { node: 'n1', plan: { id: 'm1', seq } }, text });
    const first = await write(3, 'From the plan');
    expect(first.message.author).to.equal('system');
    const second = await write(3, 'From the plan');
    expect(second).to.deep.equal({ message: first.message, repeated: true });
    await write(3, 'Another');
    await write(4, 'From the plan');
    const { messages } = await c.host.run('messages', { interaction: id, username: 'anna' });
    expect(messages.filter((m) => m.direction === 'note').map((m) => m.text)).to.deep.equal([
      'From the plan',
      'Another',
      'From the plan',
    ]);
    await c.host.close();
  });

  it('are not what a merged conversation shows as its last message', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    const one = await c.inbound('+12025550101', 'older');
    await c.inbound('US.77', 'newer');
    const id = one.context.interaction.id;
    await c.host.run('addNote', { interaction: id, actor: { node: 'n' }, text: 'a note' });
    const peer = { address: '+12025550101', phone: '+12025550101', userId: 'US.77' };
    await c.host.run('ingest', {
      account: c.id,
      events: [{ kind: 'message', id: 'SMr', peer, type: 'reaction', text: '', reaction: { to: 'x', emoji: '+' } }],
    });
    const { messages } = await c.host.run('messages', { interaction: id, username: 'anna' });
    expect(messages.map((m) => m.text)).to.deep.equal(['older', 'newer', 'a note', '']);
    expect((await c.view(id)).lastMessage?.text).to.equal('newer');
    await c.host.close();
  });
});

describe('tags', () => {
  it('are kept once each, in the first spelling, without stray spaces', () => {
    expect(normaliseTags([' VIP ', 'vip', 'two  words', 'Ｖip'])).to.deep.equal(['VIP', 'two words']);
  });

  it('are replaced, added and taken away', async () => {
    const { c, id } = await talking();
    const actor = { username: 'anna' };
    const set = async (tags: string[], change?: 'add' | 'remove') =>
      (await c.host.run('setTags', { interaction: id, actor, tags, ...(change ? { change } : {}) })).interaction.tags;
    expect(await set(['a', 'b'])).to.deep.equal(['a', 'b']);
    expect(await set(['B', 'c'], 'add')).to.deep.equal(['a', 'b', 'c']);
    expect(await set(['A', 'nothing'], 'remove')).to.deep.equal(['b', 'c']);
    const { version } = await c.view(id);
    await set(['b', 'c']);
    expect((await c.view(id)).version).to.equal(version);
    expect(await set([])).to.deep.equal([]);
    await c.host.close();
  });

  it('have limits, and need the right', async () => {
    const { c, id } = await talking();
    const set = (username: string, tags: string[]) =>
      c.host.run('setTags', { interaction: id, actor: { username }, tags });
    expect(await refusal(set('anna', ['x'.repeat(65)]))).to.equal('invalid_tag');
    expect(await refusal(set('anna', [' ']))).to.equal('invalid_tag');
    expect(
      await refusal(
        set(
          'anna',
          Array.from({ length: 51 }, (_, i) => `t${i}`),
        ),
      ),
    ).to.equal('too_many_tags');
    expect(await refusal(set('ben', ['x']))).to.equal('forbidden');
    await c.host.close();
  });
});
