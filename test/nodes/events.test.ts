import { expect } from 'chai';
import helper from 'node-red-node-test-helper';
import { databaseOf, ends, FROM, load, type Message, unload } from './support.ts';

const listener = (id: string, to: string, more: object = {}) => ({ id, type: 'wa-events', wires: [[to]], ...more });
const topics = (messages: Message[]) => messages.map((m) => m.topic);

describe('wa-events', () => {
  afterEach(unload);

  it('gives the message of the contract', async () => {
    const bench = await load([listener('events', 'out'), ...ends('out')]);
    await bench.write('Good morning');
    const opened = await bench.next('out');
    const account = { id: bench.shared.accounts.idOf('account'), key: 'MAIN', name: 'Main', phone: '+12025550100' };
    const { id } = opened.whatsapp.interaction;
    const { at } = opened.payload;
    expect(opened.topic).to.equal('interaction-opened');
    expect(new Date(at).toISOString()).to.equal(at);
    const payload = { event: 'interaction-opened', at, actor: 'contact', account: account.id, interaction: id };
    expect(opened.payload).to.deep.equal({ ...payload, data: null });
    const { contact, interaction } = opened.whatsapp;
    expect(opened.whatsapp).to.have.all.keys('account', 'contact', 'interaction');
    expect(opened.whatsapp.account).to.deep.equal(account);
    expect(contact).to.include({ address: FROM, phone: FROM, name: 'Zoe', list: 'Default', isNew: true });
    expect(interaction).to.include({ status: 'open', agent: null, queue: null, isNew: true, unread: 1 });
    const message = await bench.next('out');
    expect(message.topic).to.equal('message-in');
    expect(message.whatsapp.message).to.include({ text: 'Good morning', direction: 'in', type: 'text' });
    expect(message.whatsapp.message).to.not.have.any.keys('version', 'interactionId', 'author');
    expect(message.payload.data).to.deep.equal({ message: message.whatsapp.message.id, type: 'text' });
    const unheard = await bench.next('out');
    expect(unheard).to.deep.include({ topic: 'plan-ended' });
    expect(unheard.payload).to.deep.include({ actor: 'system', data: { reason: 'no wa-inbound' } });
  });

  it('gives each node what it wants, in a message of its own', async () => {
    const bench = await load([
      listener('some', 'some-out', { events: ['agent-login', 'agent-available'] }),
      listener('mine', 'mine-out', { account: 'account', events: ['message-in', 'agent-available'] }),
      listener('nobody', 'nobody-out', { account: 'gone' }),
      listener('typo', 'typo-out', { events: ['message-inn'] }),
      ...ends('some-out', 'mine-out', 'nobody-out', 'typo-out'),
    ]);
    await bench.agent('anna');
    await bench.write('one');
    await bench.write('two');
    const available = await bench.next('some-out');
    expect(available.payload).to.include({ event: 'agent-available', actor: 'anna', account: null, interaction: null });
    expect(available.whatsapp).to.deep.equal({});
    const texts = [await bench.next('mine-out'), await bench.next('mine-out')].map((m) => m.whatsapp.message.text);
    expect(texts).to.deep.equal(['one', 'two']);
    await bench.agent('ben');
    await bench.next('some-out');
    expect(topics([...bench.rest('mine-out'), ...bench.rest('nobody-out'), ...bench.rest('typo-out')])).to.deep.equal(
      [],
    );
  });

  it('keeps its place once the flow has the events, and says up to when', async () => {
    const bench = await load([listener('events', 'out'), ...ends('out')]);
    const before = await positionOf('events');
    await bench.write('one');
    await bench.next('out');
    await until(async () => (await positionOf('events')) > before);
    const shown = () => helper.getNode('events').status.lastCall.args[0] as { text?: string };
    await until(async () => /^up to \d\d:\d\d:\d\d$/.test(shown().text ?? ''));
  });

  it('brings many events in order', async () => {
    const bench = await load([listener('events', 'out', { events: ['message-in'] }), ...ends('out')]);
    const texts = Array.from({ length: 500 }, (_, i) => `text ${i}`);
    for (const text of texts) void bench.write(text, `+1202555${1000 + (Number(text.slice(5)) % 20)}`);
    const seen: string[] = [];
    while (seen.length < texts.length) seen.push((await bench.next('out')).whatsapp.message.text);
    expect(seen).to.deep.equal(texts);
  });
});

async function positionOf(node: string): Promise<string> {
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(databaseOf(), { readOnly: true });
  const row = db.prepare('select position from event_cursor where node_id = ?').get(node) as { position: string };
  db.close();
  return row.position;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 3000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
