import { MAX_TEXT, type ProviderName } from '../providers/provider.ts';
import { newId } from '../store/ids.ts';
import type { OutgoingTable } from '../store/schema.ts';
import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { type Commands, CoreError, type Said, type SendJob } from './api.ts';
import { type AccountRow, configOf, findAccount, type MessageRow, messageView, windowClosesAt } from './build-views.ts';
import type { Ctx } from './context.ts';
import type { InteractionRow } from './interactions.ts';
import { mediaOf } from './media/content.ts';
import { keepFiles } from './media/files.ts';
import { checkOptOut } from './opt-outs.ts';
import { accountTurn, contactTurn } from './pace.ts';
import { assign } from './routing/answer.ts';
import { putOff } from './sent.ts';
import { insteadOf, useTemplate } from './templates.ts';
import type { MessageView } from './views.ts';

/** A claimed message whose process does not answer for this long (ms) is ambiguous. */
const LEASE = 60_000;
/** Messages of one account that several runtimes together have at the provider. */
const AT_PROVIDER = 20;

const insertMessage = statement<{
  id: string;
  interaction: string;
  type: string;
  text: string;
  content: string | null;
  author: string;
  now: number;
}>({ blind: true })((db, p) =>
  db.insertInto('message').values({
    id: p('id'),
    interaction_id: p('interaction'),
    version: 1,
    provider_id: null,
    direction: 'out',
    type: p('type'),
    text: p('text'),
    content: p('content'),
    author: p('author'),
    at: p('now'),
    status: 'queued',
  }),
);
const insertOutgoing = statement<{ message: string; account: string; contact: string; now: number }>({ blind: true })(
  (db, p) =>
    db.insertInto('outgoing').values({
      message_id: p('message'),
      account_id: p('account'),
      contact_id: p('contact'),
      state: 'queued',
      due_at: p('now'),
      attempts: 0,
    }),
);
const noteOutbound = statement<{ id: string; message: string; text: string; type: string; now: number }>({
  row: 'id',
  blind: true,
})((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      version: eb('version', '+', 1),
      unanswered_since: null,
      last_message_id: p('message'),
      last_message_at: p('now'),
      last_message_text: p('text'),
      last_message_type: p('type'),
      last_message_direction: 'out',
    }))
    .where('id', '=', p('id')),
);
const messageById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('message').selectAll().where('id', '=', p('id')),
);
const recall = statement<{ scope: string; key: string }>()((db, p) =>
  db.selectFrom('idempotency').select('message_id').where('scope', '=', p('scope')).where('key', '=', p('key')),
);
const remember = statement<{ scope: string; key: string; message: string; now: number }>()((db, p) =>
  db.insertInto('idempotency').values({ scope: p('scope'), key: p('key'), message_id: p('message'), at: p('now') }),
);

export async function getMessage(ctx: Ctx, id: string): Promise<MessageRow> {
  const row = await ctx.tx.first(messageById, { id });
  if (!row) throw new CoreError('not_found', 404, `There is no message ${id}.`);
  return row;
}

/** @throws CoreError 409 `window_closed` if the contact's last message is too old, or there is none */
export function checkWindow(ctx: Ctx, ix: { last_inbound_at: number | null } | undefined): void {
  const closes = ix ? windowClosesAt(ix) : null;
  if (closes === null || closes <= ctx.now)
    throw new CoreError('window_closed', 409, 'The 24-hour window is closed: only a template may be sent.');
}

/** @throws CoreError 422 `too_long`: the provider would refuse it */
export function checkText(account: AccountRow, text: string): void {
  const longest = MAX_TEXT[account.provider as ProviderName];
  const length = [...text].length;
  if (length > longest)
    throw new CoreError('too_long', 422, `A message has at most ${longest} characters, this one ${length}.`, {
      longest,
    });
}

export const windowOpen = (ctx: Ctx, ix: { last_inbound_at: number | null } | undefined): boolean =>
  ((ix && windowClosesAt(ix)) ?? 0) > ctx.now;

/** What is to be sent: free content, or a template that is looked up here. */
export interface Outgoing {
  author: string;
  type: string;
  text: string;
  content: SendJob['content'];
  template?: { id: string; variables?: Record<string, string> } | undefined;
  /** Of the message; made here if it is not given. */
  id?: string | undefined;
}

