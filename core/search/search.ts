import type { Expression, SqlBool } from 'kysely';
import { seenBy } from '../access.ts';
import { getAgent } from '../agents.ts';
import { type Commands, CoreError } from '../api.ts';
import { interactionView } from '../build-views.ts';
import type { Ctx } from '../context.ts';
import { getInteraction } from '../interactions.ts';
import { isSupervisor } from '../roles.ts';
import { type Test, testOf } from './conditions.ts';
import { contactsWith } from './contacts.ts';
import { comparePositions, type Position, readCursor, writeCursor } from './cursor.ts';
import { exactPage, isDatabaseOrder } from './exact.ts';
import { checkSearch, say } from './language/check.ts';
import type { Condition, Search, Sort } from './language/fields.ts';
import { hasMessageWith, interactionsWith } from './messages.ts';
import { isExact, narrow, ofContacts, startOf } from './narrow.ts';
import { type Around, type Column, columnsOf, type Row, readNames, sortColumns, sortValue } from './rows.ts';
import { scan } from './scan.ts';

/** As many are counted. */
const COUNTED = 10_000;

/** @throws CoreError 400 with the code of the first problem, and all of them in `details` */
export function readSearch(raw: unknown): Search {
  const checked = checkSearch(raw);
  if ('search' in checked) return checked.search;
  const { problems } = checked;
  const details = problems
    .slice(0, 20)
    .map((problem) => ({ field: problem.at, code: problem.code, message: say(problem) }));
  throw new CoreError(problems[0]!.code, 400, details.map(({ message }) => message).join(' '), details);
}

export async function search(ctx: Ctx, input: Commands['search'][0]): Promise<Commands['search'][1]> {
  const asked = readSearch(input.search);
  const cursor = asked.cursor === null ? null : readCursor(asked.sort, asked.cursor);
  const around: Around = { names: await readNames(ctx), now: cursor?.now ?? ctx.now };
  const { where, whereMany, exact } = await narrowed(ctx, input.username, asked, around);
  const limit = asked.limit + 1;
  const { places: found, total } =
    exact && isDatabaseOrder(asked)
      ? await exactPage(ctx, { where, whereMany, sort: asked.sort, after: cursor, limit, counted: COUNTED })
      : await fromRows(ctx, where, asked, around, cursor);
  const places = found.slice(0, asked.limit);
  const last = places.at(-1);
  const interactions: Commands['search'][1]['interactions'] = [];
  for (const { id } of places) interactions.push(await interactionView(ctx, await getInteraction(ctx, id)));
  return {
    interactions,
    next: last && found.length > asked.limit ? writeCursor(asked.sort, { ...last, now: around.now }) : null,
    total: Math.min(total, COUNTED),
    totalExact: total <= COUNTED,
  };
}

type Where = Expression<SqlBool>[];

interface Found {
  /** Of the page, and of the one after it the first. */
  places: Position[];
  total: number;
}

async function fromRows(ctx: Ctx, where: Where, asked: Search, around: Around, after: Position | null): Promise<Found> {
  const page = new Page(asked.sort, asked.limit + 1, after);
  let total = 0;
  for await (const { places, ordered } of matches(ctx, where, asked, around)) {
    total += places.length;
    for (const place of places) page.offer(place);
    if (ordered && total > COUNTED && page.isFull) break;
  }
  return { places: page.places, total };
}

/** What of all somebody may see; a supervisor everything. */
async function seen(ctx: Ctx, username: string | null): Promise<Where> {
  const agent = username === null ? null : await getAgent(ctx, username);
  return agent && !isSupervisor(agent) ? [seenBy(ctx.tx.db, agent.username)] : [];
}

/**
 * The ids of all that a search finds, in its order, whatever page it asks for.
 * @throws CoreError 422 `too_many` if there are more than `most`
 */
export async function findAll(ctx: Ctx, input: Commands['findAll'][0]): Promise<Commands['findAll'][1]> {
  const asked = readSearch(input.search);
  const around: Around = { names: await readNames(ctx), now: ctx.now };
  const found: Position[] = [];
  const { where } = await narrowed(ctx, input.username, asked, around);
  for await (const { places } of matches(ctx, where, asked, around)) {
    found.push(...places);
    if (found.length > input.most)
      throw new CoreError('too_many', 422, `More than ${input.most} interactions match: narrow the search.`);
  }
  return { ids: found.sort(comparePositions(asked.sort)).map(({ id }) => id) };
}

