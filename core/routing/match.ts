import { statement } from '../../store/store.ts';
import { findAgent } from '../agents.ts';
import type { Strategy } from '../api.ts';
import { type Ctx, lit } from '../context.ts';
import { findInteraction, type InteractionRow } from '../interactions.ts';
import { eligibleOf, hasMember, isEligible } from './eligible.ts';
import { forgetRefusals, makeOffer, type OfferRow, offersOf, setStepAccepting } from './offers.ts';
import { type Candidate, pick } from './strategies.ts';

/** What a queue remembers of its offers. It changes with every assignment, and only matching looks at it. */
export const MEMORY = 'memory';

const queueById = statement<{ id: string }>({ kept: true, part: MEMORY })((db, p) =>
  db.selectFrom('queue').selectAll().where('id', '=', p('id')),
);
const offeredAt = statement<{ queue: string }>()((db, p) =>
  db.selectFrom('queue_agent').select(['agent', 'offered_at']).where('queue_id', '=', p('queue')),
);
const noteOffered = statement<{ queue: string; agent: string; now: number }>()((db, p) =>
  db
    .insertInto('queue_agent')
    .values({ queue_id: p('queue'), agent: p('agent'), offered_at: p('now') })
    .onConflict((c) => c.columns(['queue_id', 'agent']).doUpdateSet({ offered_at: p('now') })),
);
const openOf = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('agent', '=', p('agent'))
    .where('status', '=', lit('open')),
);

/** Who was asked in this step and still counts as asked. */
const asked = (offers: OfferRow[]): Set<string> => new Set(offers.filter((o) => !o.forgotten).map((o) => o.agent));

/**
 * Makes the offers that the step of an interaction may make now.
 * @param again whether those who refused are asked again if everyone was asked
 * @returns whether somebody is ringing
 */
export async function matchStep(ctx: Ctx, ix: InteractionRow, again = true): Promise<boolean> {
  if (ix.plan_position !== 'at') return false;
  if (ix.step_queue === null) return matchNamedAgent(ctx, ix);
  // In a step with a queue the named one is who gave it away.
  const eligible = (await eligibleOf(ctx, ix.step_queue, ix.account_id)).filter((a) => a !== ix.step_agent);
  // The common case when all are busy: nothing to read, nothing to write.
  if (eligible.length === 0 && ix.step_accepting && ix.step_since === ctx.now && ix.step_phase === null) return false;
  const queue = await ctx.tx.first(queueById, { id: ix.step_queue });
  if (!queue) return false;
  const strategy = queue.strategy as Strategy;
  let offers = await offersOf(ctx, ix);
  const ringing = offers.some((o) => o.state === 'ringing');
  if (strategy !== 'beepall') await setStepAccepting(ctx, ix, !ringing);
  if (ringing && strategy !== 'beepall') return true;
  let free = eligible.filter((a) => !asked(offers).has(a));
  if (again && free.length === 0 && eligible.length > 0 && !ringing) {
    // Everyone who can be asked was: their refusals no longer count.
    await forgetRefusals(ctx, ix);
    offers = await offersOf(ctx, ix);
    free = eligible.filter((a) => !asked(offers).has(a));
  }
  if (free.length === 0) return ringing;
  const chosen = pick(strategy, await candidates(ctx, strategy, queue.id, free), queue.last_accepted);
  const expires =
    strategy === 'beepall' ? ix.step_deadline : earliest(ctx.now + queue.agent_timeout * 1000, ix.step_deadline);
  for (const { username } of chosen) {
    if (strategy === 'leastrecent') await ctx.tx.run(noteOffered, { queue: queue.id, agent: username, now: ctx.now });
    await makeOffer(ctx, ix, username, queue.id, expires);
  }
  if (strategy !== 'beepall') await setStepAccepting(ctx, ix, false);
  return true;
}

const earliest = (at: number, deadline: number | null): number => (deadline === null ? at : Math.min(at, deadline));

/** Fills in only what the strategy looks at. */
async function candidates(ctx: Ctx, strategy: Strategy, queue: string, agents: string[]): Promise<Candidate[]> {
  const at =
    strategy === 'leastrecent'
      ? new Map((await ctx.tx.all(offeredAt, { queue })).map((r) => [r.agent, r.offered_at]))
      : null;
  const result: Candidate[] = [];
  for (const username of agents) {
    const open = strategy === 'fewestopen' ? Number((await ctx.tx.first(openOf, { agent: username }))?.n ?? 0) : 0;
    result.push({ username, offeredAt: at?.get(username) ?? null, open });
  }
  return result;
}

