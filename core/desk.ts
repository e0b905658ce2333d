import { statement } from '../store/store.ts';
import { type AgentRow, getAgent, isSupervisor, presenceOf, recount } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { findAccount, interactionView, messageView, nameOfQueue } from './build-views.ts';
import { audit, type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow, setAgent, setTabState } from './interactions.ts';
import { renderNotification } from './notification.ts';
import { endInteraction } from './plan/end.ts';
import { assign, checkCapacity } from './routing/answer.ts';
import { isMember } from './routing/eligible.ts';
import type { OfferRow } from './routing/offers.ts';
import { iso, isoOrNull } from './time.ts';
import type { DeskAccount, DeskView, InteractionView, OfferView } from './views.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

// What an agent may see, and may do

const ringsFor = statement<{ interaction: string; agent: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .select('id')
    .where('agent', '=', p('agent'))
    .where('state', '=', lit('ringing'))
    .where('interaction_id', '=', p('interaction')),
);
const contactWith = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('contact_id', '=', p('contact'))
    .where('status', '=', lit('open'))
    .where('agent', '=', p('agent'))
    .limit(1),
);
const contactOffered = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .innerJoin('interaction', 'interaction.id', 'offer.interaction_id')
    .select('offer.id')
    .where('offer.agent', '=', p('agent'))
    .where('offer.state', '=', lit('ringing'))
    .where('interaction.contact_id', '=', p('contact'))
    .limit(1),
);

const contactFree = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('interaction.id')
    .where('contact_id', '=', p('contact'))
    .where('status', '=', lit('open'))
    .where('agent', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('member')
          .select('member.username')
          .where('member.kind', '=', 'account')
          .whereRef('member.target', '=', 'interaction.account_id')
          .where((m) => m.or([m('member.username', '=', p('agent')), m('member.username', '=', '*')])),
      ),
    )
    .limit(1),
);

/** Assigned or offered to them, unassigned in their accounts, or an earlier one of a contact they may see; supervisors see all. */
async function maySee(ctx: Ctx, agent: AgentRow, ix: InteractionRow): Promise<boolean> {
  if (isSupervisor(agent) || ix.agent === agent.username) return true;
  if (await ctx.tx.first(ringsFor, { interaction: ix.id, agent: agent.username })) return true;
  if (ix.status === 'open' && ix.agent === null && (await isMember(ctx, 'account', ix.account_id, agent.username)))
    return true;
  const of = { contact: ix.contact_id, agent: agent.username };
  for (const way of [contactWith, contactOffered, contactFree]) if (await ctx.tx.first(way, of)) return true;
  return false;
}

/** @throws CoreError 404 `not_found`, 403 `forbidden` */
async function visible(ctx: Ctx, id: string, username: string): Promise<{ ix: InteractionRow; agent: AgentRow }> {
  const agent = await getAgent(ctx, username);
  const ix = await getInteraction(ctx, id);
  if (!(await maySee(ctx, agent, ix))) throw new CoreError('forbidden', 403, 'You may not see this interaction.');
  return { ix, agent };
}

/** Seeing is not acting. @throws CoreError 409 `not_assigned` */
export async function actionable(
  ctx: Ctx,
  id: string,
  username: string,
): Promise<{ ix: InteractionRow; agent: AgentRow }> {
  const found = await visible(ctx, id, username);
  if (found.ix.agent !== username && !isSupervisor(found.agent))
    throw new CoreError('not_assigned', 409, 'This interaction is not assigned to you.', { agent: found.ix.agent });
  return found;
}

/** @throws CoreError 409 `interaction_closed` */
function mustBeOpen(ix: InteractionRow): void {
  if (ix.status === 'closed') throw new CoreError('interaction_closed', 409, 'The interaction was closed.');
}

// Reading

const textOf = statement<{ id: string }>()((db, p) =>
  db.selectFrom('message').select('text').where('id', '=', p('id')),
);

/** What the contact wrote last: the plan may have answered since. */
async function lastWritten(ctx: Ctx, ix: InteractionRow): Promise<string> {
  if (ix.last_message_direction === 'in' || ix.last_inbound_id === null) return ix.last_message_text ?? '';
  return (await ctx.tx.first(textOf, { id: ix.last_inbound_id }))?.text ?? '';
}

