import { statement } from '../store/store.ts';
import { presenceOf } from './agents.ts';
import type { DeskEvent } from './api.ts';
import { interactionView, messageView } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { offerView } from './desk.ts';
import { findInteraction, type InteractionRow } from './interactions.ts';
import { queuesViews, type Viewer } from './queue-load.ts';
import { isSupervisor } from './roles.ts';
import { findOffer } from './routing/offers.ts';
import type { InteractionView } from './views.ts';

const connected = statement({ kept: true })((db) =>
  db.selectFrom('agent').select(['username', 'name', 'role']).where('connections', '>', lit(0)),
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
    .where('state', '=', lit('ringing')),
);
const allRinging = statement()((db) =>
  db.selectFrom('offer').select(['interaction_id', 'seq', 'agent']).where('state', '=', lit('ringing')),
);
const accountMembers = statement<{ account: string }>({ kept: true })((db, p) =>
  db.selectFrom('member').select('username').where('kind', '=', 'account').where('target', '=', p('account')),
);
const agentByName = statement<{ username: string }>()((db, p) =>
  db.selectFrom('agent').selectAll().where('username', '=', p('username')),
);

/** Tells the desks of these agents. `interaction`: what it is about, for supervisors who watch it. */
export function tell(ctx: Ctx, to: string[], event: DeskEvent, data: unknown, interaction: string | null = null): void {
  if (to.length > 0) ctx.effects.push({ kind: 'publish', to, event, json: JSON.stringify(data), interaction });
}

/** Of the agents at a desk, as long as they are the same. */
interface Present {
  readonly online: ReadonlySet<string>;
  readonly supervisors: string[];
  /** Of these the members of an account, by its members. */
  readonly members: WeakMap<object, string[]>;
}
const presents = new WeakMap<Viewer[], Present>();

function presentOf(agents: Viewer[]): Present {
  let present = presents.get(agents);
  if (!present) {
    present = {
      online: new Set(agents.map((a) => a.username)),
      supervisors: agents.filter(isSupervisor).map((a) => a.username),
      members: new WeakMap(),
    };
    presents.set(agents, present);
  }
  return present;
}

/** Who sits at a desk now, and what each of them may read. Valid within one transaction. */
class Audience {
  readonly #ctx: Ctx;
  readonly online: ReadonlySet<string>;
  readonly supervisors: string[];
  readonly #present: Present;
  readonly #readers = new Map<string, string[]>();
  /** Who rings, by interaction and `seq`; null until it is known that asking for all at once is cheaper than one by one. */
  #ringing: Map<string, string[]> | null = null;

  constructor(ctx: Ctx, agents: Viewer[]) {
    this.#ctx = ctx;
    // The rows are kept from one transaction to the next, and so is what is made of them.
    this.#present = presentOf(agents);
    this.online = this.#present.online;
    this.supervisors = this.#present.supervisors;
  }

  /** Members of an account who are connected. */
  async membersOf(account: string): Promise<string[]> {
    const rows = await this.#ctx.tx.all(accountMembers, { account });
    let members = this.#present.members.get(rows);
    if (!members) {
      const of = new Set(rows.map((m) => m.username));
      members = [...this.online].filter((a) => of.has('*') || of.has(a));
      this.#present.members.set(rows, members);
    }
    return members;
  }

  /** An agent rings for a handful at most: with many changes and few desks it takes one query to know them all. */
  async expect(changes: number): Promise<void> {
    if (changes <= this.online.size) return;
    this.#ringing = new Map();
    for (const { interaction_id, seq, agent } of await this.#ctx.tx.all(allRinging, {})) {
      const step = `${interaction_id} ${seq}`;
      const agents = this.#ringing.get(step);
      if (agents) agents.push(agent);
      else this.#ringing.set(step, [agent]);
    }
  }

