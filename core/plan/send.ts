/** What `wa-send` sends: into the conversation of its message, or to an address of its own. */
import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import { type Commands, CoreError, type PlanSend, type Queued } from '../api.ts';
import { type AccountRow, findAccount, fullContext, messageView } from '../build-views.ts';
import { type Ctx, lit } from '../context.ts';
import { getInteraction, type InteractionRow } from '../interactions.ts';
import { type Act, atPosition, done, inInteraction, remember } from '../once.ts';
import { checkWindow, enqueue, getMessage } from '../outgoing.ts';

const contentOf = ({ content }: PlanSend): string | null => (content ? JSON.stringify(content) : null);
const words = (send: PlanSend): string => `${send.type} ${send.text} ${contentOf(send)}`;

/** Queues it unless the act was done; then the message that was sent counts. */
async function once(ctx: Ctx, ix: InteractionRow, send: PlanSend, act: Act | null, plan: string): Promise<Queued> {
  const first = await done(ctx, act);
  let id = first?.message_id ?? null;
  if (id === null) {
    id = await enqueue(ctx, ix, { author: 'system', type: send.type, text: send.text, content: contentOf(send) });
    await remember(ctx, act, id);
  }
  const account = (await findAccount(ctx, ix.account_id)) as AccountRow;
  const flags = { contact: false, interaction: false };
  return {
    message: messageView(await getMessage(ctx, id)),
    context: await fullContext(ctx, await getInteraction(ctx, ix.id), account, plan || id, flags),
    repeated: first !== undefined,
  };
}

export async function queueSend(ctx: Ctx, input: Commands['queueSend'][0]): Promise<Queued> {
  const ix = await getInteraction(ctx, input.interaction);
  const { node, plan } = input;
  const act = input.once ? inInteraction(node, ix.id) : atPosition({ node, plan }, ix.id, `send ${words(input)}`);
  return once(ctx, ix, input, act, plan.id);
}

const contactAt = statement<{ address: string }>()((db, p) =>
  db.selectFrom('address').select('contact_id').where('address', '=', p('address')),
);
const openOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .where('status', '=', lit('open')),
);
const lastOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('last_inbound_at')
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .orderBy('started_at', 'desc')
    .limit(1),
);
const begin = statement<{
  id: string;
  account: string;
  contact: string;
  address: string;
  now: number;
  heard: number | null;
}>()((db, p) =>
  db.insertInto('interaction').values({
    id: p('id'),
    account_id: p('account'),
    contact_id: p('contact'),
    address: p('address'),
    status: 'open',
    version: 1,
    started_at: p('now'),
    unread: 0,
    // The window counts from the contact's last message, whichever conversation that was in.
    last_inbound_at: p('heard'),
  }),
);

/**
 * The open interaction of an account with an address, or one that begins now. Who never wrote, or not within 24 hours, cannot be
 * sent free text: then nothing is written.
 */
async function interactionWith(ctx: Ctx, account: string, address: string): Promise<InteractionRow> {
  const contact = (await ctx.tx.first(contactAt, { address }))?.contact_id;
  const open = contact === undefined ? undefined : await ctx.tx.first(openOf, { contact, account });
  if (open) return open;
  const last = contact === undefined ? undefined : await ctx.tx.first(lastOf, { contact, account });
  checkWindow(ctx, last);
  const id = newId(ctx.now);
  await ctx.tx.run(begin, { id, account, contact: contact!, address, now: ctx.now, heard: last!.last_inbound_at });
  return getInteraction(ctx, id);
}

export async function queueSendTo(ctx: Ctx, input: Commands['queueSendTo'][0]): Promise<Queued> {
  const { node, origin, address } = input;
  if (!(await findAccount(ctx, input.account)))
    throw new CoreError('unknown_account', 404, 'The account was not deployed.');
  // The message's position counts: its second way through the flow must not begin another conversation.
  const act =
    origin && !input.once
      ? atPosition({ node, plan: origin.plan }, origin.interaction, `send ${address} ${words(input)}`)
      : null;
  const first = await done(ctx, act);
  if (first?.message_id) {
    const sent = await getMessage(ctx, first.message_id);
    return once(ctx, await getInteraction(ctx, sent.interaction_id), input, act, '');
  }
  const ix = await interactionWith(ctx, input.account, address);
  return once(ctx, ix, input, input.once ? inInteraction(node, ix.id) : act, '');
}