export async function offerView(ctx: Ctx, offer: OfferRow, ix: InteractionRow): Promise<OfferView> {
  const interaction = await interactionView(ctx, ix);
  const account = await findAccount(ctx, ix.account_id);
  const queue = await nameOfQueue(ctx, offer.queue_id);
  const config = JSON.parse(account?.config ?? '{}') as { template?: string; sound?: boolean; shake?: boolean };
  return {
    id: offer.id,
    interaction,
    queue,
    createdAt: iso(offer.created_at),
    expiresAt: isoOrNull(offer.expires_at),
    notification: {
      text: renderNotification(config.template ?? '', {
        interaction,
        message: await lastWritten(ctx, ix),
        phone: account?.phone ?? '',
        queue,
        agent: offer.agent,
        now: ctx.now,
      }),
      sound: config.sound ?? true,
      shake: config.shake ?? true,
    },
  };
}

const ringing = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .selectAll()
    .where('agent', '=', p('agent'))
    .where('state', '=', lit('ringing'))
    .orderBy('created_at'),
);
const mine = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('agent', '=', p('agent'))
    .where('status', '=', lit('open'))
    .orderBy('assigned_at')
    .limit(500),
);
const unassigned = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('account_id', '=', p('account'))
    .where('status', '=', lit('open'))
    .where('agent', 'is', lit(null))
    .orderBy('started_at')
    .limit(100),
);
const accountsOf = statement<{ agent: string; all: number }>()((db, p) =>
  db
    .selectFrom('account')
    .selectAll()
    .where('removed_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb(eb.val(p('all')), '=', 1),
        eb.exists(
          eb
            .selectFrom('member')
            .select('member.username')
            .where('member.kind', '=', 'account')
            .whereRef('member.target', '=', 'account.id')
            .where((m) => m.or([m('member.username', '=', p('agent')), m('member.username', '=', '*')])),
        ),
      ]),
    )
    .orderBy('key'),
);
const pauseNames = statement()((db) => db.selectFrom('pause').select('name').orderBy('name'));
const globalAnswers = statement()((db) =>
  db.selectFrom('canned_answer').select(['shortcut', 'text']).where('account_id', 'is', null).orderBy('shortcut'),
);
/** Waiting is counted to this many; a desk needs no more. */
const COUNTED = 1000;
const queueLoad = statement<{ agent: string; all: number }>()((db, p) =>
  db
    .selectFrom('queue')
    .select((eb) => [
      'queue.name',
      eb
        .selectFrom(
          eb
            .selectFrom('interaction')
            .select('interaction.id')
            .whereRef('interaction.step_queue', '=', 'queue.id')
            .where('interaction.step_accepting', '=', lit(1))
            .limit(COUNTED)
            .as('w'),
        )
        .select((c) => c.fn.countAll<number>().as('n'))
        .as('waiting'),
      eb
        .selectFrom('interaction')
        .whereRef('interaction.step_queue', '=', 'queue.id')
        .where('interaction.step_accepting', '=', lit(1))
        .select((c) => c.fn.min('interaction.step_since').as('since'))
        .as('since'),
    ])
    .where('queue.removed_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb(eb.val(p('all')), '=', 1),
        eb.exists(
          eb
            .selectFrom('member')
            .select('member.username')
            .where('member.kind', '=', 'queue')
            .whereRef('member.target', '=', 'queue.id')
            .where((m) => m.or([m('member.username', '=', p('agent')), m('member.username', '=', '*')])),
        ),
      ]),
    )
    .orderBy('queue.name'),
);

/** Per queue of the agent how many wait and since when (seconds). */
export async function queuesView(ctx: Ctx, agent: AgentRow): Promise<DeskView['queues']> {
  const rows = await ctx.tx.all(queueLoad, { agent: agent.username, all: isSupervisor(agent) ? 1 : 0 });
  return rows.map((r) => ({
    name: r.name,
    waiting: Number(r.waiting),
    longestWait: r.since == null ? 0 : Math.max(0, Math.round((ctx.now - Number(r.since)) / 1000)),
  }));
}

