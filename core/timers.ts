import { continueAfter } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import type { Commands } from './api.ts';
import { type Ctx, lit } from './context.ts';
import { handOverAgain } from './handover.ts';
import { findInteraction, type InteractionRow } from './interactions.ts';
import { forgetFetching, wakeFetching } from './media/fetch.ts';
import { newestIds } from './newest.ts';
import { expireLeases } from './outcome.ts';
import { wakeSenders } from './outgoing.ts';
import { BETWEEN, endPlan, forward } from './plan/end.ts';
import { CONNECTION_LEASE, expirePresence, forgetConnections } from './presence.ts';
import { expireOffer } from './routing/answer.ts';
import { nobodyReason } from './routing/eligible.ts';
import { dueOffers, findOffer, putOffOffer } from './routing/offers.ts';
import { endUnanswered } from './routing/unanswered.ts';
import { closeSilent } from './silence.ts';
import { wakeDue } from './snooze.ts';
import { wakeLookUps } from './unclear.ts';
import { releaseAgain, watchesOf } from './watches.ts';

/** A transaction ends at most this many steps, so that a backlog after a long stop does not hold up webhooks. */
const BATCH = 200;
/** A message that nobody takes is handed over at most this often. */
const MAX_HANDOVERS = 3;

const due = statement<{ now: number }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('step_deadline', 'is not', lit(null))
    .where('step_deadline', '<=', p('now'))
    .orderBy('step_deadline')
    .limit(BATCH),
);

const putOffStep = statement<{ id: string; until: number }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_deadline: p('until') })
    .where('id', '=', p('id')),
);

/** One kind of what may be due. */
export interface DuePart {
  readonly what: string;
  /** Does all of it that is due. */
  all(ctx: Ctx): Promise<void>;
  /** For kinds that other people's time depends on: how to do one alone, and how to look at it again later if that fails. */
  readonly single?: {
    ids(ctx: Ctx): Promise<string[]>;
    one(ctx: Ctx, id: string): Promise<void>;
    putOff(ctx: Ctx, id: string, until: number): Promise<void>;
  };
}

const steps: DuePart = {
  what: 'a step',
  async all(ctx) {
    for (const ix of await ctx.tx.all(due, { now: ctx.now })) await fire(ctx, ix);
  },
  single: {
    ids: async (ctx) => (await ctx.tx.all(due, { now: ctx.now })).map((ix) => ix.id),
    async one(ctx, id) {
      const ix = await findInteraction(ctx, id);
      if (ix && ix.step_deadline !== null && ix.step_deadline <= ctx.now) await fire(ctx, ix);
    },
    async putOff(ctx, id, until) {
      await ctx.tx.run(putOffStep, { id, until });
    },
  },
};

const offers: DuePart = {
  what: 'an offer',
  async all(ctx) {
    for (const offer of await dueOffers(ctx)) await expireOffer(ctx, offer, 'expired');
  },
  single: {
    ids: async (ctx) => (await dueOffers(ctx)).map((offer) => offer.id),
    async one(ctx, id) {
      const offer = await findOffer(ctx, id);
      if (offer?.state === 'ringing') await expireOffer(ctx, offer, 'expired');
    },
    async putOff(ctx, id, until) {
      await putOffOffer(ctx, id, until);
    },
  },
};

/** What may be due, in the order in which it is done: ends of steps first, in the order of their deadlines. */
export const DUE: readonly DuePart[] = [
  steps,
  offers,
  { what: 'a lost connection', all: expirePresence },
  { what: 'a message that is being sent', all: (ctx) => expireLeases(ctx, false) },
  { what: 'a conversation that was put away', all: wakeDue },
  { what: 'a silent conversation', all: closeSilent },
];

/** Fires what is due. */
export async function tick(ctx: Ctx): Promise<void> {
  for (const part of DUE) await part.all(ctx);
}

async function fire(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.plan_position === 'between') return endPlan(ctx, ix, 'nobody took it');
  if (ix.plan_position !== 'at') return;
  await endUnanswered(ctx, ix, 'timeout');
}

