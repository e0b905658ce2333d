import type { InboundMessage, ProviderEvent } from '../providers/provider.ts';
import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { type Commands, CoreError } from './api.ts';
import { type AccountRow, findAccount, fullContext, messageView } from './build-views.ts';
import { contactOf } from './contacts.ts';
import { type Ctx, lit } from './context.ts';
import type { InteractionRow } from './interactions.ts';
import { toFetch } from './media/content.ts';
import { fetchLater } from './media/fetch.ts';
import { setOptOut, wishOf } from './opt-outs.ts';
import { lastInteraction, reopenLast } from './reopen.ts';
import { firstLook } from './silence.ts';
import { wake } from './snooze.ts';
import { applyStatus } from './statuses.ts';

const takeId = statement<{ account: string; provider: string; message: string; now: number }>()((db, p) =>
  db
    .insertInto('provider_id')
    .values({ account_id: p('account'), provider_id: p('provider'), message_id: p('message'), at: p('now') })
    .onConflict((c) => c.doNothing()),
);
const openOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .where('status', '=', lit('open')),
);
const insertMessage = statement<{
  id: string;
  interaction: string;
  provider: string;
  type: string;
  text: string;
  content: string | null;
  at: number;
}>({ blind: true })((db, p) =>
  db.insertInto('message').values({
    id: p('id'),
    interaction_id: p('interaction'),
    version: 1,
    provider_id: p('provider'),
    direction: 'in',
    type: p('type'),
    text: p('text'),
    content: p('content'),
    author: 'contact',
    at: p('at'),
    status: 'received',
  }),
);
const openInteraction = statement<{
  id: string;
  account: string;
  contact: string;
  address: string;
  now: number;
  message: string;
  text: string;
  type: string;
  look: number | null;
}>({ row: 'id', blind: true })((db, p) =>
  db.insertInto('interaction').values({
    id: p('id'),
    account_id: p('account'),
    contact_id: p('contact'),
    address: p('address'),
    status: 'open',
    version: 1,
    started_at: p('now'),
    unread: 1,
    unanswered_since: p('now'),
    last_inbound_at: p('now'),
    last_inbound_id: p('message'),
    last_message_id: p('message'),
    last_message_at: p('now'),
    last_message_text: p('text'),
    last_message_type: p('type'),
    last_message_direction: 'in',
    auto_close_at: p('look'),
  }),
);
const noteInbound = statement<{
  id: string;
  address: string;
  now: number;
  message: string;
  text: string;
  type: string;
}>({ row: 'id', blind: true })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      address: p('address'),
      version: eb('version', '+', 1),
      unread: eb('unread', '+', 1),
      unanswered_since: eb.fn.coalesce('unanswered_since', eb.val(p('now'))),
      last_inbound_at: p('now'),
      last_inbound_id: p('message'),
      last_message_id: p('message'),
      last_message_at: p('now'),
      last_message_text: p('text'),
      last_message_type: p('type'),
      last_message_direction: 'in',
    }))
    .where('id', '=', p('id')),
);
const addHandover = statement<{ message: string; interaction: string; flags: string }>({ blind: true })((db, p) =>
  db.insertInto('handover').values({ message_id: p('message'), interaction_id: p('interaction'), flags: p('flags') }),
);
const heard = statement<{ account: string; now: number }>()((db, p) =>
  db
    .updateTable('account')
    .set({ last_inbound_at: p('now'), last_error: null })
    .where('id', '=', p('account')),
);

const isOfPlan = (type: string): boolean => type !== 'reaction' && type !== 'system';

/** Takes the events of one webhook. Durable when the transaction is: only then the webhook may be answered. */
export async function ingest(ctx: Ctx, input: Commands['ingest'][0]): Promise<null> {
  const account = await findAccount(ctx, input.account);
  if (!account) throw new CoreError('unknown_account', 404, 'There is no such account.');
  let any = false;
  for (const event of input.events) any = (await take(ctx, account, event)) || any;
  // To the second is enough for a status light, and spares a write for each message.
  if (
    any &&
    (account.last_inbound_at === null || ctx.now - account.last_inbound_at > 1000 || account.last_error !== null)
  ) {
    await ctx.tx.run(heard, { account: account.id, now: ctx.now });
    account.last_inbound_at = ctx.now;
    account.last_error = null;
  }
  return null;
}

async function take(ctx: Ctx, account: AccountRow, event: ProviderEvent): Promise<boolean> {
  if (event.kind === 'status') {
    await applyStatus(ctx, account, event);
    return false;
  }
  if (event.kind === 'consent') {
    const contact = await contactOf(ctx, event.peer, { id: account.list_id, name: account.list });
    await setOptOut(ctx, contact.id, account.id, event.out, 'provider');
    return false;
  }
  return takeMessage(ctx, account, event);
}

