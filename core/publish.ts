import { statement } from '../store/store.ts';
import { presenceOf } from './agents.ts';
import { interactionView, messageView } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { offerView, queuesView } from './desk.ts';
import type { InteractionRow } from './interactions.ts';
import { isSupervisor } from './roles.ts';
import { findOffer } from './routing/offers.ts';
import type { InteractionView } from './views.ts';

const connected = statement()((db) => db.selectFrom('agent').selectAll().where('connections', '>', lit(0)));
const interactionById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('interaction').selectAll().where('id', '=', p('id')),
);
const messageById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('message').selectAll().where('id', '=', p('id')),
);
const ringingAgents = statement<{ interaction: string; seq: number }>()((db, p) =>
  db
    .selectFrom('offer')
    .select('agent')
    .where('interaction_id', '=', p('interaction'))
    .where('seq', '=', p('seq'))
    .where('state', '=', 'ringing'),
);
const accountMembers = statement<{ account: string }>()((db, p) =>
  db.selectFrom('member').select('username').where('kind', '=', 'account').where('target', '=', p('account')),
);
const agentByName = statement<{ username: string }>()((db, p) =>
  db.selectFrom('agent').selectAll().where('username', '=', p('username')),
);

/** Accounts whose members were asked for in this transaction. */
type Members = Map<string, Set<string>>;

async function membersOf(ctx: Ctx, cache: Members, account: string): Promise<Set<string>> {
  let members = cache.get(account);
  if (!members) {
    members = new Set((await ctx.tx.all(accountMembers, { account })).map((m) => m.username));
    cache.set(account, members);
  }
  return members;
}

/**
 * Turns what changed in a transaction into events for the desks that are connected and may see it. Each changed thing is read once,
 * however often it changed; without a connected desk nothing is read at all.
 */
export async function publish(ctx: Ctx): Promise<void> {
  const { changes } = ctx;
  if (
    changes.interactions.size === 0 &&
    changes.merged.size === 0 &&
    changes.messages.size === 0 &&
    changes.offersMade.size === 0 &&
    changes.offersEnded.length === 0 &&
    changes.presence.size === 0
  )
    return;
  const agents = await ctx.tx.all(connected, {});
  if (agents.length === 0) return;
  const online = new Set(agents.map((a) => a.username));
  const supervisors = agents.filter(isSupervisor).map((a) => a.username);
  const members: Members = new Map();
  const rows = new Map<string, InteractionRow | undefined>();
  const rowOf = async (id: string): Promise<InteractionRow | undefined> => {
    if (!rows.has(id)) rows.set(id, await ctx.tx.first(interactionById, { id }));
    return rows.get(id);
  };
  const membersOnline = async (account: string): Promise<string[]> => {
    const of = await membersOf(ctx, members, account);
    return of.has('*') ? [...online] : [...online].filter((a) => of.has(a));
  };
  const readers = new Map<string, Set<string>>();
  /** The content of a conversation goes only to who may read it. */
  const readersOf = async (ix: InteractionRow): Promise<Set<string>> => {
    let to = readers.get(ix.id);
    if (to) return to;
    to = new Set(supervisors);
    if (ix.agent !== null && online.has(ix.agent)) to.add(ix.agent);
    if (ix.plan_position === 'at')
      for (const { agent } of await ctx.tx.all(ringingAgents, { interaction: ix.id, seq: ix.plan_seq }))
        if (online.has(agent)) to.add(agent);
    if (ix.status === 'open' && ix.agent === null) for (const a of await membersOnline(ix.account_id)) to.add(a);
    readers.set(ix.id, to);
    return to;
  };

  for (const { id, agent, reason } of changes.offersEnded)
    if (online.has(agent))
      ctx.effects.push({ kind: 'publish', to: [agent], event: 'offer-ended', data: { id, reason } });
  for (const ix of changes.merged.values()) {
    const to = new Set([...(await readersOf(ix)), ...(ix.agent === null ? await membersOnline(ix.account_id) : [])]);
    const data = withoutContent(await interactionView(ctx, ix));
    if (to.size > 0) ctx.effects.push({ kind: 'publish', to: [...to], event: 'interaction', data });
  }
  for (const id of changes.interactions) {
    const ix = await rowOf(id);
    if (!ix) continue;
    const to = await readersOf(ix);
    const others = changes.reassigned.has(id) ? (await membersOnline(ix.account_id)).filter((a) => !to.has(a)) : [];
    if (to.size === 0 && others.length === 0) continue;
    const data = await interactionView(ctx, ix);
    if (to.size > 0) ctx.effects.push({ kind: 'publish', to: [...to], event: 'interaction', data });
    // Who may not read it any more learns only that it is not theirs to take.
    if (others.length > 0)
      ctx.effects.push({ kind: 'publish', to: others, event: 'interaction', data: withoutContent(data) });
  }
  for (const [id, event] of changes.messages) {
    const row = await ctx.tx.first(messageById, { id });
    const ix = row && (await rowOf(row.interaction_id));
    if (!row || !ix) continue;
    const to = await readersOf(ix);
    if (to.size > 0) ctx.effects.push({ kind: 'publish', to: [...to], event, data: messageView(row) });
  }
  for (const id of changes.offersMade) {
    const offer = await findOffer(ctx, id);
    if (offer?.state !== 'ringing' || !online.has(offer.agent)) continue;
    const ix = await rowOf(offer.interaction_id);
    if (ix)
      ctx.effects.push({ kind: 'publish', to: [offer.agent], event: 'offer', data: await offerView(ctx, offer, ix) });
  }
  for (const username of changes.presence) {
    const row = await ctx.tx.first(agentByName, { username });
    if (!row) continue;
    const to = [...new Set([...supervisors, ...(online.has(username) ? [username] : [])])];
    if (to.length > 0)
      ctx.effects.push({ kind: 'publish', to, event: 'presence', data: { username, ...presenceOf(row) } });
  }
}

function withoutContent(data: InteractionView): InteractionView {
  return { ...data, lastMessage: null, contact: { ...data.contact, name: '', address: '', phone: null, userId: null } };
}

/** Tells every connected desk how its queues stand. Called at most once a second, however much changes. */
export async function publishQueues(ctx: Ctx): Promise<void> {
  for (const agent of await ctx.tx.all(connected, {}))
    ctx.effects.push({
      kind: 'publish',
      to: [agent.username],
      event: 'queues',
      data: { queues: await queuesView(ctx, agent) },
    });
}
