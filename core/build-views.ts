import type { Selectable } from 'kysely';
import type { AccountTable, MessageTable } from '../store/schema.ts';
import { statement } from '../store/store.ts';
import type { AccountConfig, StepKind } from './api.ts';
import type { Ctx } from './context.ts';
import { closingRules } from './dispositions.ts';
import type { InteractionRow } from './interactions.ts';
import type { KeptMedia } from './media/content.ts';
import { optOutOf } from './opt-outs.ts';
import { iso, isoOrNull } from './time.ts';
import type { ContactView, InteractionView, MessageView, WhatsAppContext } from './views.ts';

export type AccountRow = Selectable<AccountTable> & { list: string };
export type MessageRow = Selectable<MessageTable>;

const configs = new WeakMap<AccountRow, AccountConfig>();

/** The account's settings as deployed. */
export function configOf(row: AccountRow): AccountConfig {
  let config = configs.get(row);
  if (!config) {
    config = JSON.parse(row.config) as AccountConfig;
    configs.set(row, config);
  }
  return config;
}

/** WhatsApp's customer service window, ms. */
export const WINDOW = 24 * 3_600_000;

export const windowClosesAt = (ix: { last_inbound_at: number | null }): number | null =>
  ix.last_inbound_at === null ? null : ix.last_inbound_at + WINDOW;

const accountById = statement<{ id: string }>()((db, p) =>
  db
    .selectFrom('account')
    .innerJoin('list', 'list.id', 'account.list_id')
    .selectAll('account')
    .select('list.name as list')
    .where('account.id', '=', p('id')),
);
/** The account of that id. Read once a transaction: what changes an account there drops it from `ctx.accounts`. */
export async function findAccount(ctx: Ctx, id: string): Promise<AccountRow | undefined> {
  let row = ctx.accounts.get(id) as AccountRow | undefined;
  if (!row) {
    row = await ctx.tx.first(accountById, { id });
    if (row) ctx.accounts.set(id, row);
  }
  return row;
}

const contactById = statement<{ id: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('contact')
    .innerJoin('list', 'list.id', 'contact.list_id')
    .select(['contact.id', 'contact.name', 'list.name as list'])
    .where('contact.id', '=', p('id')),
);
const addressesOf = statement<{ contact: string }>({ kept: true })((db, p) =>
  db.selectFrom('address').select(['address', 'kind']).where('contact_id', '=', p('contact')),
);

/** `address`: the one that the conversation uses. */
export async function contactView(ctx: Ctx, id: string, address: string): Promise<ContactView> {
  const contact = (await ctx.tx.first(contactById, { id })) ?? { id, name: address, list: '' };
  return viewOf(contact, address, await addressesOfContact(ctx, id));
}

export const addressesOfContact = (ctx: Ctx, contact: string) => ctx.tx.all(addressesOf, { contact });

export function viewOf(
  contact: { id: string; name: string; list: string },
  address: string,
  all: { address: string; kind: string }[],
): ContactView {
  return {
    id: contact.id,
    address,
    phone: all.find((a) => a.kind === 'phone')?.address ?? null,
    userId: all.find((a) => a.kind === 'user_id')?.address ?? null,
    name: contact.name,
    list: contact.list,
  };
}

const queueName = statement<{ id: string }>({ kept: true })((db, p) =>
  db.selectFrom('queue').select('name').where('id', '=', p('id')),
);
export async function nameOfQueue(ctx: Ctx, id: string | null): Promise<string | null> {
  return id === null ? null : ((await ctx.tx.first(queueName, { id }))?.name ?? null);
}