export async function desk(ctx: Ctx, input: In<'desk'>): Out<'desk'> {
  const agent = await getAgent(ctx, input.username);
  const views = async (rows: InteractionRow[]): Promise<InteractionView[]> => {
    const result: InteractionView[] = [];
    for (const row of rows) result.push(await interactionView(ctx, row));
    return result;
  };
  const offers: OfferView[] = [];
  for (const offer of await ctx.tx.all(ringing, { agent: agent.username }))
    offers.push(await offerView(ctx, offer, await getInteraction(ctx, offer.interaction_id)));
  const assigned = await ctx.tx.all(mine, { agent: agent.username });
  const accounts = await ctx.tx.all(accountsOf, { agent: agent.username, all: isSupervisor(agent) ? 1 : 0 });
  const free: InteractionRow[] = [];
  for (const a of accounts) free.push(...(await ctx.tx.all(unassigned, { account: a.id })));
  const canned: DeskView['cannedAnswers'] = (await ctx.tx.all(globalAnswers, {})).map((c) => ({ ...c, account: null }));
  const deskAccounts: DeskAccount[] = [];
  for (const a of accounts) {
    const c = JSON.parse(a.config) as {
      color: string;
      mandatoryDisposition: boolean;
      dispositions: unknown[];
      cannedAnswers: { shortcut: string; text: string }[];
    };
    for (const answer of c.cannedAnswers ?? []) canned.push({ ...answer, account: a.key });
    deskAccounts.push({
      id: a.id,
      key: a.key,
      name: a.name,
      color: c.color,
      mandatoryDisposition: c.mandatoryDisposition,
      dispositions: c.dispositions ?? [],
    });
  }
  const pauses = (await ctx.tx.all(pauseNames, {})).map((r) => r.name);
  return {
    agent: {
      username: agent.username,
      name: agent.name,
      role: agent.role as DeskView['agent']['role'],
      capacity: agent.capacity,
    },
    presence: presenceOf(agent),
    pauses: pauses.length > 0 ? pauses : DEFAULT_PAUSES,
    offers,
    tabs: await views(assigned.filter((r) => r.tab_open)),
    assigned: await views(assigned.filter((r) => !r.tab_open)),
    unassigned: await views(free.sort((a, b) => a.started_at - b.started_at)),
    queues: await queuesView(ctx, agent),
    cannedAnswers: canned,
    accounts: deskAccounts,
  };
}

/** Pause reasons until an administrator makes others. */
const DEFAULT_PAUSES = ['Break', 'Lunch', 'Training'];

export async function interaction(ctx: Ctx, input: In<'interaction'>): Out<'interaction'> {
  return interactionView(ctx, (await visible(ctx, input.interaction, input.username)).ix);
}

const page = statement<{ interaction: string; before: string; limit: number }>()((db, p) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('interaction_id', '=', p('interaction'))
    .where('id', '<', p('before'))
    .orderBy('id', 'desc')
    .limit(p('limit')),
);

export async function messages(ctx: Ctx, input: In<'messages'>): Out<'messages'> {
  const { ix } = await visible(ctx, input.interaction, input.username);
  const limit = Math.min(Math.max(input.limit ?? 50, 1), 200);
  const rows = await ctx.tx.all(page, { interaction: ix.id, before: input.before ?? '~', limit: limit + 1 });
  return { messages: rows.slice(0, limit).reverse().map(messageView), more: rows.length > limit };
}

// Acting

export async function take(ctx: Ctx, input: In<'take'>): Out<'take'> {
  const agent = await getAgent(ctx, input.username);
  const ix = await getInteraction(ctx, input.interaction);
  if (ix.status === 'open' && ix.agent === input.username) return openTab(ctx, ix, agent);
  if (!isSupervisor(agent)) {
    if (!(await isMember(ctx, 'account', ix.account_id, agent.username)))
      throw new CoreError('forbidden', 403, 'You are not an agent of this account.');
    // They saw it in their list a moment ago: a colleague was faster, which is no lack of permission.
    if (ix.status === 'open' && ix.agent !== null)
      throw new CoreError('already_assigned', 409, 'A colleague has it.', { agent: ix.agent });
  }
  mustBeOpen(ix);
  await checkCapacity(ctx, agent);
  await assign(ctx, ix, input.username, ix.plan_position === 'at' ? ix.step_queue : null);
  return { interaction: await interactionView(ctx, ix) };
}

export async function release(ctx: Ctx, input: In<'release'>): Out<'release'> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  const agent = ix.agent;
  if (agent === null) return { interaction: await interactionView(ctx, ix) };
  await setAgent(ctx, ix, null, false, null);
  await audit(ctx, 'interaction-released', input.username, {
    account: ix.account_id,
    interaction: ix.id,
    data: { agent },
  });
  return { interaction: await interactionView(ctx, ix) };
}

