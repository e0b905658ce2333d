import { expect } from 'chai';
import { follows } from '../../core/statuses.ts';
import type { SendResult } from '../../providers/provider.ts';
import { account, Centre, queue, refusal } from './support.ts';

const SENT: SendResult = { outcome: 'sent', providerId: 'SMout', status: 'queued' };

/** Anna has an open conversation. */
async function conversation(more: Parameters<typeof Centre.open>[0] = {}): Promise<{ c: Centre; id: string }> {
  const c = await Centre.open(more);
  await c.agent('anna');
  const h = await c.toQueue();
  await c.accept('anna');
  return { c, id: h.context.interaction.id };
}
const say = (c: Centre, interaction: string, text: string, idempotencyKey?: string) =>
  c.host.run('sendMessage', { interaction, username: 'anna', text, idempotencyKey });
const claim = (c: Centre) => c.host.run('claimOutgoing', { accounts: [c.id], limit: 10 });
const statusOf = async (c: Centre, message: string) => (await c.host.run('message', { message })).status;
const status = (c: Centre, value: 'sent' | 'delivered' | 'read' | 'failed', id = 'SMout') =>
  c.host.run('ingest', {
    account: c.id,
    events: [
      {
        kind: 'status',
        id,
        status: value,
        ...(value === 'failed' ? { error: { code: '63016', reason: 'window_closed' as const } } : {}),
      },
    ],
  });

describe('messages in', () => {
  it('that were missed and fetched later: the window counts from when they were written', async () => {
    const c = await Centre.open();
    const from = { address: '+12025550199', phone: '+12025550199' };
    const fetched = (id: string, hoursAgo: number) => ({
      ...{ kind: 'message' as const, id, peer: from, type: 'text' as const, text: id },
      at: c.clock.now() - hoursAgo * 3_600_000,
    });
    const closes = async (events: ReturnType<typeof fetched>[]) => {
      await c.host.run('ingest', { account: c.id, events });
      return c.handovers.at(-1)?.context.interaction.windowClosesAt;
    };
    expect(await closes([fetched('SM1', 20)])).to.equal('2026-11-24T14:00:00.000Z');
    expect(await closes([fetched('SM2', 5)])).to.equal('2026-11-25T05:00:00.000Z');
    // One that is older than what is here already changes nothing, and a clock that is ahead gives nothing away.
    expect(await closes([fetched('SM3', 8)])).to.equal('2026-11-25T05:00:00.000Z');
    expect(await closes([fetched('SM4', -3)])).to.equal('2026-11-25T10:00:00.000Z');
    const id = c.handovers[0]!.context.interaction.id;
    expect((await c.view(id)).windowClosesAt).to.equal('2026-11-25T10:00:00.000Z');
    await c.host.close();
  });

  it('a provider id is taken once, however often and together it comes', async () => {
    const c = await Centre.open();
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        c.host.run('ingest', {
          account: c.id,
          events: [
            {
              kind: 'message',
              id: `SM${i % 50}`,
              peer: { address: '+12025550199', phone: '+12025550199' },
              type: 'text',
              text: `${i % 50}`,
            },
          ],
        }),
      ),
    );
    expect(c.handovers.map((h) => h.message.text)).to.deep.equal(Array.from({ length: 50 }, (_, i) => `${i}`));
    expect(new Set(c.handovers.map((h) => h.context.interaction.id)).size).to.equal(1);
    expect(c.handovers.map((h) => h.context.interaction.isNew)).to.deep.equal([true, ...Array(49).fill(false)]);
    await c.host.close();
  });

  it('a phone number and a user id that turn out to be one person become one contact with one open interaction', async () => {
    const c = await Centre.open();
    const byPhone = await c.inbound('+12025550199');
    await c.host.run('ingest', {
      account: c.id,
      events: [
        { kind: 'message', id: 'u1', peer: { address: 'US.1349', userId: 'US.1349' }, type: 'text', text: 'it is me' },
      ],
    });
    expect(c.handovers[1]!.context.contact.id).to.not.equal(byPhone.context.contact.id);
    const both = await c.inbound('+12025550199', 'again', { userId: 'US.1349' });
    expect(both.context.contact).to.include({
      id: byPhone.context.contact.id,
      phone: '+12025550199',
      userId: 'US.1349',
    });
    expect(both.context.interaction.id).to.equal(byPhone.context.interaction.id);
    await c.view(both.context.interaction.id);
    const { messages } = await c.host.run('messages', {
      interaction: both.context.interaction.id,
      username: 'the-supervisor',
    });
    expect(messages.map((m) => m.text)).to.deep.equal(['Hello', 'it is me', 'again']);
    await c.host.close();
  });

  it('a reaction opens nothing and rings nobody', async () => {
    const c = await Centre.open();
    await c.host.run('ingest', {
      account: c.id,
      events: [
        {
          kind: 'message',
          id: 'r',
          peer: { address: '+12025550199', phone: '+12025550199' },
          type: 'reaction',
          text: '',
          reaction: { to: 'x', emoji: '+' },
        },
      ],
    });
    expect(c.handovers).to.have.length(0);
    await c.host.close();
  });
});

