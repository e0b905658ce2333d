import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { onPostgres } from '../support/postgres.ts';
import { Centre, FakeClock, refusal, type Setup } from './support.ts';

const DAY = 86_400;

/** Later than all tests before: ids never go back, and what is old is told by them too. */
let epoch = Date.parse('2030-01-01T00:00:00Z');
function open(setup: Setup = {}): Promise<Centre> {
  const clock = new FakeClock();
  epoch += 5000 * DAY * 1000;
  clock.set(epoch);
  return Centre.open({ clock, ...setup });
}

/** A conversation with some messages, closed. */
async function closed(c: Centre, from: string, messages = 3): Promise<string> {
  const h = await c.toQueue(from);
  const { id } = h.context.interaction;
  const more = Array.from({ length: messages - 1 }, (_, i) => `more ${i + 1}`);
  await c.host.run('ingest', {
    account: c.id,
    events: more.map((text, i) => ({
      ...{
        kind: 'message' as const,
        id: `SM${id}-${i}`,
        peer: { address: from, phone: from },
        type: 'text' as const,
        text,
      },
    })),
  });
  await c.accept('anna', id);
  await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Hi', idempotencyKey: id });
  await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
  return id;
}

/** Turns the clock at once: what has to be done in between is of no interest here. */
async function later(c: Centre, seconds: number): Promise<void> {
  c.clock.set(c.clock.now() + seconds * 1000);
  await c.advance(0);
}

/** Cleans up to the end. @returns how many steps it took */
async function cleanUp(c: Centre): Promise<number> {
  for (let steps = 1; ; steps++) if (!(await c.host.run('cleanUp', {})).more) return steps;
}

const count = async (c: Centre, table: string, where = '1 = 1') =>
  (await c.rows<{ n: number }>(`select count(*) as n from ${table} where ${where}`))[0]!.n;
const deletions = async (c: Centre) =>
  (await c.rows<{ actor: string; data: string }>("select actor, data from audit where event = 'deleted'")).map((e) => ({
    actor: e.actor,
    ...(JSON.parse(e.data) as Record<string, unknown>),
  }));