/** `wa-agent`, and a transfer to an agent: offered as soon as the agent can take it, until the step ends. */
async function matchNamedAgent(ctx: Ctx, ix: InteractionRow): Promise<boolean> {
  if ((ix.step_kind !== 'agent' && ix.step_kind !== 'transfer') || ix.step_agent === null) return false;
  const offers = (await offersOf(ctx, ix)).filter((o) => !o.forgotten);
  if (offers.length > 0) return offers.some((o) => o.state === 'ringing');
  if (!(await isEligible(ctx, ix.step_agent, ix.account_id))) return false;
  await makeOffer(ctx, ix, ix.step_agent, null, ix.step_deadline);
  await setStepAccepting(ctx, ix, false);
  return true;
}

const queuesOf = statement<{ agent: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('queue')
    .select(['queue.id', 'queue.weight'])
    .where('queue.removed_at', 'is', null)
    .where(hasMember('queue', 'queue.id', p('agent')))
    .orderBy('queue.weight', 'desc')
    .orderBy('queue.name'),
);
const accountsOf = statement<{ agent: string }>({ kept: true })((db, p) =>
  db
    .selectFrom('member')
    .select('target')
    .distinct()
    .where('kind', '=', 'account')
    .where((eb) => eb.or([eb('username', '=', p('agent')), eb('username', '=', '*')])),
);
/** The one that waits first in a queue, of one account, and did not ask this agent yet. One index step. */
const firstWaiting = statement<{ queue: string; account: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('step_queue', '=', p('queue'))
    .where('account_id', '=', p('account'))
    .where('step_accepting', '=', lit(1))
    .where((eb) => eb.or([eb('step_agent', 'is', null), eb('step_agent', '<>', p('agent'))]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('offer')
            .select('offer.id')
            .whereRef('offer.interaction_id', '=', 'interaction.id')
            .whereRef('offer.seq', '=', 'interaction.plan_seq')
            .where('offer.agent', '=', p('agent'))
            .where('offer.forgotten', '=', 0),
        ),
      ),
    )
    .orderBy('priority', 'desc')
    .orderBy('step_since')
    .orderBy('id')
    .limit(1),
);
/** One that this agent refused and that nobody rings for: everyone else may have refused it too. */
const firstRefused = statement<{ queue: string; account: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('step_queue', '=', p('queue'))
    .where('account_id', '=', p('account'))
    .where('step_accepting', '=', lit(1))
    .where((eb) => eb.or([eb('step_agent', 'is', null), eb('step_agent', '<>', p('agent'))]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('offer')
            .select('offer.id')
            .whereRef('offer.interaction_id', '=', 'interaction.id')
            .whereRef('offer.seq', '=', 'interaction.plan_seq')
            .where('offer.state', '=', 'ringing'),
        ),
      ),
    )
    .orderBy('priority', 'desc')
    .orderBy('step_since')
    .orderBy('id')
    .limit(1),
);
const waitingForAgent = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('step_agent', '=', p('agent'))
    .where('step_queue', 'is', lit(null))
    .where('step_accepting', '=', lit(1))
    .where(hasMember('account', 'interaction.account_id', p('agent')))
    .orderBy('priority', 'desc')
    .orderBy('step_since')
    .orderBy('id')
    .limit(1),
);

/** What an agent may take next, as it was when so much had been given out. */
interface Next {
  ix: InteractionRow;
  weight: number;
  given: number;
}

/**
 * Gives agents what waits for them, the most urgent first whoever it is for: an agent whom a strategy could choose for something is not
 * taken from something more urgent that only this agent may take. Goes on until the capacities are used up.
 * @param look the most urgent for one agent
 * @param give false if nobody rings for it: this agent gets nothing more then
 * @param limit of what is given, for what cannot be
 */
