import { statement } from '../store/store.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction } from './interactions.ts';
import { endInteraction } from './plan/end.ts';

const openOf = statement<{ contact: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('status', '=', lit('open'))
    .orderBy('id'),
);
const openWith = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .where('status', '=', lit('open')),
);
const moveMessages = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('message')
    .set({ interaction_id: p('to') })
    .where('interaction_id', '=', p('from')),
);
const moveHandovers = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('handover')
    .set({ interaction_id: p('to') })
    .where('interaction_id', '=', p('from')),
);
const addUnread = statement<{ id: string; unread: number }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ unread: eb('unread', '+', p('unread')), version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);
const dropInteraction = statement<{ id: string }>()((db, p) => db.deleteFrom('interaction').where('id', '=', p('id')));
const moveInteractions = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ contact_id: p('to') })
    .where('contact_id', '=', p('from')),
);
const moveAddresses = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('address')
    .set({ contact_id: p('to') })
    .where('contact_id', '=', p('from')),
);
const moveOutgoing = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('outgoing')
    .set({ contact_id: p('to') })
    .where('contact_id', '=', p('from')),
);
const dropContact = statement<{ id: string }>()((db, p) => db.deleteFrom('contact').where('id', '=', p('id')));

/**
 * Makes contacts that turned out to be one person one contact. The older id and the older open interaction stay; the other's
 * messages move to it.
 * @returns the id that stays
 */
export async function mergeContacts(ctx: Ctx, ids: string[]): Promise<string> {
  const [keep, ...others] = [...ids].sort();
  for (const other of others) {
    for (const ix of await ctx.tx.all(openOf, { contact: other })) {
      const mine = await ctx.tx.first(openWith, { contact: keep!, account: ix.account_id });
      if (!mine) continue;
      const [stay, go] = mine.id < ix.id ? [mine.id, ix.id] : [ix.id, mine.id];
      const gone = await getInteraction(ctx, go);
      await endInteraction(ctx, gone, 'rescinded');
      await ctx.tx.run(moveMessages, { from: go, to: stay });
      await ctx.tx.run(moveHandovers, { from: go, to: stay });
      await ctx.tx.run(addUnread, { id: stay, unread: gone.unread });
      await ctx.tx.run(dropInteraction, { id: go });
      ctx.changes.interactions.delete(go);
      ctx.changes.interactions.add(stay);
    }
    await ctx.tx.run(moveInteractions, { from: other, to: keep! });
    await ctx.tx.run(moveAddresses, { from: other, to: keep! });
    await ctx.tx.run(moveOutgoing, { from: other, to: keep! });
    await ctx.tx.run(dropContact, { id: other });
  }
  return keep!;
}
