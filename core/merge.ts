import { statement } from '../store/store.ts';
import { recount } from './agents.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow, setAgent, setTabState } from './interactions.ts';
import { moveActs } from './once.ts';
import { moveOptOuts } from './opt-outs.ts';
import { dropPace } from './pace.ts';
import { endInteraction } from './plan/end.ts';
import { assign } from './routing/answer.ts';
import { takeOverWatches } from './watches.ts';

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
const moveStepEnds = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('step_end')
    .set({ interaction_id: p('to') })
    .where('interaction_id', '=', p('from')),
);
const addUnread = statement<{ id: string; unread: number }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ unread: eb('unread', '+', p('unread')), version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);
/** Brings the summary of an interaction to its newest messages after others were moved to it. */
const newest = statement<{ id: string }>({ row: 'id' })((db, p) => {
  // A note is nothing that was said.
  const said = db
    .selectFrom('message')
    .where('interaction_id', '=', p('id'))
    .where('direction', '<>', 'note')
    .orderBy('id', 'desc')
    .limit(1);
  const latest = <K extends 'id' | 'at' | 'type' | 'direction'>(column: K) => said.select(column);
  const inbound = db.selectFrom('message').where('interaction_id', '=', p('id')).where('direction', '=', 'in').limit(1);
  return db
    .updateTable('interaction')
    .set((eb) => ({
      last_message_id: latest('id'),
      last_message_at: latest('at'),
      last_message_type: latest('type'),
      last_message_direction: latest('direction'),
      last_message_text: said.select((m) => m.fn<string>('substr', ['text', m.lit(1), m.lit(200)]).as('text')),
      last_inbound_id: inbound.select('id').orderBy('id', 'desc'),
      last_inbound_at: inbound.select('at').orderBy('id', 'desc'),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', p('id'));
});
const dropInteraction = statement<{ id: string }>({ row: 'id' })((db, p) =>
  db.deleteFrom('interaction').where('id', '=', p('id')),
);
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
      const { agent, queue_id: queue, tab_open: tab } = gone;
      await endInteraction(ctx, gone, 'rescinded');
      if (gone.disposing !== null) ctx.disposed.add(gone.disposing);
      if (agent !== null) await setAgent(ctx, gone, null, false, null);
      await ctx.tx.run(moveMessages, { from: go, to: stay });
      for (const told of ctx.changes.messages.values()) if (told.view?.interactionId === go) delete told.view;
      await ctx.tx.run(moveHandovers, { from: go, to: stay });
      await ctx.tx.run(moveStepEnds, { from: go, to: stay });
      await takeOverWatches(ctx, gone, stay);
      await moveActs(ctx, go, stay);
      await ctx.tx.run(addUnread, { id: stay, unread: gone.unread });
      await ctx.tx.run(newest, { id: stay });
      // Desks that have it learn that it is not there any more.
      ctx.changes.merged.set(go, { ...gone, agent, status: 'closed', closed_at: ctx.now, tab_open: 0, unread: 0 });
      await ctx.tx.run(dropInteraction, { id: go });
      ctx.changes.interactions.delete(go);
      ctx.changes.interactions.add(stay);
      // Who talks with this person goes on doing so.
      if (agent !== null) await handTo(ctx, await getInteraction(ctx, stay), { agent, queue, tab: tab === 1 });
    }
    await ctx.tx.run(moveInteractions, { from: other, to: keep! });
    await ctx.tx.run(moveAddresses, { from: other, to: keep! });
    await ctx.tx.run(moveOutgoing, { from: other, to: keep! });
    await moveOptOuts(ctx, other, keep!);
    await dropPace(ctx, other);
    await ctx.tx.run(dropContact, { id: other });
  }
  return keep!;
}

/** The assignment of the one that goes, unless the one that stays has an agent of its own. */
async function handTo(
  ctx: Ctx,
  ix: InteractionRow,
  to: { agent: string; queue: string | null; tab: boolean },
): Promise<void> {
  if (ix.agent !== null) return;
  await assign(ctx, ix, to.agent, to.queue);
  if (to.tab) return;
  await setTabState(ctx, ix, false);
  await recount(ctx, to.agent);
}