/** Where everything that matches stands in the order of the search, read by read. `ordered`: in that order, so that more is not better. */
async function* matches(
  ctx: Ctx,
  where: Where,
  asked: Search,
  around: Around,
): AsyncGenerator<{ places: Position[]; ordered: boolean }> {
  const { matches: holds, ids } = await compile(ctx, asked, around);
  const rows = scan(ctx, {
    columns: columnsFor(asked),
    addresses: [...asked.filters, ...asked.conditions].some(({ field }) => field === 'contact.address'),
    where,
    ids,
    sort: asked.sort,
  });
  for await (const { rows: some, ordered } of rows) {
    const places: Position[] = [];
    for (const row of some) {
      const found = holds(row);
      if (!(typeof found === 'boolean' ? found : await found)) continue;
      places.push({ value: sortValue(asked.sort.field, row, around), id: row.id });
    }
    yield { places, ordered };
  }
}

/** What the database can apply of a search, put for few and for many; `exact`: that is all of it. */
async function narrowed(
  ctx: Ctx,
  username: string | null,
  asked: Search,
  around: Around,
): Promise<{ where: Where; whereMany: Where; exact: boolean }> {
  const where = await seen(ctx, username);
  const whereMany = [...where];
  const start = startOf(required(asked));
  let exact = isAll(asked);
  for (const condition of required(asked)) {
    const contacts = await contactsWith(ctx, condition, around);
    const by = contacts ? ofContacts(contacts) : narrow(condition, around, start);
    if (by) {
      where.push(by);
      whereMany.push(contacts ? by : narrow(condition, around, null)!);
    }
    exact &&= contacts !== null || isExact(condition, around);
  }
  return { where, whereMany, exact };
}

const isAll = ({ match, conditions }: Search): boolean => match === 'all' || conditions.length <= 1;

/** The conditions of which each has to hold. */
const required = (asked: Search): Condition[] =>
  isAll(asked) ? [...asked.filters, ...asked.conditions] : asked.filters;

function columnsFor(asked: Search): Set<Column> {
  const columns = new Set<Column>(['id', ...sortColumns(asked.sort.field)]);
  for (const { field } of [...asked.filters, ...asked.conditions])
    for (const column of columnsOf(field)) columns.add(column);
  return columns;
}

type AsyncTest = (row: Row) => boolean | Promise<boolean>;

interface Compiled {
  matches: AsyncTest;
  /** If only these can match: the interactions with a message that has to be there. */
  ids: Set<string> | null;
}

async function compile(ctx: Ctx, asked: Search, around: Around): Promise<Compiled> {
  const must = await testsOf(ctx, required(asked), around);
  if (isAll(asked)) return { matches: every(must.tests, must.later), ids: must.ids };
  const any = await testsOf(ctx, asked.conditions, around);
  const one = some(any.tests, any.later);
  return { matches: (row) => must.tests.every((test) => test(row)) && one(row), ids: null };
}

/** What a row says by itself first; for what its messages say they have to be read. */
async function testsOf(ctx: Ctx, conditions: Condition[], around: Around) {
  const tests: Test[] = [];
  const later: AsyncTest[] = [];
  let ids: Set<string> | null = null;
  for (const condition of conditions) {
    if (condition.field !== 'messages') {
      tests.push(testOf(condition, around));
      continue;
    }
    const part = condition.value as string;
    const wanted = condition.operator === 'contains';
    const found = await interactionsWith(ctx, part);
    if (found) {
      tests.push((row) => found.has(row.id) === wanted);
      if (wanted && (!ids || found.size < ids.size)) ids = found;
    } else later.push(async (row) => (await hasMessageWith(ctx, row.id, part)) === wanted);
  }
  return { tests, later, ids };
}

function every(tests: Test[], later: AsyncTest[]): AsyncTest {
  const rest = async (row: Row) => {
    for (const test of later) if (!(await test(row))) return false;
    return true;
  };
  return (row) => tests.every((test) => test(row)) && (later.length === 0 || rest(row));
}

function some(tests: Test[], later: AsyncTest[]): AsyncTest {
  const rest = async (row: Row) => {
    for (const test of later) if (await test(row)) return true;
    return false;
  };
  return (row) => tests.some((test) => test(row)) || (later.length > 0 && rest(row));
}

/** The first places of an order after a cursor, of all that are offered in any order. */
class Page {
  readonly places: Position[] = [];
  readonly #compare: (a: Position, b: Position) => number;
  readonly #size: number;
  readonly #after: Position | null;

  constructor(sort: Sort, size: number, after: Position | null) {
    this.#compare = comparePositions(sort);
    this.#size = size;
    this.#after = after;
  }

  get isFull(): boolean {
    return this.places.length === this.#size;
  }

  offer(place: Position): void {
    if (this.#after && this.#compare(place, this.#after) <= 0) return;
    if (this.isFull && this.#compare(place, this.places.at(-1)!) > 0) return;
    let low = 0;
    for (let high = this.places.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.places[middle]!, place) < 0) low = middle + 1;
      else high = middle;
    }
    this.places.splice(low, 0, place);
    if (this.places.length > this.#size) this.places.pop();
  }
}
