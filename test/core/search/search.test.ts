import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import type { Commands, CoreError } from '../../../core/api.ts';
import { startThread } from '../../../core/host/thread.ts';
import { itOnSqlite } from '../../support/engines.ts';
import { onPostgres } from '../../support/postgres.ts';
import { account, Centre, queue } from '../support.ts';

type Found = Commands['search'][1];

const find = (c: Centre, search: unknown, username: string | null = null): Promise<Found> =>
  c.host.run('search', { username, search });
const ids = async (found: Promise<Found>): Promise<string[]> => (await found).interactions.map((i) => i.id);
const having = (field: string, operator: string, value?: unknown) => ({ conditions: [{ field, operator, value }] });

async function refused(work: Promise<unknown>): Promise<CoreError> {
  try {
    await work;
  } catch (error) {
    return error as CoreError;
  }
  throw new Error('it was not refused');
}

describe('search', () => {
  let c: Centre;
  beforeEach(async () => {
    c = await Centre.open();
  });
  afterEach(() => c.host.close());

  it('answers with interactions as they are shown elsewhere, newest first', async () => {
    const first = await c.inbound('+12025550101', 'I ordered a bike');
    await c.advance(60);
    const second = await c.inbound('+12025550102', 'Hello');
    const found = await find(c, {});
    expect(found).to.include({ total: 2, totalExact: true, next: null });
    expect(found.interactions).to.deep.equal([
      await c.view(second.context.interaction.id),
      await c.view(first.context.interaction.id),
    ]);
    expect(await ids(find(c, having('messages', 'contains', 'ORDERED A')))).to.deep.equal([
      first.context.interaction.id,
    ]);
  });

  it('waiting ends with the first agent, whoever takes over', async () => {
    await c.agent('anna');
    await c.agent('ben');
    const { interaction } = (await c.inbound()).context;
    const isWait = (seconds: number) => ids(find(c, having('waitSeconds', 'equals', seconds)));
    await c.advance(30);
    expect(await isWait(30)).to.have.length(1);
    expect(await ids(find(c, having('handleSeconds', 'isEmpty')))).to.have.length(1);
    await c.host.run('take', { interaction: interaction.id, username: 'anna' });
    await c.advance(20);
    await c.host.run('release', { interaction: interaction.id, username: 'anna' });
    await c.host.run('take', { interaction: interaction.id, username: 'ben' });
    await c.advance(10);
    await c.host.run('closeInteraction', { interaction: interaction.id, username: 'ben' });
    await c.advance(500);
    expect(await isWait(30)).to.have.length(1);
    expect(await ids(find(c, having('handleSeconds', 'between', [30, 30])))).to.have.length(1);
  });

  it('names what is wrong, and where', async () => {
    const condition = (one: unknown) => ({ conditions: [{ field: 'agent', operator: 'isEmpty' }, one] });
    const cases: [unknown, string, string, string][] = [
      [[], 'invalid_search', '', 'The search must be an object'],
      [{ colour: 1 }, 'invalid_search', 'colour', 'is not part of a search'],
      [{ status: 'new' }, 'invalid_value', 'status', 'open, closed'],
      [{ read: 'no' }, 'invalid_value', 'read', 'true or false'],
      [{ agent: 7 }, 'invalid_value', 'agent', 'null for unassigned'],
      [{ account: null }, 'invalid_value', 'account', 'missing'],
      [{ tags: 'vip' }, 'invalid_value', 'tags', 'list'],
      [{ tags: ['vip', 1] }, 'invalid_value', 'tags.1', 'text'],
      [{ startDate: { from: '30.11.2026' } }, 'invalid_value', 'startDate.from', '2026-11-24'],
      [{ startDate: { to: '2026-02-30' } }, 'invalid_value', 'startDate.to', 'day or a time'],
      [{ startDate: { until: '2026-02-03' } }, 'invalid_search', 'startDate.until', 'not part'],
      [{ match: 'some' }, 'invalid_value', 'match', 'all, any'],
      [{ conditions: {} }, 'invalid_search', 'conditions', 'list'],
      [condition('x'), 'invalid_search', 'conditions.1', 'object'],
      [condition({ field: 'colour', operator: 'equals' }), 'unknown_field', 'conditions.1.field', '"colour"'],
      [condition({ operator: 'equals' }), 'unknown_field', 'conditions.1.field', 'missing'],
      [condition({ field: 'toString', operator: 'equals' }), 'unknown_field', 'conditions.1.field', '"toString"'],
      [condition({ field: 'tags', operator: 'like' }), 'unknown_operator', 'conditions.1.operator', '"like"'],
      [
        condition({ field: 'tags', operator: 'before', value: 'x' }),
        'unknown_operator',
        'conditions.1.operator',
        '"before"',
      ],
      [condition({ field: 'tags', operator: 'equals' }), 'invalid_value', 'conditions.1.value', 'missing'],
      [condition({ field: 'tags', operator: 'equals', value: ['x'] }), 'invalid_value', 'conditions.1.value', 'text'],
      [
        condition({ field: 'waitSeconds', operator: 'equals', value: '5' }),
        'invalid_value',
        'conditions.1.value',
        'number',
      ],
      [
        condition({ field: 'waitSeconds', operator: 'between', value: 5 }),
        'invalid_value',
        'conditions.1.value',
        'two values',
      ],
      [
        condition({ field: 'startedAt', operator: 'between', value: ['2026-11-24', 'later'] }),
        'invalid_value',
        'conditions.1.value.1',
        'day',
      ],
      [
        condition({ field: 'startedAt', operator: 'after', value: '2026-11-24T25:00Z' }),
        'invalid_value',
        'conditions.1.value',
        'day',
      ],
      [
        condition({ field: 'messages', operator: 'contains', value: 'ab' }),
        'too_short',
        'conditions.1.value',
        '3 characters',
      ],
      [
        condition({ field: 'messages', operator: 'notContains', value: '👩‍👩'.slice(0, 2) }),
        'too_short',
        'conditions.1.value',
        '3',
      ],
      [
        condition({ field: 'tags', operator: 'isEmpty', enabled: 'yes' }),
        'invalid_value',
        'conditions.1.enabled',
        'true or false',
      ],
      [condition({ field: 'tags', operator: 'isEmpty', not: true }), 'invalid_search', 'conditions.1.not', 'not part'],
      [{ conditions: new Array(101).fill({}) }, 'invalid_search', 'conditions', '100'],
      [{ sort: { field: 'messages' } }, 'unknown_field', 'sort.field', 'sorted'],
      [{ sort: { field: 'size' } }, 'unknown_field', 'sort.field', '"size"'],
      [{ sort: { field: 'id', direction: 'up' } }, 'invalid_value', 'sort.direction', 'asc, desc'],
      [{ limit: 0 }, 'invalid_value', 'limit', '1 to 1000'],
      [{ limit: 1001 }, 'invalid_value', 'limit', '1 to 1000'],
      [{ cursor: 5 }, 'invalid_value', 'cursor', 'text'],
      [{ cursor: 'nonsense' }, 'invalid_cursor', 'cursor', 'first page'],
    ];
    for (const [search, code, at, why] of cases) {
      const error = await refused(find(c, search));
      const label = JSON.stringify(search).slice(0, 200);
      expect([error.status, error.code], label).to.deep.equal([400, code]);
      expect(error.message, label).to.contain(why);
      expect((error.details as { field: string }[])[0]!.field, label).to.equal(at);
    }
    // Everything that is wrong is said at once.
    const both = await refused(find(c, { limit: 0, status: 1 }));
    expect(both.message).to.contain('status: ').and.contain('limit: ');
    expect((await refused(find(c, {}, 'nobody'))).status).to.equal(404);
  });

  it('what is not enabled may be unfinished, and asks nothing', async () => {
    await c.inbound();
    const off = { enabled: false };
    for (const match of ['all', 'any'])
      expect(
        await find(c, { match, conditions: [{ ...off, field: 'colour' }, { ...off, operator: 'x', value: {} }, off] }),
      ).to.include({ total: 1 });
  });

  it('takes hostile values for what they are', async () => {
    const names = ["'; drop table message; --", '100%', 'a_b', '"', '\\', '*', 'NEAR(a b)', '😀'.repeat(50)];
    // PostgreSQL has no such character, and nobody looks for it.
    if (!onPostgres) names.push('a\0b');
    const all: Record<string, string> = {};
    for (const [i, text] of names.entries())
      all[text] = (await c.inbound(`+1202555${1000 + i}`, `<${text}>`)).context.interaction.id;
    for (const [text, id] of Object.entries(all)) {
      for (const field of ['lastMessage', 'messages'])
        expect(await ids(find(c, having(field, 'contains', `<${text}>`))), text).to.deep.equal([id]);
      expect(await ids(find(c, having('lastMessage', 'equals', `<${text}>`))), text).to.deep.equal([id]);
      expect(await ids(find(c, having('contact.name', 'contains', `${text}x`))), text).to.deep.equal([]);
    }
    for (const value of ['%%%', '___', 'x'.repeat(10_000), '"" OR ""', 'a\0c', '\ud83d\ud83d\ud83d', '\0\0\0'])
      for (const field of ['messages', 'contact.name', 'contact.address', 'tags', 'id', 'account', 'agent', 'note'])
        for (const operator of ['contains', ...(field === 'messages' ? [] : ['equals', 'startsWith', 'endsWith'])])
          expect(await ids(find(c, having(field, operator, value))), `${field} ${operator}`).to.deep.equal([]);
    expect(await find(c, {})).to.include({ total: names.length });
  });

  it('days are whole days, moments are moments, with or without an offset', async () => {
    // 10:00 in UTC.
    await c.inbound();
    const is = async (operator: string, value: unknown) => (await find(c, having('startedAt', operator, value))).total;
    expect(await is('equals', '2026-11-24')).to.equal(1);
    expect(await is('equals', '2026-11-24T10:00:00.000Z')).to.equal(1);
    expect(await is('equals', '2026-11-24T11:00+01:00')).to.equal(1);
    expect(await is('equals', '2026-11-24T04:30:00-0530')).to.equal(1);
    expect(await is('equals', '2026-11-24T10:00')).to.equal(1);
    expect(await is('notEquals', '2026-11-24')).to.equal(0);
    expect(await is('after', '2026-11-24')).to.equal(0);
    expect(await is('before', '2026-11-24')).to.equal(0);
    expect(await is('after', '2026-11-23')).to.equal(1);
    expect(await is('before', '2026-11-25')).to.equal(1);
    expect(await is('between', ['2026-11-24', '2026-11-24'])).to.equal(1);
    expect(await is('between', { from: '2026-11-24T10:00:00.001Z', to: '2026-11-25' })).to.equal(0);
    const { total } = await find(c, { startDate: { to: '2026-11-24' } });
    expect(total).to.equal(1);
  });

  it('pages stay where they are while conversations come and wait', async () => {
    const write = (i: number) => c.inbound(`+1202555${2000 + i}`);
    for (let i = 0; i < 10; i++) {
      await write(i);
      await c.advance(5);
    }
    for (const sort of [
      { field: 'startedAt', direction: 'desc' },
      { field: 'waitSeconds', direction: 'asc' },
      { field: 'contact.address', direction: 'asc' },
    ]) {
      const before = await ids(find(c, { sort }));
      const seen: string[] = [];
      let cursor: string | null = null;
      let next = 100;
      do {
        const page: Found = await find(c, { sort, limit: 3, ...(cursor ? { cursor } : {}) });
        seen.push(...page.interactions.map((i) => i.id));
        cursor = page.next;
        await c.advance(7);
        await write(next++);
        await write(next - 95);
      } while (cursor && seen.length < 40);
      // Nobody is left out or comes twice; who came later may be there where the order puts them behind.
      expect(new Set(seen).size).to.equal(seen.length);
      expect(seen.filter((id) => before.includes(id))).to.deep.equal(before);
    }
    const { next } = await find(c, { limit: 1 });
    expect((await refused(find(c, { limit: 1, cursor: next, sort: { field: 'id' } }))).code).to.equal('invalid_cursor');
  });

  it('an agent finds what they see: what rings, what is theirs, and earlier ones of these people', async () => {
    const other = { ...account({ nodeId: 'acc2', phone: '+12025550177', key: 'SUP' }), agents: ['ben'] };
    const answer = await c.sync([account({ agents: ['anna'] }), other], [queue({ name: 'Sales' })]);
    await c.agent('anna');
    await c.agent('ben');
    const { id } = answer.accounts.acc2 as { id: string };
    const rung = await c.toQueue('+12025550301');
    const earlier = await c.inbound('+12025550302');
    await c.host.run('take', { interaction: earlier.context.interaction.id, username: 'anna' });
    await c.host.run('closeInteraction', { interaction: earlier.context.interaction.id, username: 'anna' });
    const event = { kind: 'message' as const, type: 'text' as const, text: 'Hi' };
    for (const [i, from] of ['+12025550302', '+12025550303'].entries())
      await c.host.run('ingest', {
        account: id,
        events: [{ ...event, id: `SMx${i}`, peer: { address: from, phone: from } }],
      });
    const both = await ids(find(c, { status: 'open', account: 'sup', sort: { field: 'id' } }));
    expect(await ids(find(c, { sort: { field: 'id' } }, 'anna'))).to.deep.equal([
      rung.context.interaction.id,
      earlier.context.interaction.id,
    ]);
    // Ben may take what the same person wrote to his account, so he sees what they wrote before.
    expect(await ids(find(c, { sort: { field: 'id' } }, 'ben'))).to.deep.equal([
      earlier.context.interaction.id,
      ...both,
    ]);
    await c.agent('eve', 1, 'supervisor');
    expect(await find(c, {}, 'eve')).to.include({ total: 4 });
    for (const username of ['anna', 'ben'])
      for (const one of (await find(c, {}, username)).interactions)
        expect(await c.host.run('interaction', { interaction: one.id, username })).to.deep.equal(one);
  });
});

