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

function readerOf(ctx: Ctx, { field }: Condition): AsyncGenerator<{ contact: string; row: Partial<Row> }[]> | null {
  if (field === 'contact.name') return names(ctx);
  return field === 'contact.address' ? addresses(ctx) : null;
}

async function* names(ctx: Ctx) {
  const next = ctx.tx.db.selectFrom('contact').select(['id', 'name']).orderBy('id').limit(CHUNK);
  for (let last = ''; ; ) {
    const rows = await ctx.tx.query(next.where('id', '>', last));
    yield rows.map(({ id, name }) => ({ contact: id, row: { contactName: name } }));
    if (rows.length < CHUNK) return;
    last = rows.at(-1)!.id;
  }
}

async function* addresses(ctx: Ctx) {
  const next = ctx.tx.db.selectFrom('address').select(['address', 'contact_id']).orderBy('address').limit(CHUNK);
  for (let last = ''; ; ) {
    const rows = await ctx.tx.query(next.where('address', '>', last));
    yield rows.map(({ address, contact_id }) => ({ contact: contact_id, row: { addresses: [address] } }));
    if (rows.length < CHUNK) return;
    last = rows.at(-1)!.address;
  }
}
