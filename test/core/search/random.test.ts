import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { FIELDS, type FieldName, OPERATORS, SORTABLE } from '../../../core/search/language/fields.ts';
import { onPostgres } from '../../support/postgres.ts';
import { type Filled, fill, NOW, PIECES, someText, type Truth } from './data.ts';
import { type Asked, expected } from './oracle.ts';

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();
const lengthOf = (text: string) => [...text.normalize('NFKC').toLowerCase()].length;

/** A time, number or text that may well be there. */
const time = fc.integer({ min: 0, max: 91 }).map((minutes) => iso(NOW - minutes * MINUTE));
const number = fc.integer({ min: -1, max: 91 }).map((minutes) => minutes * 60);
const text = (truth: Truth[]) =>
  fc.oneof(
    someText,
    fc.constantFrom(...PIECES, 'SALES', 'süd', 'vip', 'REFUND', 'anna', 'ben', 'gone', 'won', 'default', 'ab', ''),
    fc.constantFrom(
      ...truth.slice(0, 20).flatMap((t) => [t.id, t.account.id, t.address, t.contact.name, t.lastMessage]),
    ),
    // A part of a message, from anywhere in it.
    fc.tuple(fc.constantFrom(...truth), fc.nat(), fc.nat(30)).map(([t, at, length]) => {
      const letters = [...t.messages.join('').normalize('NFKC')];
      const from = at % Math.max(letters.length, 1);
      return letters.slice(from, from + length).join('');
    }),
  );

function condition(truth: Truth[]): fc.Arbitrary<NonNullable<Asked['conditions']>[number]> {
  return fc.constantFrom(...(Object.keys(FIELDS) as FieldName[])).chain((field) => {
    const type = FIELDS[field];
    const value: Record<string, fc.Arbitrary<unknown>> = {
      text: text(truth),
      texts: text(truth),
      messages: text(truth).filter((t) => lengthOf(t) >= 3),
      status: fc.constantFrom('open', 'closed'),
      boolean: fc.boolean(),
      time,
      number,
    };
    return fc
      .record({
        operator: fc.constantFrom(...(OPERATORS[type] as readonly string[])),
        one: value[type]!,
        two: value[type]!,
        enabled: fc.constantFrom(undefined, true, true, true, false),
      })
      .map(({ operator, one, two, enabled }) => ({
        field,
        operator,
        ...(operator === 'isEmpty' || operator === 'isNotEmpty'
          ? {}
          : { value: operator === 'between' ? [one, two] : one }),
        ...(enabled === undefined ? {} : { enabled }),
      }));
  });
}

const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const asked = (truth: Truth[]): fc.Arbitrary<Asked> =>
  fc
    .record({
      startDate: rarely(fc.record({ from: rarely(time), to: rarely(time) })),
      read: rarely(fc.boolean()),
      status: rarely(fc.constantFrom('open', 'closed')),
      account: rarely(fc.constantFrom('sales', 'SÜD', 'größe & co', truth[0]!.account.id, 'none')),
      agent: rarely(fc.constantFrom(null, 'anna', 'BEN', 'nobody')),
      tags: rarely(fc.subarray(['vip', 'Refund', 'GRÖSSE', 'größe'], { maxLength: 2 })),
      match: fc.constantFrom(undefined, 'all' as const, 'any' as const),
      conditions: fc.array(condition(truth), { maxLength: 3 }),
      sort: fc.option(
        fc.record({ field: fc.constantFrom(...SORTABLE), direction: fc.constantFrom('asc' as const, 'desc' as const) }),
        { nil: undefined },
      ),
    })
    .map((all) => JSON.parse(JSON.stringify(all)) as Asked);

/** All pages of a search, with the total that each of them gave. */
async function pages({ centre }: Filled, search: Asked, username: string | null, limit: number) {
  const ids: string[] = [];
  const totals = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof ask>> = await ask(cursor);
    ids.push(...page.interactions.map((i) => i.id));
    totals.add(`${page.total} ${page.totalExact}`);
    cursor = page.next;
    if (cursor) expect(page.interactions).to.have.length(limit);
  } while (cursor);
  return { ids, totals: [...totals] };

  function ask(after: string | null) {
    return centre.host.run('search', { username, search: { ...search, limit, ...(after ? { cursor: after } : {}) } });
  }
}

/** Each takes several round trips there. */
const RUNS = onPostgres ? 200 : 700;

describe('search: random searches over random conversations', function () {
  this.timeout(180_000);
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wa-search-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  for (const indexed of [0, 150])
    it(`finds what a plain look at everything finds; ${indexed} messages are in the index`, async () => {
      const filled = await fill(join(dir, `${indexed}.db`), { interactions: 160, contacts: 60, seed: 11, indexed });
      const { truth } = filled;
      let found = 0;
      await fc.assert(
        fc.asyncProperty(
          asked(truth),
          fc.constantFrom(null, 'eve', 'anna', 'Ben'),
          fc.constantFrom(7, 50, 1000),
          async (search, username, limit) => {
            const wanted = expected(truth, search, username);
            const { ids, totals } = await pages(filled, search, username, limit);
            expect(ids).to.deep.equal(wanted);
            expect(totals).to.deep.equal([`${wanted.length} true`]);
            found += wanted.length > 0 && wanted.length < truth.length ? 1 : 0;
          },
        ),
        { numRuns: RUNS, seed: 2026 },
      );
      // Searches that find nothing, or all, say little.
      expect(found).to.be.greaterThan(RUNS / 3.5);
      await filled.centre.host.close();
    });

  it('finds the same among more than it reads at once, and counts to 10,000', async () => {
    const filled = await fill(join(dir, 'many.db'), {
      interactions: 13_000,
      contacts: 3000,
      seed: 5,
      indexed: 31_000,
      word: ' xyz',
    });
    const { truth } = filled;
    const all: Asked[] = [
      {},
      { sort: { field: 'startedAt', direction: 'asc' } },
      { sort: { field: 'id', direction: 'desc' } },
      { sort: { field: 'contact.name', direction: 'desc' } },
      { sort: { field: 'contact.name' }, startDate: { from: '2026-11-24' } },
      {
        sort: { field: 'waitSeconds', direction: 'asc' },
        conditions: [{ field: 'contact.address', operator: 'notContains', value: '7' }],
      },
      // More messages have it than are kept.
      { conditions: [{ field: 'messages', operator: 'contains', value: 'xyz' }] },
      { conditions: [{ field: 'messages', operator: 'notContains', value: ' xyz' }], sort: { field: 'agent' } },
      {
        match: 'any',
        conditions: [
          { field: 'messages', operator: 'contains', value: 'XYZ' },
          { field: 'tags', operator: 'equals', value: 'vip' },
        ],
      },
    ];
    for (const search of all)
      for (const username of [null, 'Ben']) {
        const wanted = expected(truth, search, username);
        const page = await filled.centre.host.run('search', { username, search: { ...search, limit: 300 } });
        const label = `${username} ${JSON.stringify(search)}`;
        expect(
          page.interactions.map((i) => i.id),
          label,
        ).to.deep.equal(wanted.slice(0, 300));
        expect([page.total, page.totalExact], label).to.deep.equal([
          Math.min(wanted.length, 10_000),
          wanted.length <= 10_000,
        ]);
        const second = await filled.centre.host.run('search', {
          username,
          search: { ...search, limit: 300, cursor: page.next },
        });
        expect(
          second.interactions.map((i) => i.id),
          label,
        ).to.deep.equal(wanted.slice(300, 600));
        expect(second.total, label).to.equal(page.total);
      }
    await filled.centre.host.close();
  });
});
