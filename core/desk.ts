import { MAX_TEXT, type ProviderName } from '../providers/provider.ts';
import { statement } from '../store/store.ts';
import { visible } from './access.ts';
import { answersOf } from './administration/canned-answers.ts';
import { getAgent, presenceOf } from './agents.ts';
import type { Commands } from './api.ts';
import { findAccount, interactionView, messageView, nameOfQueue } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { renderNotification } from './notification.ts';
import { queuesView } from './queue-load.ts';
import { isSupervisor } from './roles.ts';
import { hasMember } from './routing/eligible.ts';
import type { OfferRow } from './routing/offers.ts';
import { iso, isoOrNull } from './time.ts';
import type { DeskAccount, DeskView, InteractionView, OfferView } from './views.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const textOf = statement<{ id: string }>()((db, p) =>
  db.selectFrom('message').select('text').where('id', '=', p('id')),
);

/** What the contact wrote last: the plan may have answered since. */
export async function lastWritten(ctx: Ctx, ix: InteractionRow): Promise<string> {
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
    .where((eb) => eb.or([eb(eb.val(p('all')), '=', 1), hasMember('account', 'account.id', p('agent'))]))
    .orderBy('key'),
);
const pauseNames = statement()((db) => db.selectFrom('pause').select('name').orderBy('name'));
const listNames = statement()((db) => db.selectFrom('list').select('name').orderBy('name'));
const globalAnswers = statement()((db) =>
  db.selectFrom('canned_answer').select(['shortcut', 'text']).where('account_id', 'is', null).orderBy('shortcut'),
);
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
    const c = JSON.parse(a.config) as { color: string; mandatoryDisposition: boolean; dispositions: unknown[] };
    for (const { shortcut, text } of await answersOf(ctx, a)) canned.push({ shortcut, text, account: a.key });
    deskAccounts.push({
      id: a.id,
      key: a.key,
      name: a.name,
      color: c.color,
      mandatoryDisposition: c.mandatoryDisposition,
      dispositions: c.dispositions ?? [],
      maxText: MAX_TEXT[a.provider as ProviderName],
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
    disposing: assigned.filter((r) => r.disposing === agent.username).map((r) => r.id),
    queues: await queuesView(ctx, agent),
    cannedAnswers: canned,
    lists: (await ctx.tx.all(listNames, {})).map((r) => r.name),
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