export async function interactionView(ctx: Ctx, ix: InteractionRow): Promise<InteractionView> {
  const account = await findAccount(ctx, ix.account_id);
  const optOut = await optOutOf(ctx, ix.contact_id, ix.account_id);
  return {
    id: ix.id,
    version: ix.version,
    status: ix.status,
    account: { id: ix.account_id, key: account?.key ?? '', name: account?.name ?? '' },
    contact: await contactView(ctx, ix.contact_id, ix.address),
    agent: ix.agent,
    queue: await nameOfQueue(ctx, ix.queue_id),
    tags: JSON.parse(ix.tags) as string[],
    disposition: JSON.parse(ix.disposition) as string[],
    unread: ix.unread,
    lastMessage:
      ix.last_message_id === null
        ? null
        : {
            id: ix.last_message_id,
            text: ix.last_message_text ?? '',
            type: ix.last_message_type as MessageView['type'],
            direction: ix.last_message_direction as string,
            at: iso(ix.last_message_at ?? ix.started_at),
          },
    startedAt: iso(ix.started_at),
    closedAt: isoOrNull(ix.closed_at),
    unansweredSince: isoOrNull(ix.unanswered_since),
    windowClosesAt: isoOrNull(windowClosesAt(ix)),
    tabOpen: ix.tab_open === 1,
    snoozedUntil: isoOrNull(ix.snoozed_until),
    waiting:
      ix.plan_position === 'at' && ix.step_kind !== null
        ? {
            node: ix.step_node,
            kind: ix.step_kind as StepKind,
            queue: await nameOfQueue(ctx, ix.step_queue),
            agent: ix.step_queue === null ? ix.step_agent : null,
            since: iso(ix.step_since ?? ctx.now),
            until: isoOrNull(ix.step_deadline),
          }
        : null,
    ...(ix.watched ? { closing: await closingOf(ctx, ix, account) } : {}),
    ...(optOut ? { optOut: { at: iso(optOut.at), by: optOut.source } } : {}),
  };
}

async function closingOf(ctx: Ctx, ix: InteractionRow, account?: AccountRow) {
  const { dispositions, mandatory } = await closingRules(ctx, ix, account);
  return { dispositions, mandatory };
}

interface Content {
  media?: KeptMedia[];
  location?: MessageView['location'];
  button?: MessageView['button'];
  reaction?: MessageView['reaction'];
  repliedTo?: string;
  forwarded?: MessageView['forwarded'];
  referral?: MessageView['referral'];
}

/** Media addresses of the provider stay here: what leaves is a path of this server. */
export function messageView(row: MessageRow): MessageView {
  const content = row.content ? (JSON.parse(row.content) as Content) : null;
  const view: MessageView = {
    id: row.id,
    version: row.version,
    interactionId: row.interaction_id,
    providerId: row.provider_id,
    direction: row.direction,
    type: row.type as MessageView['type'],
    text: row.text,
    media: (content?.media ?? []).map(({ source: _, hash: __, state = 'failed', ...m }, i) => ({
      url: `/whatsapp/api/media/${row.id}/${i}`,
      ...m,
      state,
    })),
    author: row.author,
    at: iso(row.at),
    status: row.status as MessageView['status'],
  };
  if (content?.location) view.location = content.location;
  if (content?.button) view.button = content.button;
  if (content?.reaction) view.reaction = content.reaction;
  if (content?.repliedTo) view.repliedTo = content.repliedTo;
  if (content?.forwarded) view.forwarded = content.forwarded;
  if (content?.referral) view.referral = content.referral;
  if (row.error_code !== null)
    view.error = { code: row.error_code, reason: row.error_reason as NonNullable<MessageView['error']>['reason'] };
  return view;
}

/** What a step refreshes in `msg.whatsapp`: only what it can have changed. */
export async function stepContext(
  ctx: Ctx,
  ix: InteractionRow,
): Promise<Pick<WhatsAppContext, 'interaction' | 'plan'>> {
  return {
    interaction: {
      id: ix.id,
      status: ix.status,
      agent: ix.agent,
      queue: await nameOfQueue(ctx, ix.queue_id),
      tags: JSON.parse(ix.tags) as string[],
      isNew: false,
      unread: ix.unread,
      windowClosesAt: isoOrNull(windowClosesAt(ix)),
    },
    plan: { id: '', seq: ix.plan_seq },
  };
}

/** The whole `msg.whatsapp` but the message. */
export async function fullContext(
  ctx: Ctx,
  ix: InteractionRow,
  account: AccountRow,
  plan: string,
  flags: { contact: boolean; interaction: boolean },
  contact?: ContactView,
): Promise<WhatsAppContext> {
  const step = await stepContext(ctx, ix);
  return {
    account: { id: account.id, key: account.key, name: account.name, phone: account.phone },
    contact: { ...(contact ?? (await contactView(ctx, ix.contact_id, ix.address))), isNew: flags.contact },
    interaction: { ...step.interaction, isNew: flags.interaction },
    plan: { id: plan, seq: ix.plan_seq },
  };
}