describe('retention', () => {
  it('deletes what was closed longer ago, with all it has, and nothing else', async () => {
    const c = await open({ settings: { retentionDays: 30 } });
    await c.agent('anna');
    const old = await closed(c, '+12025550101');
    const waits = (await c.inbound('+12025550102')).context.interaction.id;
    await later(c, 10 * DAY);
    await c.connect('anna');
    const recent = await closed(c, '+12025550103');
    await later(c, 20 * DAY - 60);
    await cleanUp(c);
    expect(await count(c, 'interaction')).to.equal(3);
    await later(c, 61);
    await cleanUp(c);
    const left = (await c.rows<{ id: string }>('select id from interaction order by id')).map((r) => r.id);
    expect(left).to.deep.equal([waits, recent].toSorted());
    for (const table of ['message', 'offer', 'audit'])
      expect(await count(c, table, `interaction_id = '${old}'`), table).to.equal(0);
    expect(await count(c, 'message', `interaction_id = '${recent}'`)).to.equal(4);
    expect(await count(c, 'outgoing')).to.equal(1);
    // The contact is a customer's record, and the ids keep the messages from coming in again.
    expect(await count(c, 'contact')).to.equal(3);
    expect(await count(c, 'provider_id')).to.equal(7);
    expect(await deletions(c)).to.have.length(1);
    expect((await deletions(c))[0]).to.include({ actor: 'system', reason: 'retention', days: 30, interactions: 1 });
    expect((await deletions(c))[0]).to.include({ messages: 4, offers: 1 });
    await c.host.close();
  });

  it('without a number of days deletes nothing', async () => {
    const c = await open();
    await c.agent('anna');
    await closed(c, '+12025550101');
    await later(c, 4000 * DAY);
    await cleanUp(c);
    expect(await count(c, 'interaction')).to.equal(1);
    expect(await count(c, 'provider_id')).to.equal(3);
    expect(await deletions(c)).to.deep.equal([]);
    await c.host.close();
  });

  it('goes in steps of at most 500 rows, over restarts, and tells once how much it was', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-upkeep-'));
    const file = join(dir, 'x.db');
    const settings = { retentionDays: 1 };
    let c = await open({ file, settings });
    await c.agent('anna');
    await closed(c, '+12025550101', 1200);
    // The oldest goes first.
    await c.advance(1);
    await closed(c, '+12025550102', 2);
    const size = () => {
      if (onPostgres) return null;
      const db = new DatabaseSync(file);
      const pages = db.prepare('pragma page_count').get() as { page_count: number };
      const free = db.prepare('pragma freelist_count').get() as { freelist_count: number };
      db.close();
      return { pages: pages.page_count, free: free.freelist_count };
    };
    const before = size();
    await later(c, 2 * DAY);
    let messages = await count(c, 'message');
    for (let step = 0; step < 2; step++) {
      expect(await c.host.run('cleanUp', {})).to.deep.equal({ more: true });
      const left = await count(c, 'message');
      expect(messages - left).to.equal(500);
      messages = left;
    }
    expect(await deletions(c)).to.deep.equal([]);
    await c.host.close();
    c = await Centre.open({ file, settings, clock: c.clock });
    await cleanUp(c);
    expect(await count(c, 'message')).to.equal(0);
    expect(await deletions(c)).to.have.length(1);
    expect((await deletions(c))[0]).to.include({ interactions: 2, messages: 1204, offers: 2 });
    await cleanUp(c);
    expect(await deletions(c)).to.have.length(1);
    await c.host.close();
    // PostgreSQL uses again by itself what is free.
    const after = size();
    if (before && after) {
      expect(before.pages - after.pages).to.be.greaterThan(50);
      expect(after.free).to.be.lessThan(10);
    }
    await rm(dir, { recursive: true });
  });

  it('keeps provider ids 30 days longer, so that a late repetition is still known', async () => {
    const c = await open({ settings: { retentionDays: 10 } });
    await c.agent('anna');
    const again = () => c.inbound('+12025550101', 'Hello', { id: 'SMonce' });
    const { id } = (await again()).context.interaction;
    await c.host.run('take', { interaction: id, username: 'anna' });
    await c.host.run('closeInteraction', { interaction: id, username: 'anna' });
    await later(c, 39 * DAY);
    await cleanUp(c);
    expect(await count(c, 'interaction')).to.equal(0);
    expect(await again()).to.equal(undefined);
    await later(c, 2 * DAY);
    await cleanUp(c);
    expect(await count(c, 'provider_id')).to.equal(0);
    expect((await again()).message.text).to.equal('Hello');
    await c.host.close();
  });

  it('deletes log-ins and the like of that age too', async () => {
    const c = await open({ settings: { retentionDays: 10 } });
    await c.agent('anna');
    await c.host.run('leave', { username: 'anna' });
    await later(c, 9 * DAY);
    await c.connect('anna');
    await later(c, 2 * DAY);
    await cleanUp(c);
    const rows = await c.rows<{ event: string }>('select event from audit');
    expect(rows.map((r) => r.event)).to.deep.equal(['agent-available']);
    await c.host.close();
  });
});

describe('what is kept for a while only', () => {
  it('goes a week after the conversation is closed, and never before', async () => {
    const c = await open();
    await c.agent('anna');
    await closed(c, '+12025550101', 1);
    const id = (await c.toQueue('+12025550102')).context.interaction.id;
    await c.accept('anna', id);
    await c.host.run('sendMessage', { interaction: id, username: 'anna', text: 'Hi', idempotencyKey: 'k' });
    await later(c, 7 * DAY);
    await cleanUp(c);
    expect(await count(c, 'idempotency')).to.equal(2);
    await later(c, 2 * DAY);
    await cleanUp(c);
    expect(await c.rows('select scope from idempotency')).to.deep.equal([{ scope: `desk anna ${id}` }]);
    await c.host.close();
  });

  it('includes statuses of unknown messages and sessions that are over', async () => {
    const c = await open();
    await c.agent('anna');
    await c.host.run('ingest', { account: c.id, events: [{ kind: 'status', id: 'SMx', status: 'read' }] });
    const expiresAt = c.clock.now() + 1000;
    await c.host.run('openSession', { username: 'anna', tokenHash: 'h', expiresAt });
    await cleanUp(c);
    expect([await count(c, 'early_status'), await count(c, 'session')]).to.deep.equal([1, 1]);
    await later(c, DAY);
    await cleanUp(c);
    expect([await count(c, 'early_status'), await count(c, 'session')]).to.deep.equal([0, 0]);
    await c.host.close();
  });
});