describe('the full-text index', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-index-'));
    file = join(dir, 'x.db');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const words = ['Lorem ipsum', 'dolor sit', 'amet', '', 'ipsum again'];
  const fill = async (c: Centre) => {
    for (const [i, text] of words.entries()) await c.inbound(`+1202555${3000 + i}`, text);
  };
  const count = async (c: Centre, part: string) => (await find(c, having('messages', 'contains', part))).total;
  const inside = async (c: Centre) => {
    const table = onPostgres ? 'message_text' : 'message_text_docsize';
    return Number((await c.rows<{ n: number }>(`select count(*) as n from ${table}`))[0]!.n);
  };

  it('takes full batches only; what is in it, and what is not, is found', async () => {
    const c = await Centre.open({ file });
    await fill(c);
    expect(await c.host.run('indexMessages', { batch: 6 })).to.deep.equal({ more: false });
    expect(await inside(c)).to.equal(0);
    expect(await c.host.run('indexMessages', { batch: 4 })).to.deep.equal({ more: true });
    expect(await c.host.run('indexMessages', { batch: 4 })).to.deep.equal({ more: false });
    // A message without a text has no row.
    expect(await inside(c)).to.equal(3);
    expect([await count(c, 'ipsum'), await count(c, 'IPSUM AG'), await count(c, 'gone')]).to.deep.equal([2, 1, 0]);
    await c.host.close();
  });

  it('follows a message to another interaction, and forgets one that is deleted', async () => {
    const c = await Centre.open({ file });
    await fill(c);
    await c.host.run('indexMessages', { batch: 5 });
    // Two people turn out to be one: the messages of the younger interaction move.
    await c.inbound('+12025553004', 'it is me', { userId: 'US.1' });
    await c.inbound('+12025553000', 'me too', { userId: 'US.1' });
    const merged = await find(c, having('messages', 'contains', 'ipsum'));
    expect(merged.total).to.equal(1);
    expect(merged.interactions[0]!.contact.userId).to.equal('US.1');
    const before = await inside(c);
    await c.rows("delete from message where text = 'amet'");
    expect(await inside(c)).to.equal(before - 1);
    expect([await count(c, 'amet'), await count(c, 'dolor')]).to.deep.equal([0, 1]);
    await c.host.close();
  });

  itOnSqlite('a SQLite without FTS5 finds the same, deletes, and leaves the index usable', async () => {
    let c = await Centre.open({ file });
    await fill(c);
    await c.host.run('indexMessages', { batch: 5 });
    await c.host.close();
    const { prepare } = DatabaseSync.prototype;
    DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string, ...rest: []) {
      return prepare.call(this, sql.replace("name = 'fts5'", "name = 'none'"), ...rest);
    } as typeof prepare;
    try {
      c = await Centre.open({ file });
      expect(await count(c, 'ipsum')).to.equal(2);
      expect(await c.host.run('indexMessages', { batch: 1 })).to.deep.equal({ more: false });
      await c.rows("delete from message where text = 'Lorem ipsum'");
      await c.inbound('+12025553009', 'ipsum later');
      expect(await count(c, 'ipsum')).to.equal(2);
      await c.host.close();
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
    c = await Centre.open({ file });
    expect(await count(c, 'ipsum')).to.equal(2);
    await c.rows("delete from message where text = 'ipsum again'");
    expect(await count(c, 'ipsum')).to.equal(1);
    await c.host.close();
  });

  // PostgreSQL is asked from no thread.
  itOnSqlite('is read in the thread for long reads, which answers short ones in between', async () => {
    const engine = await startThread({ file, settings: { offlineAfter: 60 } });
    const synced = await engine.run('syncConfig', { accounts: [account()], queues: [], nodes: null });
    const { id } = synced.accounts.acc as { id: string };
    const message = (n: number, text: string) => ({
      ...{ kind: 'message' as const, id: `SM${n}`, type: 'text' as const, text },
      peer: { address: '+12025550199', phone: '+12025550199' },
    });
    await engine.run('ingest', {
      account: id,
      events: Array.from({ length: 3500 }, (_, n) => message(n, `number ${n} of many`)),
    });
    await engine.run('createAgent', { username: 'eve', name: 'E', role: 'supervisor', capacity: 1, passwordHash: 'x' });
    expect(await engine.run('indexMessages', { batch: 1000 })).to.deep.equal({ more: true });
    const search = having('messages', 'contains', 'number 3456 of');
    const { interactions } = await engine.run('search', { username: 'eve', search });
    expect(interactions).to.have.length(1);
    const order: string[] = [];
    const late = engine.run('search', { username: null, search }).then(() => order.push('search'));
    const page = { interaction: interactions[0]!.id, username: 'eve', before: '~', limit: 1 };
    await Promise.all([late, engine.run('messages', page).then(() => order.push('page'))]);
    expect(order).to.deep.equal(['page', 'search']);
    // What was answered is there for the next search.
    await engine.run('ingest', { account: id, events: [message(9999, 'just now')] });
    expect(
      await engine.run('search', { username: null, search: having('messages', 'contains', 'just now') }),
    ).to.include({ total: 1 });
    await engine.close();
  });
});
