import { sql } from 'kysely';
import type { Ctx } from '../context.ts';
import { testOf } from './conditions.ts';
import type { Condition } from './language/fields.ts';
import type { Around, Row } from './rows.ts';

/** If more contacts than this may be meant, nothing is gained by knowing them first. */
const FEW = 500;
const CHUNK = 5000;
const OPERATORS: readonly string[] = ['equals', 'contains', 'startsWith', 'endsWith'];

/**
 * The contacts whose interactions can be meant by a condition on names or addresses, or null if they are many. There are fewer contacts
 * than interactions, and their rows are small: who looks for one person need not look at every conversation.
 */
export async function contactsWith(ctx: Ctx, condition: Condition, around: Around): Promise<string[] | null> {
  if (!OPERATORS.includes(condition.operator) || condition.value === '') return null;
  const rows = readerOf(ctx, condition);
  if (!rows) return null;
  const test = testOf(condition, around);
  const ids = new Set<string>();
  for await (const some of rows) {
    for (const { contact, row } of some) if (test(row as Row)) ids.add(contact);
    if (ids.size > FEW) return null;
  }
  return [...ids];
}

function readerOf(ctx: Ctx, condition: Condition): AsyncGenerator<Some> | null {
  const part = condition.value as string;
  if (condition.field === 'contact.name') return names(ctx, part);
  if (condition.field !== 'contact.address') return null;
  // Nothing in it has another spelling: it stands in the table as it is.
  return condition.operator === 'equals' && !/[^ -@]/.test(part) ? address(ctx, part) : addresses(ctx, part);
}

type Some = { contact: string; row: Partial<Row> }[];

/**
 * Lets those through whose text has the part, and those with letters that only `normalise` knows. A shared store may have other rules for
 * small letters: there all are read.
 */
const mayHave = (ctx: Ctx, column: 'name' | 'address', part: string) =>
  ctx.settings.runtime === undefined
    ? sql<boolean>`(octet_length(${sql.ref(column)}) <> length(${sql.ref(column)})
        or replace(lower(${sql.ref(column)}), ${part}, '') <> lower(${sql.ref(column)}))`
    : sql<boolean>`${sql.lit(1)} = 1`;

async function* names(ctx: Ctx, part: string): AsyncGenerator<Some> {
  const next = ctx.tx.db
    .selectFrom('contact')
    .select(['id', 'name'])
    .where(mayHave(ctx, 'name', part))
    .orderBy('id')
    .limit(CHUNK);
  for (let last = ''; ; ) {
    const rows = await ctx.tx.query(next.where('id', '>', last));
    yield rows.map(({ id, name }) => ({ contact: id, row: { contactName: name } }));
    if (rows.length < CHUNK) return;
    last = rows.at(-1)!.id;
  }
}

async function* address(ctx: Ctx, whole: string): AsyncGenerator<Some> {
  const query = ctx.tx.db.selectFrom('address').select(['address', 'contact_id']).where('address', '=', whole);
  yield (await ctx.tx.query(query)).map(asRow);
}

async function* addresses(ctx: Ctx, part: string): AsyncGenerator<Some> {
  const next = ctx.tx.db
    .selectFrom('address')
    .select(['address', 'contact_id'])
    .where(mayHave(ctx, 'address', part))
    .orderBy('address')
    .limit(CHUNK);
  for (let last = ''; ; ) {
    const rows = await ctx.tx.query(next.where('address', '>', last));
    yield rows.map(asRow);
    if (rows.length < CHUNK) return;
    last = rows.at(-1)!.address;
  }
}

const asRow = ({ address: one, contact_id }: { address: string; contact_id: string }): Some[number] => ({
  contact: contact_id,
  row: { addresses: [one] },
});