async function takeMessage(ctx: Ctx, account: AccountRow, event: InboundMessage): Promise<boolean> {
  // Made first, so that a conversation's start stands before its first message in the stream of events.
  const opens = newId(ctx.now);
  const id = newId(ctx.now);
  const taken = await ctx.tx.run(takeId, { account: account.id, provider: event.id, message: id, now: ctx.now });
  if (taken === 0) return false;
  const contact = await contactOf(ctx, event.peer, { id: account.list_id, name: account.list });
  const wish = wishOf(event.text);
  if (wish) await setOptOut(ctx, contact.id, account.id, wish === 'out', 'contact');
  let ix = contact.isNew ? undefined : await ctx.tx.first(openOf, { contact: contact.id, account: account.id });
  const ofPlan = isOfPlan(event.type);
  // A reaction or a provider's notice never opens a conversation; it is kept with the last one, if there is one.
  if (!ix && !ofPlan) ix = await lastInteraction(ctx, contact.id, account.id);
  if (!ix && !ofPlan) return false;
  ix ??= await reopenLast(ctx, account, contact.id);
  const isNew = !ix;
  const heardBefore = ix?.last_inbound_at ?? 0;
  const summary = {
    message: id,
    text: event.text.slice(0, 200),
    type: event.type,
    now: ctx.now,
    address: event.peer.address,
  };
  if (!ix) {
    const look = firstLook(ctx, account);
    ix = newInteraction(opens, account.id, contact.id, summary, look);
    await ctx.tx.run(openInteraction, { id: ix.id, account: account.id, contact: contact.id, look, ...summary });
    ctx.tx.interactions.set(ix.id, ix);
  } else if (ofPlan) {
    ix.address = summary.address;
    ix.version++;
    ix.unread++;
    ix.unanswered_since ??= ctx.now;
    ix.last_inbound_at = ctx.now;
    ix.last_inbound_id = id;
    ix.last_message_id = id;
    ix.last_message_at = ctx.now;
    ix.last_message_text = summary.text;
    ix.last_message_type = event.type;
    ix.last_message_direction = 'in';
    await ctx.tx.run(noteInbound, { id: ix.id, ...summary });
    ctx.tx.interactions.set(ix.id, ix);
    if (ix.snoozed_until !== null) await wake(ctx, ix);
  }
  if (ofPlan && event.at !== undefined && ctx.now - event.at > LATE) await backdate(ctx, ix, heardBefore, event.at);
  const content = contentOf(event);
  await ctx.tx.run(insertMessage, {
    id,
    interaction: ix.id,
    provider: event.id,
    type: event.type,
    text: event.text,
    content,
    at: ctx.now,
  });
  if (event.media) await fetchLater(ctx, account.id, id, event.media.length);
  const message = messageView({
    id,
    interaction_id: ix.id,
    version: 1,
    provider_id: event.id,
    direction: 'in',
    type: event.type,
    text: event.text,
    content,
    author: 'contact',
    at: ctx.now,
    status: 'received',
    error_code: null,
    error_reason: null,
  });
  ctx.changes.messages.set(id, { event: 'message', view: message });
  ctx.changes.interactions.add(ix.id);
  if (ofPlan) {
    const flags = { contact: contact.isNew, interaction: isNew };
    await ctx.tx.run(addHandover, { message: id, interaction: ix.id, flags: JSON.stringify(flags) });
    const context = await fullContext(ctx, ix, account, id, flags, contact.view);
    ctx.effects.push({ kind: 'handover', account: account.id, interaction: ix.id, handover: { message, context } });
  }
  return true;
}

/** A message that comes this much (ms) after it was written was missed, and fetched later. */
const LATE = 300_000;
const setInboundAt = statement<{ id: string; at: number }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ last_inbound_at: p('at') })
    .where('id', '=', p('id')),
);

/** The 24-hour window counts from when a message was written, not from when it was fetched (contract 5.11). */
async function backdate(ctx: Ctx, ix: InteractionRow, before: number, writtenAt: number): Promise<void> {
  ix.last_inbound_at = Math.max(before, writtenAt);
  await ctx.tx.run(setInboundAt, { id: ix.id, at: ix.last_inbound_at });
}

function contentOf(event: InboundMessage): string | null {
  const { media, location, button, reaction, repliedTo, forwarded, referral } = event;
  if (!media && !location && !button && !reaction && !repliedTo && !forwarded && !referral) return null;
  return JSON.stringify({ media: toFetch(media), location, button, reaction, repliedTo, forwarded, referral });
}

/** The row as it was just inserted, so that it need not be read back. */
function newInteraction(
  id: string,
  account: string,
  contact: string,
  first: { message: string; text: string; type: string; now: number; address: string },
  look: number | null,
): InteractionRow {
  return {
    id,
    account_id: account,
    contact_id: contact,
    address: first.address,
    status: 'open',
    version: 1,
    agent: null,
    queue_id: null,
    tab_open: 0,
    unread: 1,
    priority: 0,
    tags: '[]',
    disposition: '[]',
    note: null,
    started_at: first.now,
    closed_at: null,
    closed_by: null,
    assigned_at: null,
    first_assigned_at: null,
    unanswered_since: first.now,
    last_inbound_at: first.now,
    last_inbound_id: first.message,
    last_message_id: first.message,
    last_message_at: first.now,
    last_message_text: first.text,
    last_message_type: first.type,
    last_message_direction: 'in',
    plan_position: 'none',
    plan_seq: 0,
    plan_message: '',
    plan_entries: '',
    step_node: null,
    step_kind: null,
    step_phase: null,
    step_queue: null,
    step_agent: null,
    step_since: null,
    step_deadline: null,
    step_accepting: 0,
    step_wired: '',
    step_output: null,
    step_handovers: 0,
    step_result: null,
    disposing: null,
    snoozed_until: null,
    auto_close_at: look,
    watched: 0,
    step_runtime: null,
  };
}
