import { statement } from '../../store/store.ts';
import { type Commands, CoreError } from '../api.ts';
import { closeNow } from '../closing.ts';
import { audit, type Ctx, lit } from '../context.ts';
import { dropOptOuts } from '../opt-outs.ts';
import { dropPace } from '../pace.ts';
import { type Counts, deleteInteraction, NOTHING } from './deletion.ts';
import { forgetJob, jobState, keepJob } from './state.ts';

const byId = statement<{ id: string }>()((db, p) =>
  db.selectFrom('contact').select(['id', 'erase_at']).where('id', '=', p('id')),
);
const openOnes = statement<{ contact: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('status', '=', lit('open'))
    .orderBy('id'),
);
const dropAddresses = statement<{ contact: string }>()((db, p) =>
  db.deleteFrom('address').where('contact_id', '=', p('contact')),
);
const dropQueued = statement<{ contact: string }>()((db, p) =>
  db.deleteFrom('outgoing').where('contact_id', '=', p('contact')),
);
const markErased = statement<{ contact: string; now: number }>()((db, p) =>
  db
    .updateTable('contact')
    .set({ name: '', erase_at: p('now') })
    .where('id', '=', p('contact')),
);
const nextOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('interaction').select('id').where('contact_id', '=', p('contact')).orderBy('started_at').limit(1),
);
const dropContact = statement<{ contact: string }>()((db, p) =>
  db.deleteFrom('contact').where('id', '=', p('contact')),
);
const marked = statement()((db) =>
  db.selectFrom('contact').select('id').where('erase_at', 'is not', lit(null)).orderBy('id').limit(1),
);

interface Erasing {
  by: string;
  counts: Counts;
}
const job = (contact: string): string => `erase ${contact}`;

/**
 * Erases everything held about a person, in steps of `budget` rows: at once nobody finds the contact by an address any more and open
 * interactions are closed; the rest follows, also after a restart. The messages' ids at the provider stay, which say nothing and keep
 * the messages from being fetched again. Reports count what was erased no more.
 */
export async function eraseContact(ctx: Ctx, input: Commands['eraseContact'][0]): Promise<Commands['eraseContact'][1]> {
  const contact = await ctx.tx.first(byId, { id: input.contact });
  if (!contact) throw new CoreError('not_found', 404, `There is no contact ${input.contact}.`);
  if (contact.erase_at === null) {
    for (const ix of await ctx.tx.all(openOnes, { contact: contact.id })) {
      await closeNow(ctx, ix, { by: input.username, disposition: [], note: null });
      // Desks are told from this copy: the row is gone before they would be.
      const closed = { status: 'closed', closed_at: ctx.now, tab_open: 0, unread: 0, version: ix.version + 1 } as const;
      ctx.changes.merged.set(ix.id, { ...ix, ...closed });
      ctx.changes.interactions.delete(ix.id);
    }
    await ctx.tx.run(dropAddresses, { contact: contact.id });
    await dropOptOuts(ctx, contact.id);
    await dropPace(ctx, contact.id);
    await ctx.tx.run(dropQueued, { contact: contact.id });
    await ctx.tx.run(markErased, { contact: contact.id, now: ctx.now });
    await keepJob<Erasing>(ctx, job(contact.id), { at: ctx.now, data: { by: input.username, counts: NOTHING } });
  }
  return { done: await eraseOn(ctx, contact.id, input.budget) };
}

async function eraseOn(ctx: Ctx, contact: string, budget: number): Promise<boolean> {
  const { at, data } = await jobState<Erasing>(ctx, job(contact));
  const { by, counts }: Erasing = { by: data?.by ?? 'system', counts: { ...NOTHING, ...data?.counts } };
  let left = budget;
  while (left > 0) {
    const ix = await ctx.tx.first(nextOf, { contact });
    if (!ix) break;
    left = await deleteInteraction(ctx, ix.id, left, counts);
  }
  if (left <= 0) {
    await keepJob<Erasing>(ctx, job(contact), { at, data: { by, counts } });
    return false;
  }
  await ctx.tx.run(dropContact, { contact });
  await forgetJob(ctx, job(contact));
  await audit(ctx, 'deleted', by, { data: { reason: 'erased', contact, ...counts } });
  return true;
}

/** Goes on with what was being erased when the process ended. @returns whether there was anything */
export async function eraseLeft(ctx: Ctx, budget: number): Promise<boolean> {
  const contact = await ctx.tx.first(marked, {});
  if (!contact) return false;
  await eraseOn(ctx, contact.id, budget);
  return true;
}
