import { expect } from 'chai';
import { Centre, refusal } from './support.ts';

const FROM = '+12025550199';

/** Around a conversation: what came before it, whose it could be, who it is with, and beginning one. */
describe('around a conversation', () => {
  let c: Centre;
  beforeEach(async () => {
    c = await Centre.open({ queues: [{ name: 'Sales' }, { name: 'Night', agents: ['ben'] }] });
  });
  afterEach(() => c.host.close());

  /** A conversation that this agent has. */
  async function had(username: string, from = FROM): Promise<string> {
    const { id } = (await c.inbound(from)).context.interaction;
    await c.host.run('take', { interaction: id, username });
    return id;
  }
  async function closed(username: string, from = FROM): Promise<string> {
    const interaction = await had(username, from);
    await c.host.run('closeInteraction', { interaction, username });
    await c.advance(60);
    return interaction;
  }
  const earlier = async (interaction: string, username: string) =>
    (await c.host.run('earlier', { interaction, username })).interactions.map((i) => i.id);

  describe('earlier ones', () => {
    it('are those of the contact before it, the newest first, a page at a time', async () => {
      await c.agent('anna');
      const all: string[] = [];
      for (let i = 0; i < 22; i++) all.unshift(await closed('anna'));
      await closed('anna', '+12025550111');
      const now = await had('anna');
      const first = await c.host.run('earlier', { interaction: now, username: 'anna' });
      expect(first.interactions.map((i) => i.id)).to.deep.equal(all.slice(0, 20));
      expect(first.more).to.equal(true);
      expect(await earlier(all[19]!, 'anna')).to.deep.equal(all.slice(20));
    });

    it('of a colleague are seen with an open one of the contact, and not afterwards', async () => {
      for (const a of ['anna', 'ben']) await c.agent(a);
      const bens = await closed('ben');
      const mine = await had('anna');
      expect(await earlier(mine, 'anna')).to.deep.equal([bens]);
      await c.host.run('closeInteraction', { interaction: mine, username: 'anna' });
      expect(await earlier(mine, 'anna')).to.deep.equal([]);
      expect(await refusal(earlier(mine, 'ben'))).to.equal('forbidden');
      await c.agent('sue', 1, 'supervisor');
      expect(await earlier(mine, 'sue')).to.deep.equal([bens]);
    });
  });

  describe('whom it can be transferred to', () => {
    it('says who is there and has room', async () => {
      await c.agent('anna');
      await c.agent('ben', 1);
      await c.agent('cleo', 5);
      const id = await had('anna');
      await had('ben', '+12025550111');
      const { agents, queues, allowed } = await c.host.run('transferTargets', { interaction: id, username: 'anna' });
      expect(agents.map((a) => `${a.username} ${a.load}/${a.capacity} ${a.ready}`)).to.deep.equal([
        'ben 1/1 false',
        'cleo 0/5 true',
      ]);
      expect(queues).to.deep.equal([
        { name: 'Night', waiting: 0, ready: 0 },
        { name: 'Sales', waiting: 0, ready: 1 },
      ]);
      expect(allowed).to.deep.equal({ agent: true, queue: true });
      await c.host.run('setPresence', { username: 'cleo', state: 'paused', pause: 'Lunch' });
      const then = await c.host.run('transferTargets', { interaction: id, username: 'anna' });
      expect(then.agents[1]).to.deep.include({ ready: false });
      expect(then.agents[1]!.presence).to.include({ state: 'paused', pause: 'Lunch' });
      expect(then.queues[1]).to.include({ ready: 0 });
    });

    it('keeps to what the account allows, and to who may act', async () => {
      await c.agent('anna');
      await c.agent('ben');
      const id = await had('anna');
      expect(await refusal(c.host.run('transferTargets', { interaction: id, username: 'ben' }))).to.equal('forbidden');
      await c.host.close();
      c = await Centre.open({ account: { transferToAgent: false } });
      await c.agent('anna');
      await c.agent('ben');
      const other = await had('anna');
      const targets = await c.host.run('transferTargets', { interaction: other, username: 'anna' });
      expect(targets.agents).to.deep.equal([]);
      expect(targets.queues.map((q) => q.name)).to.deep.equal(['Sales']);
      expect(targets.allowed).to.deep.equal({ agent: false, queue: true });
    });
  });

  it('the names of colleagues stay when they have left', async () => {
    await c.agent('anna');
    await c.agent('ben');
    await c.host.run('deleteAgent', { username: 'ben' });
    const { colleagues } = await c.host.run('colleagues', { username: 'anna' });
    expect(colleagues).to.deep.equal([
      { username: 'anna', name: 'anna' },
      { username: 'ben', name: 'ben' },
    ]);
  });

  describe('a contact', () => {
    it('gets another name and list, and desks that show it are told', async () => {
      await c.agent('anna');
      const id = await had('anna');
      const { contact, version } = await c.view(id);
      c.effects.length = 0;
      const changed = await c.host.run('updateContact', {
        contact: contact.id,
        username: 'anna',
        name: '  Marta   Ferri ',
        list: 'VIP',
      });
      expect(changed.contact).to.include({ name: 'Marta Ferri', list: 'VIP', phone: FROM });
      const now = await c.view(id);
      expect(now.contact).to.include({ name: 'Marta Ferri', list: 'VIP', address: FROM });
      expect(now.version).to.equal(version + 1);
      await c.advance(1);
      const told = c.effects.filter((e) => e.kind === 'publish' && e.event === 'interaction');
      expect(told.map((e) => (e as { to: string[] }).to)).to.deep.equal([['anna']]);
      await c.inbound(FROM, 'again');
      expect((await c.view(id)).contact.name).to.equal('Marta Ferri');
      expect((await c.host.run('desk', { username: 'anna' })).lists).to.deep.equal(['Default', 'VIP']);
    });

    it('is changed only by who may see an interaction of it', async () => {
      for (const a of ['anna', 'ben']) await c.agent(a);
      const id = await had('anna');
      const { contact } = await c.view(id);
      const rename = (username: string, name = 'X') =>
        c.host.run('updateContact', { contact: contact.id, username, name });
      expect(await refusal(rename('ben'))).to.equal('forbidden');
      expect(await refusal(rename('anna', '   '))).to.equal('invalid_name');
      expect(await refusal(c.host.run('updateContact', { contact: 'none', username: 'anna', name: 'X' }))).to.equal(
        'not_found',
      );
      // A closed one of one's own is seen, too.
      await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
      expect((await rename('anna')).contact.name).to.equal('X');
      expect(await refusal(rename('ben'))).to.equal('forbidden');
      // Nobody has the next one: everybody of the account sees it.
      await c.inbound();
      expect((await rename('ben', 'Y')).contact.name).to.equal('Y');
    });
  });

  describe('beginning one', () => {
    const start = (username: string, address = FROM, text = 'Hello again') =>
      c.host.run('startInteraction', { account: c.id, address, username, text });

    it('assigns it to its author with the tab open, and queues the text', async () => {
      await c.agent('anna');
      const former = await closed('anna');
      const { interaction, message } = await start('anna');
      expect(interaction).to.include({ status: 'open', agent: 'anna', tabOpen: true, unread: 0 });
      expect(interaction.id).to.not.equal(former);
      expect(interaction.windowClosesAt).to.equal((await c.view(former)).windowClosesAt);
      expect(message).to.include({ direction: 'out', author: 'anna', text: 'Hello again', status: 'queued' });
      const [job] = await c.host.run('claimOutgoing', { accounts: [c.id], limit: 5 });
      expect(job).to.include({ message: message.id, text: 'Hello again' });
      // What the contact answers joins it and is the agent's.
      const answer = await c.inbound();
      expect(answer.context.interaction).to.include({ id: interaction.id, agent: 'anna' });
    });

    it('is refused where one is open, with whose it is', async () => {
      for (const a of ['anna', 'ben']) await c.agent(a);
      const id = await had('ben');
      const refused = await start('anna').catch((e) => e);
      expect(refused).to.include({ code: 'already_open', status: 409 });
      // Who may not see it learns no id.
      expect(refused.details).to.deep.equal({ agent: 'ben', interaction: null });
      const own = await start('ben').catch((e) => e);
      expect(own.details).to.deep.equal({ agent: 'ben', interaction: id });
    });

    it('keeps to the window, the capacity, the account and the length, and writes nothing then', async () => {
      await c.agent('anna', 1);
      expect(await refusal(start('anna', '+12025550177'))).to.equal('window_closed');
      await closed('anna');
      expect(await refusal(start('anna', FROM, 'x'.repeat(1601)))).to.equal('too_long');
      const interaction = await had('anna', '+12025550111');
      expect(await refusal(start('anna'))).to.equal('at_capacity');
      await c.host.run('closeInteraction', { interaction, username: 'anna' });
      await c.advance(25 * 3600);
      await c.connect('anna', 'again');
      expect(await refusal(start('anna'))).to.equal('window_closed');
      const wrong = { account: 'none', address: FROM, username: 'anna', text: 'x' };
      expect(await refusal(c.host.run('startInteraction', wrong))).to.equal('unknown_account');
      expect(await c.rows('select id from interaction')).to.have.length(2);
      expect(await c.rows("select id from message where direction = 'out'")).to.deep.equal([]);
    });

    it('is for agents of the account', async () => {
      await c.host.close();
      c = await Centre.open({ account: { agents: ['anna'] } });
      for (const a of ['anna', 'ben']) await c.agent(a);
      await closed('anna');
      expect(await refusal(start('ben'))).to.equal('forbidden');
    });
  });

  it('a text that the provider would refuse is refused at once', async () => {
    await c.agent('anna');
    const interaction = await had('anna');
    const send = (text: string) => c.host.run('sendMessage', { interaction, username: 'anna', text });
    expect(await refusal(send('x'.repeat(1601)))).to.equal('too_long');
    // Counted as people count: an emoji is one character.
    expect((await send('😀'.repeat(1600))).message.status).to.equal('queued');
    expect((await c.host.run('desk', { username: 'anna' })).accounts[0]!.maxText).to.equal(1600);
  });
});