/** All deadlines in one query: it runs once a transaction. Each part is the first entry of an index. */
const nearest = statement()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('interaction')
      .select((c) => c.fn.min('step_deadline').as('at'))
      .where('step_deadline', 'is not', lit(null))
      .as('step'),
    eb
      .selectFrom('offer')
      .select((c) => c.fn.min('expires_at').as('at'))
      .where('state', '=', lit('ringing'))
      .where('expires_at', 'is not', lit(null))
      .as('offer'),
    eb
      .selectFrom('agent')
      .select((c) => c.fn.min('lost_at').as('at'))
      .where('lost_at', 'is not', lit(null))
      .as('lost'),
    eb
      .selectFrom('connection')
      .select((c) => c.fn.min('seen_at').as('at'))
      .as('seen'),
    eb
      .selectFrom('outgoing')
      .select((c) => c.fn.min('lease_until').as('at'))
      .where('lease_until', 'is not', lit(null))
      .as('lease'),
    eb
      .selectFrom('interaction')
      .select((c) => c.fn.min('snoozed_until').as('at'))
      .where('snoozed_until', 'is not', lit(null))
      .as('snoozed'),
    eb
      .selectFrom('interaction')
      .select((c) => c.fn.min('auto_close_at').as('at'))
      .where('auto_close_at', 'is not', lit(null))
      .as('silent'),
  ]),
);

/** Epoch ms of the nearest deadline of any kind, null if there is none. */
export async function nextDeadline(ctx: Ctx): Promise<number | null> {
  const row = await ctx.tx.first(nearest, {});
  const lost = row?.lost == null ? null : Number(row.lost) + ctx.settings.offlineAfter * 1000;
  const silent = row?.seen == null ? null : Number(row.seen) + CONNECTION_LEASE;
  const all = [row?.step, row?.offer, lost, silent, row?.lease, row?.snoozed, row?.silent]
    .filter((at) => at != null)
    .map(Number);
  return all.length === 0 ? null : Math.min(...all);
}

const stopBetween = statement()((db) =>
  db
    .updateTable('interaction')
    .set({ step_deadline: null })
    .where('plan_position', '=', 'between')
    .where('plan_position', '<>', lit('none')),
);

/** Once at the start of the process that owns the store: nothing of the earlier process lives. */
export async function start(ctx: Ctx): Promise<void> {
  for (const id of await newestIds(ctx)) continueAfter(id);
  await hold(ctx);
  await forgetConnections(ctx);
  await expireLeases(ctx, true);
  await forgetFetching(ctx);
}

/** Flows stop. The time between two steps does not count until they run: what is there is handed over again then. */
export async function hold(ctx: Ctx): Promise<null> {
  const { runtime } = ctx.settings;
  if (runtime === undefined) await ctx.tx.run(stopBetween, {});
  else await ctx.tx.run(stopOwn, { runtime });
  return null;
}

const stopOwn = statement<{ runtime: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_deadline: null })
    .where('plan_position', '=', lit('between'))
    .where('step_runtime', '=', p('runtime')),
);

const stopOne = statement<{ id: string; seq: number }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_deadline: null })
    .where('id', '=', p('id'))
    .where('plan_position', '=', 'between')
    .where('plan_seq', '=', p('seq')),
);

/** Messages that left a step whose node does not run: they wait for it. */
export async function park(ctx: Ctx, input: Commands['park'][0]): Promise<null> {
  for (const { interaction, seq } of input.forwards) await ctx.tx.run(stopOne, { id: interaction, seq });
  return null;
}

const between = statement()((db) =>
  db
    .selectFrom('interaction')
    .select(['id', 'step_node', 'step_deadline', 'step_handovers', 'step_runtime'])
    .where('plan_position', '=', 'between')
    .where('plan_position', '<>', lit('none'))
    .orderBy('step_deadline'),
);
const setHandovers = statement<{ id: string; handovers: number; deadline: number | null }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_handovers: p('handovers'), step_deadline: p('deadline') })
    .where('id', '=', p('id')),
);