async function openTab(ctx: Ctx, ix: InteractionRow, agent: AgentRow): Out<'setTab'> {
  if (ix.tab_open) return { interaction: await interactionView(ctx, ix) };
  await checkCapacity(ctx, agent);
  await setTabState(ctx, ix, true);
  // The customer wrote and `wa-route` asks the agent: opening the tab is the answer.
  if (ix.plan_position === 'at' && ix.step_kind === 'route') await assign(ctx, ix, agent.username, null);
  await recount(ctx, agent.username);
  return { interaction: await interactionView(ctx, ix) };
}

export async function setTab(ctx: Ctx, input: In<'setTab'>): Out<'setTab'> {
  const { ix, agent } = await actionable(ctx, input.interaction, input.username);
  if (input.open) {
    mustBeOpen(ix);
    if (ix.agent !== agent.username)
      throw new CoreError('not_assigned', 409, 'This interaction is not assigned to you.', { agent: ix.agent });
    return openTab(ctx, ix, agent);
  }
  if (ix.tab_open) {
    await setTabState(ctx, ix, false);
    if (ix.agent) await recount(ctx, ix.agent);
  }
  return { interaction: await interactionView(ctx, ix) };
}

const setRead = statement<{ id: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ unread: 0, version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

/** Only the one who answers reads; a supervisor who looks leaves no trace. */
export async function markRead(ctx: Ctx, input: In<'markRead'>): Out<'markRead'> {
  const { ix } = await visible(ctx, input.interaction, input.username);
  if (ix.unread > 0 && ix.agent === input.username) {
    await ctx.tx.run(setRead, { id: ix.id });
    ix.unread = 0;
    ix.version++;
    ctx.changes.interactions.add(ix.id);
  }
  return { interaction: await interactionView(ctx, ix) };
}

const setClosed = statement<{ id: string; now: number; by: string; disposition: string; note: string | null }>()(
  (db, p) =>
    db
      .updateTable('interaction')
      .set((eb) => ({
        status: 'closed',
        closed_at: p('now'),
        closed_by: p('by'),
        disposition: p('disposition'),
        note: p('note'),
        tab_open: 0,
        unread: 0,
        unanswered_since: null,
        version: eb('version', '+', 1),
      }))
      .where('id', '=', p('id'))
      .where('status', '=', 'open'),
);

interface Disposition {
  name: string;
  children?: Disposition[];
}

/** Whether a path of names leads through the tree. */
function isInTree(tree: Disposition[], path: string[]): boolean {
  let level: Disposition[] | undefined = tree;
  for (const name of path) {
    const found: Disposition | undefined = level?.find((d) => d.name === name);
    if (!found) return false;
    level = found.children;
  }
  return true;
}

export async function closeInteraction(ctx: Ctx, input: In<'closeInteraction'>): Out<'closeInteraction'> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  if (input.lastMessageId !== undefined && ix.last_inbound_id !== null && input.lastMessageId < ix.last_inbound_id)
    throw new CoreError('new_message', 409, 'The customer has written meanwhile.', {
      lastMessageId: ix.last_inbound_id,
    });
  const account = await findAccount(ctx, ix.account_id);
  const config = JSON.parse(account?.config ?? '{}') as {
    dispositions?: Disposition[];
    mandatoryDisposition?: boolean;
  };
  const path = input.disposition ?? [];
  const tree = config.dispositions ?? [];
  if (path.length > 0 && !isInTree(tree, path))
    throw new CoreError('unknown_disposition', 422, `There is no disposition ${path.join(' › ')} for this account.`);
  if (path.length === 0 && tree.length > 0 && config.mandatoryDisposition)
    throw new CoreError('disposition_required', 422, 'This account asks for a disposition at closing.', {
      dispositions: tree,
    });
  const agent = ix.agent;
  await ctx.tx.run(setClosed, {
    id: ix.id,
    now: ctx.now,
    by: input.username,
    disposition: JSON.stringify(path),
    note: input.note ?? null,
  });
  await endInteraction(ctx, ix, 'closed');
  await audit(ctx, 'interaction-closed', input.username, { account: ix.account_id, interaction: ix.id });
  if (path.length > 0)
    await audit(ctx, 'disposed', input.username, {
      account: ix.account_id,
      interaction: ix.id,
      data: { disposition: path },
    });
  if (agent) await recount(ctx, agent);
  else ctx.changes.reassigned.add(ix.id);
  ctx.changes.interactions.add(ix.id);
  return { interaction: await interactionView(ctx, await getInteraction(ctx, ix.id)) };
}