/** Queues a message for sending. Opt-out, window and template are checked here, before anything is written. */
export async function enqueue(
  ctx: Ctx,
  ix: InteractionRow,
  { template, id = newId(ctx.now), ...given }: Outgoing,
): Promise<string> {
  mustBeOpen(ix);
  await checkOptOut(ctx, ix.contact_id, ix.account_id);
  const open = windowOpen(ctx, ix);
  const { windowTemplate = '' } = configOf((await findAccount(ctx, ix.account_id)) as AccountRow);
  let says = given;
  if (template) says = { ...given, type: 'text', ...(await useTemplate(ctx, ix.account_id, template, open)) };
  else if (!open && given.type === 'text' && windowTemplate !== '')
    says = { ...given, ...(await insteadOf(ctx, ix.account_id, windowTemplate, given.text)) };
  else checkWindow(ctx, ix);
  const m = { ...says, content: says.content ? JSON.stringify(says.content) : null };
  await ctx.tx.run(insertMessage, { id, interaction: ix.id, now: ctx.now, ...m });
  const media = mediaOf(m);
  if (media.length > 0) await keepFiles(ctx, ix.account_id, id, media);
  await ctx.tx.run(insertOutgoing, { message: id, account: ix.account_id, contact: ix.contact_id, now: ctx.now });
  await ctx.tx.run(noteOutbound, { id: ix.id, message: id, text: m.text.slice(0, 200), type: m.type, now: ctx.now });
  ctx.changes.messages.set(id, { event: 'message' });
  ctx.changes.interactions.add(ix.id);
  ctx.effects.push({ kind: 'outgoing', account: ix.account_id, at: ctx.now });
  return id;
}

/**
 * What an agent wrote or chose.
 * @throws CoreError 422 `too_long`
 */
export async function saidBy(ctx: Ctx, account: string, author: string, said: Said): Promise<Outgoing> {
  if (said.template) return { author, type: 'text', text: '', content: null, template: said.template };
  checkText((await findAccount(ctx, account)) as AccountRow, said.text);
  return { author, type: 'text', text: said.text, content: null };
}

const deskScope = (username: string, interaction: string): string => `desk ${username} ${interaction}`;

/** What a desk got for the same key before. */
export async function firstAnswer(
  ctx: Ctx,
  username: string,
  interaction: string,
  key: string | undefined,
): Promise<MessageView | undefined> {
  if (!key) return undefined;
  const first = await ctx.tx.first(recall, { scope: deskScope(username, interaction), key });
  return first && messageView(await getMessage(ctx, first.message_id));
}

export async function keepAnswer(
  ctx: Ctx,
  username: string,
  interaction: string,
  key: string | undefined,
  message: string,
): Promise<void> {
  if (key) await ctx.tx.run(remember, { scope: deskScope(username, interaction), key, message, now: ctx.now });
}

/** Answering counts as accepting what the agent is asked. */
export async function answered(ctx: Ctx, ix: InteractionRow, username: string): Promise<void> {
  if (ix.agent === username && ix.plan_position === 'at' && (ix.step_kind === 'route' || ix.step_kind === 'return'))
    await assign(ctx, ix, username, null);
}

/** From the desk. */
export async function sendMessage(ctx: Ctx, input: Commands['sendMessage'][0]): Promise<{ message: MessageView }> {
  const { username, idempotencyKey: key } = input;
  const first = await firstAnswer(ctx, username, input.interaction, key);
  if (first) return { message: first };
  const { ix, agent } = await actionable(ctx, input.interaction, input.username);
  const id = await enqueue(ctx, ix, await saidBy(ctx, ix.account_id, agent.username, input));
  await keepAnswer(ctx, username, ix.id, key, id);
  await answered(ctx, ix, username);
  return { message: messageView(await getMessage(ctx, id)) };
}

export async function message(ctx: Ctx, input: Commands['message'][0]): Promise<MessageView> {
  return messageView(await getMessage(ctx, input.message));
}

const due = statement<{ account: string; now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('outgoing')
    .innerJoin('message', 'message.id', 'outgoing.message_id')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .select([
      'outgoing.message_id',
      'outgoing.account_id',
      'outgoing.contact_id',
      'outgoing.attempts',
      'message.type',
      'message.text',
      'message.content',
      'interaction.address',
    ])
    .where('outgoing.account_id', '=', p('account'))
    .where('outgoing.state', '=', 'queued')
    .where('outgoing.due_at', '<=', p('now'))
    // In order per contact of the account: never while an earlier one is queued or on its way. Another number's are another conversation.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('outgoing as earlier')
            .select('earlier.message_id')
            .whereRef('earlier.contact_id', '=', 'outgoing.contact_id')
            .whereRef('earlier.account_id', '=', 'outgoing.account_id')
            .whereRef('earlier.message_id', '<', 'outgoing.message_id'),
        ),
      ),
    )
    .orderBy('outgoing.due_at')
    .orderBy('outgoing.message_id')
    .limit(p('limit')),
);
const claim = statement<{ message: string; lease: number; to: string; now: number }>()((db, p) =>
  db
    .updateTable('outgoing')
    .set((eb) => ({
      state: 'sending',
      lease_until: p('lease'),
      tried_at: p('now'),
      sent_to: p('to'),
      attempts: eb('attempts', '+', 1),
    }))
    .where('message_id', '=', p('message')),
);
const nextDue = statement<{ account: string; now: number }>()((db, p) =>
  db
    .selectFrom('outgoing')
    .select((eb) => eb.fn.min('due_at').as('at'))
    .where('account_id', '=', p('account'))
    .where('state', '=', 'queued')
    .where('due_at', '>', p('now')),
);
const addressesOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('address').select(['address', 'kind']).where('contact_id', '=', p('contact')),
);