describe('erasing a contact', () => {
  const erase = (c: Centre, contact: string, budget = 500) =>
    c.host.run('eraseContact', { contact, username: 'root', budget });
  const person = '+12025550101';

  it('leaves nothing of the person, and lets them begin anew', async () => {
    const c = await open();
    await c.agent('anna');
    await closed(c, person);
    const h = await c.toQueue(person);
    const { id: contact } = h.context.contact;
    await c.accept('anna', h.context.interaction.id);
    await c.host.run('sendMessage', { interaction: h.context.interaction.id, username: 'anna', text: 'Hello Zoe' });
    const other = await c.inbound('+12025550102', 'somebody else');
    c.effects.splice(0);
    expect(await erase(c, contact)).to.deep.equal({ done: true });
    // Whoever has it open learns that it is over, without a word of what was in it.
    const told = c.effects.flatMap((e) => (e.kind === 'publish' && e.event === 'interaction' ? [e] : []));
    expect(told.map((e) => e.to)).to.deep.equal([['anna']]);
    expect(told.map((e) => e.json).join())
      .to.contain('"closed"')
      .and.not.contain('Zoe')
      .and.not.contain(person);
    expect((await c.host.run('desk', { username: 'anna' })).tabs).to.deep.equal([]);
    expect(JSON.stringify(await c.dump())).to.not.match(/\+12025550101|Hello Zoe|more 1/);
    expect(await c.rows('select contact_id from interaction')).to.deep.equal([
      { contact_id: other.context.contact.id },
    ]);
    expect(await count(c, 'outgoing')).to.equal(0);
    expect(await deletions(c)).to.deep.equal([
      { ...{ actor: 'root', reason: 'erased', contact, interactions: 2, messages: 6, offers: 2 }, audit: 6 },
    ]);
    expect(await refusal(erase(c, contact))).to.equal('not_found');
    const again = await c.inbound(person, 'It is me');
    expect(again.context.contact).to.include({ isNew: true });
    expect(again.context.contact.id).to.not.equal(contact);
    await c.host.close();
  });

  it('goes on after a restart, and nobody finds the person meanwhile', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wa-erase-'));
    const file = join(dir, 'x.db');
    let c = await open({ file });
    await c.agent('anna');
    await closed(c, person, 20);
    const [{ id: contact }] = (await c.rows<{ id: string }>('select id from contact')) as [{ id: string }];
    expect(await erase(c, contact, 5)).to.deep.equal({ done: false });
    await c.host.close();
    c = await Centre.open({ file, clock: c.clock });
    expect(await refusal(c.host.run('noteExport', { contact, username: 'root' }))).to.equal('not_found');
    expect((await c.inbound(person)).context.contact.isNew).to.equal(true);
    await cleanUp(c);
    expect(await count(c, 'contact', `id = '${contact}'`)).to.equal(0);
    expect(await count(c, 'interaction', `contact_id = '${contact}'`)).to.equal(0);
    expect(await deletions(c)).to.have.length(1);
    expect((await deletions(c))[0]).to.include({ actor: 'root', contact, messages: 21 });
    expect(await count(c, 'upkeep', "name like 'erase%'")).to.equal(0);
    await c.host.close();
    await rm(dir, { recursive: true });
  });
});

describe('exporting a contact', () => {
  it('gives the person, each conversation with all its messages, and says who did it', async () => {
    const c = await open();
    await c.agent('anna');
    const ids = [await closed(c, '+12025550101', 4), await closed(c, '+12025550101', 1)];
    const h = await c.inbound('+12025550101', 'both', { userId: 'US.1' });
    const { id: contact } = h.context.contact;
    await c.host.run('noteExport', { contact, username: 'root' });
    const found = await c.host.run('exportContact', { contact });
    expect(found.interactions).to.deep.equal([...ids, h.context.interaction.id]);
    expect(found.contact).to.deep.include({ id: contact, name: '+12025550101', list: 'Default' });
    expect(found.contact.addresses).to.deep.equal([
      { address: '+12025550101', kind: 'phone' },
      { address: 'US.1', kind: 'user_id' },
    ]);
    const texts: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof read>> = await read(c, ids[0]!, after);
      expect(page.interaction).to.include({ id: ids[0], status: 'closed', closedBy: 'anna', note: null });
      texts.push(...page.messages.map((m) => m.text));
      after = page.next;
    } while (after);
    expect(texts).to.deep.equal(['Hello', 'more 1', 'more 2', 'more 3', 'Hi']);
    expect(await c.rows("select actor, data from audit where event = 'exported'")).to.deep.equal([
      { actor: 'root', data: JSON.stringify({ contact }) },
    ]);
    expect(await refusal(c.host.run('noteExport', { contact: 'nobody', username: 'root' }))).to.equal('not_found');
    await c.host.close();
  });
});

const read = (c: Centre, interaction: string, after: string | null) =>
  c.host.run('exportInteraction', { interaction, after, limit: 2 });
