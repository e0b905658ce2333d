import type { Peer } from '../providers/provider.ts';
import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { addressesOfContact, viewOf } from './build-views.ts';
import type { Ctx } from './context.ts';
import { mergeContacts } from './merge.ts';
import type { ContactView } from './views.ts';

const byAddress = statement<{ address: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('address')
    .innerJoin('contact', 'contact.id', 'address.contact_id')
    .innerJoin('list', 'list.id', 'contact.list_id')
    .select(['contact.id', 'contact.name', 'list.name as list'])
    .where('address.address', '=', p('address')),
);
const insertContact = statement<{ id: string; list: string; name: string; now: number }>({ adds: true, blind: true })(
  (db, p) =>
    db.insertInto('contact').values({ id: p('id'), list_id: p('list'), name: p('name'), created_at: p('now') }),
);
type NewAddress = { address: string; contact: string; kind: 'phone' | 'user_id' | 'other' };
/** Of a contact that is new itself. */
const firstAddress = statement<NewAddress>({ adds: true, blind: true })((db, p) =>
  db.insertInto('address').values({ address: p('address'), contact_id: p('contact'), kind: p('kind') }),
);
const furtherAddress = statement<NewAddress>()((db, p) =>
  db.insertInto('address').values({ address: p('address'), contact_id: p('contact'), kind: p('kind') }),
);
const rename = statement<{ id: string; name: string }>()((db, p) =>
  db
    .updateTable('contact')
    .set({ name: p('name') })
    .where('id', '=', p('id')),
);

function addressesOf(peer: Peer): Map<string, 'phone' | 'user_id' | 'other'> {
  const addresses = new Map<string, 'phone' | 'user_id' | 'other'>();
  if (peer.phone) addresses.set(peer.phone, 'phone');
  if (peer.userId) addresses.set(peer.userId, 'user_id');
  if (!addresses.has(peer.address)) addresses.set(peer.address, 'other');
  return addresses;
}

/**
 * The contact that writes, created in `list` if none of its addresses is known. A message that carries both a phone number and a
 * user id attaches the missing one; if they belong to two contacts, these become one.
 */
export async function contactOf(
  ctx: Ctx,
  peer: Peer,
  list: { id: string; name: string },
): Promise<{ id: string; isNew: boolean; view: ContactView }> {
  const addresses = addressesOf(peer);
  const found = new Map<string, { id: string; name: string; list: string }>();
  for (const address of addresses.keys()) {
    const row = await ctx.tx.first(byAddress, { address });
    if (row) found.set(address, row);
  }
  const ids = [...new Set([...found.values()].map((c) => c.id))];
  const isNew = ids.length === 0;
  const id = ids.length > 1 ? await mergeContacts(ctx, ids) : (ids[0] ?? newId(ctx.now));
  const known = [...found.values()].find((c) => c.id === id);
  let name = known?.name ?? (peer.profileName || peer.phone || peer.address);
  if (isNew) await ctx.tx.run(insertContact, { id, list: list.id, name, now: ctx.now });
  for (const [address, kind] of addresses)
    if (!found.has(address)) await ctx.tx.run(isNew ? firstAddress : furtherAddress, { address, contact: id, kind });
  // A name that was only the address gives way to the first profile name; a name that somebody gave stays.
  if (known && peer.profileName && addresses.has(known.name)) {
    name = peer.profileName;
    await ctx.tx.run(rename, { id, name });
  }
  const all = isNew ? [...addresses].map(([address, kind]) => ({ address, kind })) : await addressesOfContact(ctx, id);
  return { id, isNew, view: viewOf({ id, name, list: known?.list ?? list.name }, peer.address, all) };
}
