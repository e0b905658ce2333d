import type { Peer } from '../providers/provider.ts';
import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import type { Ctx } from './context.ts';
import { mergeContacts } from './merge.ts';

const byAddress = statement<{ address: string }>()((db, p) =>
  db
    .selectFrom('address')
    .innerJoin('contact', 'contact.id', 'address.contact_id')
    .select(['contact.id', 'contact.name', 'address.address'])
    .where('address.address', '=', p('address')),
);
const insertContact = statement<{ id: string; list: string; name: string; now: number }>()((db, p) =>
  db.insertInto('contact').values({ id: p('id'), list_id: p('list'), name: p('name'), created_at: p('now') }),
);
const insertAddress = statement<{ address: string; contact: string; kind: 'phone' | 'user_id' | 'other' }>()((db, p) =>
  db.insertInto('address').values({ address: p('address'), contact_id: p('contact'), kind: p('kind') }),
);
const rename = statement<{ id: string; name: string }>()((db, p) =>
  db.updateTable('contact').set({ name: p('name') }).where('id', '=', p('id')),
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
export async function contactOf(ctx: Ctx, peer: Peer, list: string): Promise<{ id: string; isNew: boolean }> {
  const addresses = addressesOf(peer);
  const found = new Map<string, { id: string; name: string }>();
  for (const address of addresses.keys()) {
    const row = await ctx.tx.first(byAddress, { address });
    if (row) found.set(address, row);
  }
  let ids = [...new Set([...found.values()].map((c) => c.id))];
  if (ids.length > 1) {
    ids = [await mergeContacts(ctx, ids)];
  }
  const isNew = ids.length === 0;
  const id = ids[0] ?? newId(ctx.now);
  if (isNew) await ctx.tx.run(insertContact, { id, list, name: peer.profileName || peer.phone || peer.address, now: ctx.now });
  for (const [address, kind] of addresses) if (!found.has(address)) await ctx.tx.run(insertAddress, { address, contact: id, kind });
  // A name that was only the address gives way to the first profile name; a name that somebody gave stays.
  const known = found.values().next().value;
  if (peer.profileName && known && addresses.has(known.name)) await ctx.tx.run(rename, { id, name: peer.profileName });
  return { id, isNew };
}
