import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AuditQuery, Commands } from '../../core/api.ts';
import { EVENT_NAMES } from '../../core/events/names.ts';
import type { EventDetail } from '../../core/views.ts';
import { NAMES } from '../../nodes/wa-events/events/groups.ts';
import { account, Centre, queue, refusal } from './support.ts';

/** Reads on to the end in steps of `limit`; `taken` says whether the flow had them. */
async function readAll(
  c: Centre,
  {
    node = 'listener',
    limit = 100,
    account = null as string | null,
    events = null as string[] | null,
    taken = true,
  } = {},
): Promise<EventDetail[]> {
  const all: EventDetail[] = [];
  let after: string | null = null;
  for (let more = true; more; ) {
    const batch: Commands['nextEvents'][1] = await c.host.run('nextEvents', { node, after, account, events, limit });
    all.push(...batch.events);
    after = batch.position;
    more = batch.more;
  }
  if (taken && after) await c.host.run('eventsTaken', { node, position: after });
  return all;
}

const listen = (c: Centre, ...nodes: string[]) => c.host.run('listenEvents', { nodes });
const names = (events: { event: string }[]) => events.map((e) => e.event);

/** A conversation from its first message to its end. */
async function conversation(c: Centre, from = '+12025550199'): Promise<string> {
  const h = await c.toQueue(from);
  const { id } = h.context.interaction;
  await c.accept('anna', id);
  await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Good morning' });
  const [job] = await c.host.run('claimOutgoing', { accounts: [c.id], limit: 1 });
  await c.host.run('finishOutgoing', {
    message: job!.message,
    result: { outcome: 'sent', providerId: `SMout-${id}`, status: 'sent' },
  });
  await c.host.run('ingest', {
    account: c.id,
    events: [{ kind: 'status', id: `SMout-${id}`, status: 'delivered' }],
  });
  await c.host.run('closeInteraction', { interaction: id, username: 'anna', disposition: ['Sold'] });
  return id;
}
const CONVERSATION = [
  ...['interaction-opened', 'message-in', 'offer-made', 'offer-accepted', 'interaction-assigned'],
  ...['message-out', 'message-status', 'message-status', 'interaction-closed', 'disposed'],
];
const open = (file?: string) =>
  Centre.open({ account: { dispositions: [{ name: 'Sold' }] }, ...(file ? { file } : {}) });

