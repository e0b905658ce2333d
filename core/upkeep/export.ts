import { statement } from '../../store/store.ts';
import { type Commands, CoreError } from '../api.ts';
import { interactionView, messageView } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { getInteraction } from '../interactions.ts';
import { iso } from '../time.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const contactById = statement<{ id: string }>()((db, p) =>
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
const interactionsOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('interaction').select('id').where('contact_id', '=', p('contact')).orderBy('started_at').orderBy('id'),
);
const messagesAfter = statement<{ interaction: string; after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('interaction_id', '=', p('interaction'))
    .where('id', '>', p('after'))
    .orderBy('id')
    .limit(p('limit')),
);

async function getContact(ctx: Ctx, id: string) {
  const contact = await ctx.tx.first(contactById, { id });
  if (!contact) throw new CoreError('not_found', 404, `There is no contact ${id}.`);
  return contact;
}

/** Notes in the audit log that somebody exports what is held about a person. */
export async function noteExport(ctx: Ctx, input: In<'noteExport'>): Out<'noteExport'> {
  await getContact(ctx, input.contact);
  await audit(ctx, 'exported', input.username, { data: { contact: input.contact } });
  return null;
}

/** What is held about a person, without the conversations, of which it has the ids. */
export async function exportContact(ctx: Ctx, input: In<'exportContact'>): Out<'exportContact'> {
  const contact = await getContact(ctx, input.contact);
  return {
    contact: {
      id: contact.id,
      name: contact.name,
      list: contact.list,
      addresses: await ctx.tx.all(addressesOf, { contact: contact.id }),
      createdAt: iso(Number(contact.created_at)),
    },
    interactions: (await ctx.tx.all(interactionsOf, { contact: contact.id })).map((ix) => ix.id),
  };
}

/** One conversation with a page of its messages, oldest first; all of them, also what colleagues noted. */
export async function exportInteraction(ctx: Ctx, input: In<'exportInteraction'>): Out<'exportInteraction'> {
  const ix = await getInteraction(ctx, input.interaction);
  const rows = await ctx.tx.all(messagesAfter, { interaction: ix.id, after: input.after ?? '', limit: input.limit });
  return {
    interaction: { ...(await interactionView(ctx, ix)), note: ix.note, closedBy: ix.closed_by },
    messages: rows.map(messageView),
    next: rows.length === input.limit ? rows.at(-1)!.id : null,
  };
}