  async #ringingFor(ix: InteractionRow): Promise<string[]> {
    if (this.#ringing) return this.#ringing.get(`${ix.id} ${ix.plan_seq}`) ?? [];
    return (await this.#ctx.tx.all(ringingAgents, { interaction: ix.id, seq: ix.plan_seq })).map((r) => r.agent);
  }

  /** The content of a conversation goes only to who may read it. */
  async readersOf(ix: InteractionRow): Promise<string[]> {
    let readers = this.#readers.get(ix.id);
    if (readers) return readers;
    const ringing = ix.plan_position === 'at' ? await this.#ringingFor(ix) : [];
    if (ix.status === 'open' && ix.agent === null && ringing.length === 0 && this.supervisors.length === 0)
      readers = await this.membersOf(ix.account_id);
    else {
      const to = new Set(this.supervisors);
      if (ix.agent !== null && this.online.has(ix.agent)) to.add(ix.agent);
      for (const agent of ringing) if (this.online.has(agent)) to.add(agent);
      if (ix.status === 'open' && ix.agent === null) for (const a of await this.membersOf(ix.account_id)) to.add(a);
      readers = [...to];
    }
    this.#readers.set(ix.id, readers);
    return readers;
  }
}

/** Turns what changed in this transaction into effects for the desks that may see it. Reads each thing once, at its end. */
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
  const audience = new Audience(ctx, agents);
  const { online } = audience;
  await audience.expect(changes.interactions.size + changes.messages.size);

  for (const { id, agent, reason, by } of changes.offersEnded) {
    if (!online.has(agent)) continue;
    const taker = by === undefined ? undefined : { username: by, name: nameAmong(agents, by) };
    tell(ctx, [agent], 'offer-ended', { id, reason, by: taker });
  }
  for (const ix of changes.merged.values()) {
    const to = new Set(await audience.readersOf(ix));
    if (ix.agent === null) for (const a of await audience.membersOf(ix.account_id)) to.add(a);
    if (to.size > 0) tell(ctx, [...to], 'interaction', withoutContent(await interactionView(ctx, ix)), ix.id);
  }
  for (const id of changes.interactions) {
    const ix = await findInteraction(ctx, id);
    if (!ix) continue;
    const to = await audience.readersOf(ix);
    const others = changes.reassigned.has(id)
      ? (await audience.membersOf(ix.account_id)).filter((a) => !to.includes(a))
      : [];
    if (to.length === 0 && others.length === 0) continue;
    const data = await interactionView(ctx, ix);
    tell(ctx, to, 'interaction', data, id);
    // Who may not read it any more learns only that it is not theirs to take.
    tell(ctx, others, 'interaction', withoutContent(data), id);
  }
  for (const [id, { event, view }] of changes.messages) {
    const row = view ? undefined : await ctx.tx.first(messageById, { id });
    const of = view?.interactionId ?? row?.interaction_id;
    const ix = of === undefined ? undefined : await findInteraction(ctx, of);
    if (!ix) continue;
    const to = await audience.readersOf(ix);
    if (to.length > 0) tell(ctx, to, event, view ?? messageView(row!), ix.id);
  }
  for (const id of changes.offersMade) {
    const offer = await findOffer(ctx, id);
    if (offer?.state !== 'ringing' || !online.has(offer.agent)) continue;
    const ix = await findInteraction(ctx, offer.interaction_id);
    if (ix) tell(ctx, [offer.agent], 'offer', await offerView(ctx, offer, ix));
  }
  for (const username of changes.presence) {
    const row = await ctx.tx.first(agentByName, { username });
    if (!row) continue;
    const to = [...new Set([...audience.supervisors, ...(online.has(username) ? [username] : [])])];
    tell(ctx, to, 'presence', { username, ...presenceOf(row) });
  }
}

/** The name of who sits at a desk; anybody else is called by the username. */
function nameAmong(agents: { username: string; name: string }[], username: string): string {
  return agents.find((a) => a.username === username)?.name || username;
}

function withoutContent(data: InteractionView): InteractionView {
  return { ...data, lastMessage: null, contact: { ...data.contact, name: '', address: '', phone: null, userId: null } };
}

/** Tells every connected desk how its queues stand. Called at most once a second, however much changes. */
export async function publishQueues(ctx: Ctx): Promise<void> {
  for (const { to, queues } of await queuesViews(ctx, await ctx.tx.all(connected, {})))
    tell(ctx, to, 'queues', { queues });
}
