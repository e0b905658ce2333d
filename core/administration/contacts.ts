import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import { listId } from '../accounts.ts';
import { type Commands, CoreError } from '../api.ts';
import { audit, type Ctx } from '../context.ts';
import { mergeContacts as merge } from '../merge.ts';
import { normalise } from '../search/language/text.ts';
import { iso } from '../time.ts';
import type { ContactLine, ContactOverview } from './api.ts';
import { cleanName, cut, limitOf, missing } from './page.ts';
import { invalidRows } from './rows.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** Contacts read at once, and at most for one page. */
const CHUNK = 1000;
const MOST = 20_000;
const DEFAULT_LIST = 'Default';

const byId = statement<{ id: string }>()((db, p) =>
  db
    .selectFrom('contact')
    .innerJoin('list', 'list.id', 'contact.list_id')
    .select(['contact.id', 'contact.name', 'contact.created_at', 'list.name as list'])
    .where('contact.id', '=', p('id'))
    .where('contact.erase_at', 'is', null),
);
const addressesOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('address').select(['address', 'kind']).where('contact_id', '=', p('contact')).orderBy('address'),
);
const chunk = statement<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('contact')
    .innerJoin('list', 'list.id', 'contact.list_id')
    .select(['contact.id', 'contact.name', 'contact.created_at', 'list.name as list'])
    .where('contact.id', '>', p('after'))
    .where('contact.erase_at', 'is', null)
    .orderBy('contact.id')
    .limit(p('limit')),
);
const addressesBetween = statement<{ from: string; to: string }>()((db, p) =>
  db
    .selectFrom('address')
    .select(['contact_id', 'address', 'kind'])
    .where('contact_id', '>=', p('from'))
    .where('contact_id', '<=', p('to'))
    .orderBy('contact_id')
    .orderBy('address'),
);
const byAddress = statement<{ address: string }>()((db, p) =>
  db.selectFrom('address').select('contact_id').where('address', '=', p('address')),
);
const insert = statement<{ id: string; list: string; name: string; now: number }>()((db, p) =>
  db.insertInto('contact').values({ id: p('id'), list_id: p('list'), name: p('name'), created_at: p('now') }),
);
const insertAddress = statement<{ address: string; contact: string; kind: 'phone' | 'user_id' | 'other' }>()((db, p) =>
  db.insertInto('address').values({ address: p('address'), contact_id: p('contact'), kind: p('kind') }),
);
const setName = statement<{ id: string; name: string }>()((db, p) =>
  db
    .updateTable('contact')
    .set({ name: p('name') })
    .where('id', '=', p('id')),
);
const setList = statement<{ id: string; list: string }>()((db, p) =>
  db
    .updateTable('contact')
    .set({ list_id: p('list') })
    .where('id', '=', p('id')),
);
const openOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('interaction').select('id').where('contact_id', '=', p('contact')).where('status', '=', 'open'),
);

type Row = { id: string; name: string; created_at: number; list: string };
const view = (row: Row, addresses: ContactOverview['addresses']): ContactOverview => ({
  id: row.id,
  name: row.name,
  list: row.list,
  addresses,
  createdAt: iso(Number(row.created_at)),
});

export async function contactOverview(ctx: Ctx, input: In<'contactOverview'>): Out<'contactOverview'> {
  const row = await ctx.tx.first(byId, { id: input.id });
  if (!row) throw missing(`contact ${input.id}`);
  return view(row, await ctx.tx.all(addressesOf, { contact: row.id }));
}

/** Names and addresses are compared as searches do; what matches is looked for in the order of the ids, in short reads. */
export async function listContacts(ctx: Ctx, input: In<'listContacts'>): Out<'listContacts'> {
  const limit = limitOf(input);
  const part = normalise(input.search ?? '').trim();
  const list = input.list === undefined ? null : normalise(input.list);
  const contacts: ContactOverview[] = [];
  let after = input.cursor ?? '';
  for (let read = 0; read < MOST; ) {
    const rows = await ctx.tx.all(chunk, { after, limit: CHUNK });
    const addresses = await addressesIn(ctx, rows);
    for (const row of rows) {
      after = row.id;
      read++;
      const own = addresses.get(row.id) ?? [];
      if (list !== null && normalise(row.list) !== list) continue;
      if (![row.name, ...own.map((a) => a.address)].some((text) => normalise(text).includes(part))) continue;
      contacts.push(view(row, own));
      if (contacts.length <= limit) continue;
      const page = cut(contacts, limit, (c) => c.id);
      return { contacts: page.rows, next: page.next };
    }
    if (rows.length < CHUNK) return { contacts, next: null };
  }
  return { contacts, next: after };
}