/**
 * After `flows:started`: what was not handed over, and what left a step and did not arrive, is given out again. What left a step whose
 * node does not run waits on (contract 5.5).
 */
export async function resume(ctx: Ctx, input: Commands['resume'][0]): Promise<Commands['resume'][1]> {
  const { attempts, parkedOnly } = input;
  if (input.interactions)
    return { handovers: 0, between: await forwardAgain(ctx, attempts, input.interactions), rest: [] };
  if (!parkedOnly) ctx.effects.push({ kind: 'resumed' });
  const handovers = parkedOnly ? 0 : await handOverAgain(ctx);
  const rest = await toForward(ctx, input);
  const n = await forwardAgain(ctx, attempts, rest.splice(0, BATCH));
  await releaseAgain(ctx);
  await wakeSenders(ctx);
  await wakeLookUps(ctx);
  await wakeFetching(ctx);
  return { handovers, between: n, rest };
}

/** What is between two steps and may be given to its node, the longest first. The rest waits until its node runs. */
async function toForward(ctx: Ctx, input: Commands['resume'][0]): Promise<string[]> {
  const running = input.running && new Set(input.running);
  const ids: string[] = [];
  for (const ix of await ctx.tx.all(between, {})) {
    // Of several runtimes each gives out what it has, and what none has.
    if (ctx.settings.runtime !== undefined && ix.step_runtime !== null && ix.step_runtime !== ctx.settings.runtime)
      continue;
    if (input.parkedOnly && ix.step_deadline !== null) continue;
    if (!running || ix.step_node === null || running.has(ix.step_node)) ids.push(ix.id);
    else if (ix.step_deadline !== null)
      await ctx.tx.run(setHandovers, { id: ix.id, handovers: ix.step_handovers, deadline: null });
  }
  return ids;
}

export async function forwardAgain(ctx: Ctx, attempts: boolean, interactions: string[]): Promise<number> {
  let n = 0;
  for (const id of interactions) {
    const ix = await findInteraction(ctx, id);
    // It may have gone on meanwhile.
    if (ix?.plan_position !== 'between') continue;
    if (ix.step_handovers >= MAX_HANDOVERS) {
      await endPlan(ctx, ix, 'handed over too often');
      continue;
    }
    const handovers = ix.step_handovers + (attempts ? 1 : 0);
    await ctx.tx.run(setHandovers, { id, handovers, deadline: ctx.now + BETWEEN });
    await forward(ctx, ix);
    n++;
  }
  return n;
}

const inStep = statement<{ node: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('step_node', '=', p('node'))
    .where('plan_position', '=', 'at')
    .where('plan_position', '<>', lit('none')),
);

/** How many wait in each of these nodes, and for the oldest without anyone ringing why. */
export async function waitingByNode(
  ctx: Ctx,
  input: { nodes: string[] },
): Promise<Record<string, { waiting: number; nobody: string | null }>> {
  const result: Record<string, { waiting: number; nobody: string | null }> = {};
  for (const node of input.nodes) {
    // A node is a routing step or a watch.
    const waiting = Number((await ctx.tx.first(inStep, { node }))?.n ?? 0) || (await watchesOf(ctx, node));
    result[node] = { waiting, nobody: waiting > 0 ? await reasonOf(ctx, node) : null };
  }
  return result;
}

const silent = statement<{ node: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('step_node', '=', p('node'))
    .where('plan_position', '=', 'at')
    .where('plan_position', '<>', lit('none'))
    .where('step_accepting', '=', 1)
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
    .limit(1),
);

async function reasonOf(ctx: Ctx, node: string): Promise<string | null> {
  const ix = await ctx.tx.first(silent, { node });
  if (!ix) return null;
  if (ix.step_queue !== null) return nobodyReason(ctx, { queue: ix.step_queue, account: ix.account_id });
  return ix.step_agent === null ? null : nobodyReason(ctx, { agent: ix.step_agent, account: ix.account_id });
}