async function serve(
  ctx: Ctx,
  agents: string[],
  look: (agent: string) => Promise<Omit<Next, 'given'> | undefined>,
  give: (agent: string, ix: InteractionRow) => Promise<boolean>,
  limit = Number.POSITIVE_INFINITY,
): Promise<void> {
  const next = new Map<string, Next>();
  let given = 0;
  const seek = async (agent: string) => {
    const found = (await findAgent(ctx, agent))?.ready ? await look(agent) : undefined;
    if (found) next.set(agent, { ...found, given });
    else next.delete(agent);
  };
  for (const agent of agents) await seek(agent);
  while (next.size > 0 && given < limit) {
    let agent = '';
    let first: Next | undefined;
    for (const [name, one] of next) if (!first || moreUrgent(one, first)) [agent, first] = [name, one];
    // What is given out makes what remains less urgent at most, so only the first has to be looked at again.
    if (first!.given !== given) await seek(agent);
    else if (await give(agent, first!.ix)) given++;
    else next.delete(agent);
  }
}

const moreUrgent = (a: Next, b: Next): boolean => (a.weight === b.weight ? order(a.ix, b.ix) < 0 : a.weight > b.weight);

/** First what names an agent (`wa-agent`), then the queues, highest weight first, then priority, then who waits longest. */
async function nextFor(ctx: Ctx, agent: string): Promise<Omit<Next, 'given'> | undefined> {
  const named = await ctx.tx.first(waitingForAgent, { agent });
  return named ? { ix: named, weight: Number.POSITIVE_INFINITY } : bestWaiting(ctx, agent, firstWaiting);
}

async function ring(ctx: Ctx, agent: string, ix: InteractionRow): Promise<boolean> {
  if (ix.step_queue === null || !(await isBeepall(ctx, ix.step_queue))) return matchStep(ctx, ix);
  await makeOffer(ctx, ix, agent, ix.step_queue, ix.step_deadline);
  return true;
}

/** Of one agent; each of these gets somebody who rings, so that the same one is not found twice. */
const MAX_REFUSED = 100;

/** Gives agents who became free what waits, and then what began to wait to whoever else may take it, until nothing changes any more. */
export async function match(ctx: Ctx): Promise<void> {
  while (ctx.freed.size > 0) {
    const freed = [...ctx.freed];
    ctx.freed.clear();
    await serve(
      ctx,
      freed,
      (agent) => nextFor(ctx, agent),
      (agent, ix) => ring(ctx, agent, ix),
    );
    await serve(
      ctx,
      freed,
      (agent) => bestWaiting(ctx, agent, firstRefused),
      (_, ix) => matchStep(ctx, ix),
      MAX_REFUSED * freed.length,
    );
  }
  if (ctx.waiting.size === 0) return;
  const rows: { ix: InteractionRow; weight: number }[] = [];
  for (const id of ctx.waiting) {
    const ix = await findInteraction(ctx, id);
    if (ix?.plan_position !== 'at') continue;
    const queue = ix.step_queue === null ? undefined : await ctx.tx.first(queueById, { id: ix.step_queue });
    rows.push({ ix, weight: queue?.weight ?? Number.POSITIVE_INFINITY });
  }
  ctx.waiting.clear();
  rows.sort((a, b) => (a.weight === b.weight ? order(a.ix, b.ix) : b.weight - a.weight));
  // Who refused something is asked again only after everything that they were not asked for.
  for (const again of [false, true]) for (const { ix } of rows) await matchStep(ctx, ix, again);
}

async function isBeepall(ctx: Ctx, queue: string): Promise<boolean> {
  return (await ctx.tx.first(queueById, { id: queue }))?.strategy === 'beepall';
}

async function bestWaiting(
  ctx: Ctx,
  agent: string,
  find: typeof firstWaiting,
): Promise<Omit<Next, 'given'> | undefined> {
  const accounts = await ctx.tx.all(accountsOf, { agent });
  let best: Omit<Next, 'given'> | undefined;
  for (const { id: queue, weight } of await ctx.tx.all(queuesOf, { agent })) {
    if (best && weight < best.weight) break;
    for (const { target: account } of accounts) {
      const ix = await ctx.tx.first(find, { queue, account, agent });
      if (ix && (!best || order(ix, best.ix) < 0)) best = { ix, weight };
    }
  }
  return best;
}

/** Who waits is served in this order: highest priority, then longest waiting. */
const order = (a: InteractionRow, b: InteractionRow): number =>
  b.priority - a.priority || (a.step_since ?? 0) - (b.step_since ?? 0) || (a.id < b.id ? -1 : 1);