async function addressesIn(ctx: Ctx, rows: Row[]): Promise<Map<string, ContactOverview['addresses']>> {
  const found = new Map<string, ContactOverview['addresses']>();
  if (rows.length === 0) return found;
  const range = { from: rows[0]!.id, to: rows.at(-1)!.id };
  for (const { contact_id, address, kind } of await ctx.tx.all(addressesBetween, range)) {
    const own = found.get(contact_id);
    if (own) own.push({ address, kind });
    else found.set(contact_id, [{ address, kind }]);
  }
  return found;
}

/** A phone number is known by its form; everything else stays as it is. */
function kindOf(address: string): 'phone' | 'user_id' | 'other' {
  if (/^\+\d{5,15}$/.test(address)) return 'phone';
  return /^[A-Z]{2}\.[A-Za-z0-9]+$/.test(address) ? 'user_id' : 'other';
}

async function make(ctx: Ctx, { address, name, list }: ContactLine): Promise<string> {
  const id = newId(ctx.now);
  const named = name === undefined || name.trim() === '' ? address : cleanName(name);
  await ctx.tx.run(insert, { id, list: await listId(ctx, list?.trim() || DEFAULT_LIST), name: named, now: ctx.now });
  await ctx.tx.run(insertAddress, { address, contact: id, kind: kindOf(address) });
  return id;
}

export async function createContact(ctx: Ctx, input: In<'createContact'>): Out<'createContact'> {
  const address = cleanName(input.address, 'address');
  const owner = await ctx.tx.first(byAddress, { address });
  if (owner)
    throw new CoreError('address_taken', 409, `There is a contact with the address ${address} already.`, {
      contact: owner.contact_id,
    });
  return contactOverview(ctx, { id: await make(ctx, { ...input, address }) });
}

/** Desks that show the contact learn its new name or list. */
async function showChange(ctx: Ctx, contact: string): Promise<void> {
  for (const { id } of await ctx.tx.all(openOf, { contact })) ctx.changes.interactions.add(id);
}

export async function mergeContacts(ctx: Ctx, input: In<'mergeContacts'>): Out<'mergeContacts'> {
  const ids = [...new Set(input.ids)];
  if (ids.length < 2)
    throw new CoreError('same_contact', 422, 'A contact is merged with another one.', [
      { field: 'ids', message: 'must name at least two contacts' },
    ]);
  for (const id of ids) await contactOverview(ctx, { id });
  const name = input.name === undefined ? null : cleanName(input.name);
  const id = await merge(ctx, ids);
  if (name !== null) await ctx.tx.run(setName, { id, name });
  await showChange(ctx, id);
  return contactOverview(ctx, { id });
}

export async function checkContacts(ctx: Ctx, { contacts }: In<'checkContacts'>): Out<'checkContacts'> {
  const made = new Set<string>();
  const lines = [];
  for (const { row, address } of contacts) {
    const isNew = !made.has(address) && !(await ctx.tx.first(byAddress, { address }));
    if (isNew) made.add(address);
    lines.push({ row, made: isNew });
  }
  return { lines };
}

/** @throws CoreError 422 with the number of the line in its details; nothing is imported then */
export async function importContacts(ctx: Ctx, input: In<'importContacts'>): Out<'importContacts'> {
  let created = 0;
  for (const { row, ...line } of input.contacts) {
    const address = line.address.trim();
    if (address === '')
      throw invalidRows([{ row, column: 'address', code: 'cell_missing', message: 'the address is missing' }]);
    const owner = await ctx.tx.first(byAddress, { address });
    if (!owner) {
      await make(ctx, { ...line, address });
      created++;
      continue;
    }
    const id = owner.contact_id;
    if (line.name?.trim()) await ctx.tx.run(setName, { id, name: cleanName(line.name) });
    if (line.list?.trim()) await ctx.tx.run(setList, { id, list: await listId(ctx, line.list.trim()) });
    await showChange(ctx, id);
  }
  return { created, updated: input.contacts.length - created };
}

export async function noteContactsExport(ctx: Ctx, input: In<'noteContactsExport'>): Out<'noteContactsExport'> {
  await audit(ctx, 'exported', input.username, { data: { what: 'contacts' } });
  return null;
}
