import { statement } from '../../store/store.ts';
import { findAccount, fullContext, type MessageRow, messageView, nameOfQueue } from '../build-views.ts';
import type { Ctx } from '../context.ts';
import { iso } from '../time.ts';
import type { EventDetail, EventView, WhatsAppContext } from '../views.ts';
import type { EventRow } from './stream.ts';

/** Conversations that were read for this batch of events; null = deleted meanwhile. */
export type Known = Map<string, Conversation | null>;
type Conversation = WhatsAppContext & { since: number; contactSince: number };

/** What an event says beyond who, when and where. Content of messages stays in the messages. */
async function dataOf(ctx: Ctx, row: EventRow): Promise<EventView['data']> {
  switch (row.event) {
    case 'message-in':
    case 'message-out':
      return { message: row.id, type: row.data };
    case 'offer-made':
      return { offer: row.id, agent: row.actor, queue: await nameOfQueue(ctx, row.data) };
    default: {
      const data = row.data === null ? null : (JSON.parse(row.data) as Record<string, unknown>);
      // The store keeps a queue's id, which survives a new name; outside queues go by name.
      return typeof data?.queue === 'string'
        ? { ...data, queue: (await nameOfQueue(ctx, data.queue)) ?? data.queue }
        : data;
    }
  }
}

export async function eventView(ctx: Ctx, row: EventRow): Promise<EventView> {
  return {
    id: row.id,
    event: row.event,
    at: iso(Number(row.at)),
    actor: row.actor,
    account: row.account_id,
    interaction: row.interaction_id,
    data: await dataOf(ctx, row),
  };
}

const interactionById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('interaction').selectAll().where('id', '=', p('id')),
);
const contactSince = statement<{ id: string }>()((db, p) =>
  db.selectFrom('contact').select('created_at').where('id', '=', p('id')),
);
const messageById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('message').selectAll().where('id', '=', p('id')),
);

async function conversation(ctx: Ctx, id: string): Promise<Conversation | null> {
  const ix = await ctx.tx.first(interactionById, { id });
  const account = ix && (await findAccount(ctx, ix.account_id));
  if (!ix || !account) return null;
  const created = await ctx.tx.first(contactSince, { id: ix.contact_id });
  const context = await fullContext(ctx, ix, account, '', { contact: false, interaction: false });
  return { ...context, since: Number(ix.started_at), contactSince: Number(created?.created_at ?? 0) };
}

/** With account, contact, interaction and message as they are now. `known` spares reading a conversation twice in one batch. */
export async function withDetails(ctx: Ctx, row: EventRow, known: Known): Promise<EventDetail> {
  const view = await eventView(ctx, row);
  if (row.interaction_id === null) {
    const account = row.account_id === null ? undefined : await findAccount(ctx, row.account_id);
    if (!account) return { ...view, whatsapp: {} };
    const { id, key, name, phone } = account;
    return { ...view, whatsapp: { account: { id, key, name, phone } } };
  }
  let found = known.get(row.interaction_id);
  if (found === undefined) {
    found = await conversation(ctx, row.interaction_id);
    known.set(row.interaction_id, found);
  }
  if (!found) return { ...view, whatsapp: {} };
  const opened = row.event === 'interaction-opened';
  const whatsapp: EventDetail['whatsapp'] = {
    account: found.account,
    contact: { ...found.contact, isNew: opened && found.contactSince === found.since },
    interaction: { ...found.interaction, isNew: opened },
  };
  const message = await messageOf(ctx, view);
  if (message) whatsapp.message = messageView(message);
  return { ...view, whatsapp };
}

async function messageOf(ctx: Ctx, { data }: EventView): Promise<MessageRow | undefined> {
  return typeof data?.message === 'string' ? ctx.tx.first(messageById, { id: data.message }) : undefined;
}