export async function claimOutgoing(ctx: Ctx, input: Commands['claimOutgoing'][0]): Promise<SendJob[]> {
  const jobs: SendJob[] = [];
  for (const id of input.accounts) {
    const account = await findAccount(ctx, id);
    const limit = Math.min(input.limit - jobs.length, account ? await roomAt(ctx, id, input.limit) : 0);
    if (account && limit > 0) jobs.push(...(await claimOf(ctx, account, limit)));
    if (jobs.length >= input.limit) break;
  }
  return jobs;
}

const underWay = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('outgoing')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', p('account'))
    .where('state', '=', 'sending'),
);

/** Of several runtimes all together have at most as many messages of an account at the provider as one alone would. */
async function roomAt(ctx: Ctx, account: string, most: number): Promise<number> {
  if (ctx.settings.runtime === undefined) return most;
  return AT_PROVIDER - Number((await ctx.tx.first(underWay, { account }))?.n ?? 0);
}

/** What one account may send now; says when to ask again if something has to wait for its time. */
async function claimOf(ctx: Ctx, account: AccountRow, limit: number): Promise<SendJob[]> {
  const turn = await accountTurn(ctx, account);
  const most = Math.min(limit, turn.free);
  const jobs: SendJob[] = [];
  let looked = most;
  let found = most;
  // Whose contact has to wait makes room for another's.
  while (jobs.length < most && found === looked) {
    looked = most - jobs.length;
    const rows = await ctx.tx.all(due, { account: account.id, now: ctx.now, limit: looked });
    found = rows.length;
    for (const row of rows) {
      const contact = await contactTurn(ctx, account, row.contact_id);
      if (contact?.free === 0) {
        await putOff(ctx, row.message_id, contact.nextAfter(0));
        continue;
      }
      await contact?.take(1);
      jobs.push(await claimed(ctx, row));
    }
  }
  await turn.take(jobs.length);
  const { id } = account;
  if (turn.free < limit && jobs.length === turn.free) {
    const [waits] = await ctx.tx.all(due, { account: id, now: ctx.now, limit: 1 });
    if (waits) ctx.effects.push({ kind: 'outgoing', account: id, at: turn.nextAfter(jobs.length), hold: true });
  }
  const next = (await ctx.tx.first(nextDue, { account: id, now: ctx.now }))?.at ?? null;
  if (next !== null) ctx.effects.push({ kind: 'outgoing', account: id, at: Number(next) });
  return jobs;
}

async function claimed(
  ctx: Ctx,
  row: Pick<OutgoingTable, 'message_id' | 'account_id' | 'contact_id' | 'attempts'> &
    Pick<MessageRow, 'type' | 'text' | 'content'> & { address: string },
): Promise<SendJob> {
  await ctx.tx.run(claim, { message: row.message_id, lease: ctx.now + LEASE, to: row.address, now: ctx.now });
  return {
    message: row.message_id,
    account: row.account_id,
    contact: row.contact_id,
    to: await recipientOf(ctx, row.contact_id, row.address),
    type: row.type as SendJob['type'],
    text: row.text,
    content: row.content ? (JSON.parse(row.content) as SendJob['content']) : null,
    attempts: row.attempts + 1,
  };
}

/** All that is known of where a message is to go. */
export async function recipientOf(ctx: Ctx, contact: string, address: string): Promise<SendJob['to']> {
  const addresses = await ctx.tx.all(addressesOf, { contact });
  const to: SendJob['to'] = { address };
  const phone = addresses.find((a) => a.kind === 'phone')?.address;
  const userId = addresses.find((a) => a.kind === 'user_id')?.address;
  if (phone) to.phone = phone;
  if (userId) to.userId = userId;
  return to;
}

const waitingAccounts = statement()((db) =>
  db
    .selectFrom('outgoing')
    .select((eb) => ['account_id', eb.fn.min('due_at').as('at')])
    .where('state', '=', 'queued')
    .groupBy('account_id'),
);

/** Wakes the senders of what was queued before a stop. */
export async function wakeSenders(ctx: Ctx): Promise<void> {
  for (const r of await ctx.tx.all(waitingAccounts, {}))
    ctx.effects.push({ kind: 'outgoing', account: r.account_id, at: Number(r.at) });
}