describe('the stream of events', () => {
  it('tells a conversation in its order, with who did it and what it is about', async () => {
    const c = await open();
    await c.agent('anna');
    await listen(c, 'listener');
    const id = await conversation(c);
    const events = await readAll(c);
    expect(names(events)).to.deep.equal(CONVERSATION);
    expect(events.map((e) => e.actor)).to.deep.equal([
      ...['contact', 'contact', 'anna', 'anna', 'anna', 'anna', 'system', 'system', 'anna', 'anna'],
    ]);
    for (const e of events) {
      expect(e).to.include({ interaction: id, account: c.id, at: '2026-11-24T10:00:00.000Z' });
      expect(e.whatsapp.account).to.deep.equal({ id: c.id, key: 'SALES', name: 'Sales', phone: '+12025550100' });
      expect(e.whatsapp.contact).to.include({ address: '+12025550199', list: 'Default' });
      // As it is when the event is read.
      expect(e.whatsapp.interaction).to.include({ id, status: 'closed', agent: 'anna', queue: 'Sales' });
    }
    expect(events[0]?.whatsapp.contact?.isNew).to.equal(true);
    expect(events[0]?.whatsapp.interaction?.isNew).to.equal(true);
    expect(events[1]?.whatsapp.message).to.include({ direction: 'in', text: 'Hello' });
    expect(events[1]?.data).to.deep.equal({ message: events[1]?.whatsapp.message?.id, type: 'text' });
    expect(events[2]?.data).to.include({ agent: 'anna', queue: 'Sales' });
    expect(events[4]?.data).to.include({ agent: 'anna', queue: 'Sales' });
    expect(events[5]?.whatsapp.message).to.include({ direction: 'out', text: 'Good morning', status: 'delivered' });
    expect(events.slice(6, 8).map((e) => e.data?.status)).to.deep.equal(['sent', 'delivered']);
    expect(events[9]?.data).to.deep.equal({ disposition: ['Sold'] });
    await c.host.close();
  });

  it('tells why a message could not be sent', async () => {
    const c = await open();
    await c.agent('anna');
    await listen(c, 'listener');
    const { id } = (await c.toQueue()).context.interaction;
    await c.accept('anna', id);
    const { message } = await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Hi' });
    await c.host.run('claimOutgoing', { accounts: [c.id], limit: 1 });
    const result = { code: '63016', reason: 'window_closed', message: 'no', retry: false } as const;
    await c.host.run('finishOutgoing', { message: message.id, result: { outcome: 'rejected', ...result } });
    const [failed] = await readAll(c, { events: ['message-status'] });
    expect(failed?.data).to.deep.equal({
      ...{ message: message.id, status: 'failed', error: { code: '63016', reason: 'window_closed' } },
    });
    expect(failed?.whatsapp.message).to.include({ status: 'failed' });
    await c.host.close();
  });

  it('in steps of any size gives every event once, in one order', async () => {
    const c = await open();
    await c.agent('anna', 9);
    await listen(c, 'listener');
    for (const n of [1, 2, 3]) await conversation(c, `+1202555010${n}`);
    // One transaction that writes into all tables at once.
    await Promise.all([c.inbound('+12025550111'), c.toQueue('+12025550112'), c.connect('anna', 'second')]);
    const whole = await readAll(c, { taken: false });
    expect(whole.map((e) => e.id)).to.deep.equal(whole.map((e) => e.id).toSorted());
    expect(whole.length).to.be.greaterThan(3 * CONVERSATION.length);
    for (const limit of [1, 2, 3, 7]) {
      expect(
        (await readAll(c, { limit, taken: false })).map((e) => e.id),
        `${limit}`,
      ).to.deep.equal(whole.map((e) => e.id));
    }
    await c.host.close();
  });

  it('gives what the flow has not taken again, and nothing else', async () => {
    const c = await open();
    await c.agent('anna');
    await listen(c, 'listener', 'other');
    await c.inbound();
    const opened = ['interaction-opened', 'message-in'];
    expect(names(await readAll(c, { taken: false }))).to.deep.equal(opened);
    expect(names(await readAll(c))).to.deep.equal(opened);
    expect(await readAll(c)).to.deep.equal([]);
    expect(names(await readAll(c, { node: 'other' }))).to.deep.equal(opened);
    // A position never goes back.
    await c.host.run('eventsTaken', { node: 'listener', position: '0' });
    expect(await readAll(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('can be narrowed to an account and to events; what is passed over need not be read again', async () => {
    const c = await open();
    const second = account({ nodeId: 'acc2', phone: '+12025550101', key: 'HELP', name: 'Help' });
    const answer = await c.sync([account(), second], [queue({ name: 'Sales' })]);
    const help = (answer.accounts.acc2 as { id: string }).id;
    await c.agent('anna');
    await listen(c, 'listener');
    await c.inbound();
    await c.host.run('ingest', {
      account: help,
      events: [{ kind: 'message', id: 'SM2', peer: { address: '+12025550177' }, type: 'text', text: 'Help' }],
    });
    await c.host.run('leave', { username: 'anna' });
    expect(names(await readAll(c, { account: help, taken: false }))).to.deep.equal([
      'interaction-opened',
      'message-in',
    ]);
    expect(names(await readAll(c, { events: ['agent-logout', 'message-in'], taken: false }))).to.deep.equal([
      'message-in',
      'message-in',
      'agent-logout',
    ]);
    const none = await c.host.run('nextEvents', {
      ...{ node: 'listener', after: null, account: null, events: ['spied'], limit: 100 },
    });
    expect(none.events).to.deep.equal([]);
    expect(none.read).to.equal(1);
    expect((await readAll(c)).at(-1)?.id).to.equal(none.position);
    await c.host.close();
  });

  it('starts for a new node now, goes on after a restart, and is forgotten with the node', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-events-'));
    const file = join(dir, 'x.db');
    let c = await open(file);
    await c.inbound('+12025550101');
    await listen(c, 'listener');
    expect(await readAll(c)).to.deep.equal([]);
    await c.inbound('+12025550102');
    await c.host.close();
    c = await Centre.open({ file, clock: c.clock });
    await c.inbound('+12025550103');
    const addresses = (await readAll(c, { events: ['message-in'] })).map((e) => e.whatsapp.contact?.address);
    expect(addresses).to.deep.equal(['+12025550102', '+12025550103']);
    // Disabled it is deployed all the same, and keeps its place.
    await c.sync([account()], [queue({ name: 'Sales' })], ['acc', 'listener']);
    await listen(c);
    await c.inbound('+12025550104');
    await listen(c, 'listener');
    expect(names(await readAll(c))).to.deep.equal(['interaction-opened', 'message-in']);
    await c.sync([account()], [queue({ name: 'Sales' })], ['acc']);
    await c.inbound('+12025550105');
    const gone = await c.host.run('nextEvents', {
      ...{ node: 'listener', after: null, account: null, events: null, limit: 100 },
    });
    expect(gone).to.deep.equal({ events: [], position: null, read: 0, more: false });
    await listen(c, 'listener');
    expect(await readAll(c)).to.deep.equal([]);
    await c.host.close();
    await rm(dir, { recursive: true });
  });

  it('wakes listeners after commits that wrote something, and nobody else ever', async () => {
    const c = await open();
    const woken = () => c.effects.splice(0).filter((e) => e.kind === 'events').length;
    await c.inbound();
    expect(woken()).to.equal(0);
    await listen(c, 'listener');
    woken();
    await c.inbound();
    expect(woken()).to.be.greaterThan(0);
    await readAll(c, { taken: false });
    await c.host.run('health', {});
    expect(woken()).to.equal(0);
    await listen(c);
    await c.inbound();
    expect(woken()).to.equal(0);
    await c.host.close();
  });

  it('has a place in the dialog for every event', () => {
    expect(NAMES.toSorted()).to.deep.equal([...EVENT_NAMES].sort());
  });
});

describe('the audit log', () => {
  let c: Centre;
  let first: string;
  const log = async (query: AuditQuery = {}) => (await c.host.run('auditLog', query)).audit;

  beforeEach(async () => {
    c = await open();
    await c.agent('anna');
    first = await conversation(c);
    await c.agent('ben');
    await c.advance(3600);
    await c.inbound('+12025550101', 'later');
  });
  afterEach(() => c.host.close());

  it('has the newest first, without content', async () => {
    const all = await log();
    expect(names(all).slice(0, 2)).to.deep.equal(['message-in', 'interaction-opened']);
    expect(all.map((e) => e.id)).to.deep.equal(
      all
        .map((e) => e.id)
        .toSorted()
        .toReversed(),
    );
    expect(JSON.stringify(all)).to.not.match(/Hello|later|\+1202/);
    expect(all[0]).to.have.all.keys('id', 'event', 'at', 'actor', 'account', 'interaction', 'data');
  });

  it('of one interaction, of an event, of an actor, of an account', async () => {
    expect(names(await log({ interaction: first }))).to.deep.equal(CONVERSATION.toReversed());
    expect(names(await log({ interaction: first, actor: 'contact' }))).to.deep.equal([
      'message-in',
      'interaction-opened',
    ]);
    expect(names(await log({ event: 'message-in' }))).to.deep.equal(['message-in', 'message-in']);
    expect(names(await log({ actor: 'ben' }))).to.deep.equal(['agent-available']);
    expect((await log({ account: c.id })).length).to.equal((await log()).length - 2);
    expect(await log({ account: 'none' })).to.deep.equal([]);
    expect(await log({ interaction: 'none' })).to.deep.equal([]);
  });

  it('of a time, from inclusive, to exclusive', async () => {
    const at = '2026-11-24T11:00:00.000Z';
    expect(names(await log({ from: at }))).to.deep.equal(['message-in', 'interaction-opened']);
    expect((await log({ to: at })).every((e) => e.at < at)).to.equal(true);
    expect(await log({ from: '2026-11-24T10:00:01Z', to: at })).to.deep.equal([]);
    expect(await refusal(log({ from: 'yesterday' }))).to.equal('invalid_time');
  });

  it('page by page', async () => {
    const all = await log();
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await c.host.run('auditLog', { limit: 2, ...(cursor ? { cursor } : {}) });
      expect(page.audit.length).to.be.at.most(2);
      paged.push(...page.audit.map((e) => e.id));
      cursor = page.next ?? undefined;
    } while (cursor);
    expect(paged).to.deep.equal(all.map((e) => e.id));
  });
});