describe('accounts', () => {
  it('keep their id and token over an import anew, and refuse a used key or number', async () => {
    const c = await Centre.open();
    const before = await c.host.run('accountStatus', { idOrNode: c.id });
    await c.sync([], []);
    const anew = await c.sync([account({ nodeId: 'other' })], []);
    expect(anew.accounts.other).to.deep.equal({ id: c.id, proxyToken: before.proxyToken });
    const twice = await c.sync(
      [
        account({ nodeId: 'other' }),
        account({ nodeId: 'copy', key: 'X' }),
        account({ nodeId: 'third', phone: '+12025550111' }),
      ],
      [queue({ name: 'Sales' })],
    );
    expect(twice.accounts.copy).to.have.nested.property('error.code', 'phone_taken');
    expect(twice.accounts.third).to.have.nested.property('error.code', 'key_taken');
    expect(twice.accounts.other).to.deep.equal({ id: c.id, proxyToken: before.proxyToken });
    await c.host.close();
  });
});

describe('messages out', () => {
  it('to somebody who writes to two numbers wait for each other at each number only', async () => {
    const c = await Centre.open();
    const other = account({ nodeId: 'other', key: 'OTHER', phone: '+12025550177' });
    const { accounts } = await c.sync([account(), other], [queue({ name: 'Sales' })]);
    const ids = [c.id, (accounts.other as { id: string }).id];
    await c.agent('chief', 3, 'supervisor');
    for (const [i, id] of ids.entries()) {
      const peer = { address: '+12025550199', phone: '+12025550199' };
      const event = { kind: 'message' as const, id: `SM${i}`, peer, type: 'text' as const, text: 'Hello' };
      await c.host.run('ingest', { account: id, events: [event] });
      const interaction = c.handovers[i]!.context.interaction.id;
      for (const text of ['one', 'two']) await c.host.run('sendMessage', { interaction, username: 'chief', text });
    }
    // Nothing wakes a number when another one is done.
    for (const id of ids) {
      const jobs = await c.host.run('claimOutgoing', { accounts: [id], limit: 10 });
      expect(jobs.map(({ account: of, text }) => [of, text])).to.deep.equal([[id, 'one']]);
    }
    await c.host.close();
  });

  it('go in order per contact; a repeated key is one message', async () => {
    const { c, id } = await conversation();
    const one = await say(c, id, 'one', 'k1');
    expect((await say(c, id, 'one', 'k1')).message.id).to.equal(one.message.id);
    await say(c, id, 'two');
    const first = await claim(c);
    expect(first.map((j) => j.text)).to.deep.equal(['one']);
    expect(await claim(c)).to.deep.equal([]);
    await c.host.run('finishOutgoing', { message: first[0]!.message, result: SENT });
    expect((await claim(c)).map((j) => j.text)).to.deep.equal(['two']);
    await c.host.close();
  });

  it('only what the provider did not process is tried again', async () => {
    const { c, id } = await conversation();
    const { message } = await say(c, id, 'one');
    await claim(c);
    const refused = {
      outcome: 'rejected',
      code: '20429',
      reason: 'rate_limited',
      message: 'slow down',
      retry: true,
      retryAfter: 7,
    } as const;
    await c.host.run('finishOutgoing', { message: message.id, result: refused });
    expect(await claim(c)).to.deep.equal([]);
    await c.advance(7);
    expect(await claim(c)).to.have.length(1);
    await c.host.run('finishOutgoing', {
      message: message.id,
      result: { outcome: 'ambiguous', code: 'timeout', message: 'no answer' },
    });
    expect(await statusOf(c, message.id)).to.equal('ambiguous');
    await c.advance(600);
    expect(await claim(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('a send whose process does not come back is ambiguous, never sent again', async () => {
    const { c, id } = await conversation();
    const { message } = await say(c, id, 'one');
    await claim(c);
    await c.advance(61);
    expect(await statusOf(c, message.id)).to.equal('ambiguous');
    expect(await claim(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('statuses may come early, twice and in any order', async () => {
    const { c, id } = await conversation();
    const { message } = await say(c, id, 'one');
    await claim(c);
    await status(c, 'read');
    await status(c, 'delivered');
    expect(await statusOf(c, message.id)).to.equal('queued');
    await c.host.run('finishOutgoing', { message: message.id, result: SENT });
    expect(await statusOf(c, message.id)).to.equal('read');
    await status(c, 'sent');
    await status(c, 'failed');
    expect(await statusOf(c, message.id)).to.equal('read');
    await c.host.close();
  });

  it('ranks: failed is final and does not follow a delivery', () => {
    expect(follows('delivered', 'sent')).to.equal(true);
    expect(follows('sent', 'delivered')).to.equal(false);
    expect(follows('failed', 'sent')).to.equal(true);
    expect(follows('failed', 'delivered')).to.equal(false);
    expect(follows('read', 'failed')).to.equal(false);
    expect(follows('delivered', 'ambiguous')).to.equal(true);
  });

  it('outside the window free text is refused before anything is sent', async () => {
    const { c, id } = await conversation();
    await c.advance(24 * 3600 + 1);
    expect(await refusal(say(c, id, 'late'))).to.equal('window_closed');
    expect(await claim(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('wa-send sends once per plan position and content', async () => {
    const c = await Centre.open();
    const h = await c.inbound();
    const send = (text: string, once = false) =>
      c.host.run('queueSend', {
        node: 's',
        interaction: h.context.interaction.id,
        plan: h.context.plan,
        text,
        type: 'text',
        content: null,
        once,
      });
    const first = await send('hi');
    expect((await send('hi')).message.id).to.equal(first.message.id);
    expect((await send('there')).message.id).to.not.equal(first.message.id);
    await c.host.close();
  });
});

describe('closing and seeing', () => {
  it('asks for a disposition where it is mandatory, and for a look at the newest message', async () => {
    const { c, id } = await conversation({
      account: { mandatoryDisposition: true, dispositions: [{ name: 'Sold', children: [{ name: 'Bike' }] }] },
    });
    const close = (more: object) => c.host.run('closeInteraction', { interaction: id, username: 'anna', ...more });
    expect(await refusal(close({}))).to.equal('disposition_required');
    expect(await refusal(close({ disposition: ['Sold', 'Boat'] }))).to.equal('unknown_disposition');
    const seen = c.handovers[0]!.message.id;
    await c.inbound();
    expect(await refusal(close({ disposition: ['Sold'], lastMessageId: seen }))).to.equal('new_message');
    const { interaction } = await close({ disposition: ['Sold', 'Bike'] });
    expect(interaction).to.include({ status: 'closed', unread: 0 });
    expect(interaction.disposition).to.deep.equal(['Sold', 'Bike']);
    await c.host.close();
  });

  it('seeing is not acting, and not everybody sees', async () => {
    const { c, id } = await conversation({ account: { agents: ['anna', 'ben'] } });
    for (const a of ['ben', 'carla']) await c.agent(a);
    const look = (username: string) => refusal(c.host.run('interaction', { interaction: id, username }));
    expect(await look('ben')).to.equal('forbidden');
    expect(await look('nobody')).to.equal('not_found');
    const free = (await c.inbound('+12025550177')).context.interaction.id;
    expect(await refusal(c.host.run('interaction', { interaction: free, username: 'ben' }))).to.equal('no refusal');
    expect(await refusal(c.host.run('interaction', { interaction: free, username: 'carla' }))).to.equal('forbidden');
    expect(await refusal(c.host.run('sendMessage', { interaction: free, username: 'ben', text: 'x' }))).to.equal(
      'not_assigned',
    );
    await c.host.close();
  });

  it('desks of those who may not read a conversation get nothing of it', async () => {
    const { c, id } = await conversation({ account: { agents: ['anna'] } });
    await c.agent('carla');
    c.effects.splice(0);
    await c.inbound('+12025550199', 'my secret');
    await say(c, id, 'an answer');
    const told = c.effects.filter((e) => e.kind === 'publish' && e.to.includes('carla'));
    expect(JSON.stringify(told)).to.not.contain('secret').and.not.contain('answer').and.not.contain('12025550199');
    await c.host.close();
  });
});
