import type { Selectable } from 'kysely';
import { newId } from '../../store/ids.ts';
import type { OfferTable } from '../../store/schema.ts';
import { statement } from '../../store/store.ts';
import { recount } from '../agents.ts';
import { audit, type Ctx, lit } from '../context.ts';
import { type InteractionRow, runSynced } from '../interactions.ts';

export type OfferRow = Selectable<OfferTable>;

const insert = statement<{
  id: string;
  interaction: string;
  seq: number;
  queue: string | null;
  agent: string;
  now: number;
  expires: number | null;
}>()((db, p) =>
  db.insertInto('offer').values({
    id: p('id'),
    interaction_id: p('interaction'),
    seq: p('seq'),
    queue_id: p('queue'),
    agent: p('agent'),
    state: 'ringing',
    created_at: p('now'),
    expires_at: p('expires'),
    forgotten: 0,
  }),
);
const byId = statement<{ id: string }>()((db, p) => db.selectFrom('offer').selectAll().where('id', '=', p('id')));
const ofStep = statement<{ interaction: string; seq: number }>()((db, p) =>
  db.selectFrom('offer').selectAll().where('interaction_id', '=', p('interaction')).where('seq', '=', p('seq')),
);
const end = statement<{ id: string; state: OfferRow['state']; now: number; forgotten: number }>()((db, p) =>
  db
    .updateTable('offer')
    .set({ state: p('state'), ended_at: p('now'), forgotten: p('forgotten') })
    .where('id', '=', p('id'))
    .where('state', '=', lit('ringing')),
);
const forget = statement<{ interaction: string; seq: number }>()((db, p) =>
  db
    .updateTable('offer')
    .set({ forgotten: 1 })
    .where('interaction_id', '=', p('interaction'))
    .where('seq', '=', p('seq'))
    .where('state', '<>', 'ringing'),
);
const setAccepting = statement<{ id: string; accepting: number }>({ row: 'id', blind: true })((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_accepting: p('accepting') })
    .where('id', '=', p('id')),
);

export const findOffer = (ctx: Ctx, id: string) => ctx.tx.first(byId, { id });
/** All offers of the step that the interaction is in. */
export const offersOf = (ctx: Ctx, ix: InteractionRow) => ctx.tx.all(ofStep, { interaction: ix.id, seq: ix.plan_seq });
export const forgetRefusals = (ctx: Ctx, ix: InteractionRow) =>
  ctx.tx.run(forget, { interaction: ix.id, seq: ix.plan_seq });

/** Whether further offers may be made for the step; what the queues' index is over. */
export async function setStepAccepting(ctx: Ctx, ix: InteractionRow, accepting: boolean): Promise<void> {
  const value = accepting ? 1 : 0;
  if (ix.step_accepting === value) return;
  ix.step_accepting = value;
  await runSynced(ctx, ix, setAccepting, { id: ix.id, accepting: value });
}

/** Rings an agent. `expires`: epoch ms, null = until the step ends. */
export async function makeOffer(
  ctx: Ctx,
  ix: InteractionRow,
  agent: string,
  queue: string | null,
  expires: number | null,
): Promise<void> {
  const id = newId(ctx.now);
  await ctx.tx.run(insert, { id, interaction: ix.id, seq: ix.plan_seq, queue, agent, now: ctx.now, expires });
  ctx.changes.offersMade.add(id);
  ctx.changes.interactions.add(ix.id);
  await recount(ctx, agent);
}

/** Ends one ringing offer. `reason` is what the agent's desk is told, with who took it instead (`by`, a username). */
export async function endOffer(
  ctx: Ctx,
  offer: OfferRow,
  state: Exclude<OfferRow['state'], 'ringing'>,
  reason: string,
  by?: string,
): Promise<boolean> {
  // Who lost it without an answer did not refuse it, and may be asked again in the same step.
  const forgotten = state === 'rescinded' ? 1 : 0;
  if ((await ctx.tx.run(end, { id: offer.id, state, now: ctx.now, forgotten })) === 0) return false;
  offer.state = state;
  offer.forgotten = forgotten;
  ctx.changes.offersEnded.push({ id: offer.id, agent: offer.agent, reason, by });
  ctx.changes.offersMade.delete(offer.id);
  await recount(ctx, offer.agent);
  return true;
}

/** Withdraws all that still ring of the step with this `seq`. `by`: the username of who took the interaction. */
export async function endOffers(ctx: Ctx, ix: InteractionRow, seq: number, reason: string, by?: string): Promise<void> {
  for (const offer of await ctx.tx.all(ofStep, { interaction: ix.id, seq })) {
    if (offer.state !== 'ringing') continue;
    await endOffer(ctx, offer, reason === 'expired' ? 'expired' : 'rescinded', reason, by);
    if (reason === 'expired')
      await audit(ctx, 'offer-expired', offer.agent, { account: ix.account_id, interaction: ix.id });
  }
}

const due = statement<{ now: number }>()((db, p) =>
  db
    .selectFrom('offer')
    .selectAll()
    .where('state', '=', lit('ringing'))
    .where('expires_at', 'is not', lit(null))
    .where('expires_at', '<=', p('now'))
    .orderBy('expires_at')
    .limit(500),
);
export const dueOffers = (ctx: Ctx) => ctx.tx.all(due, { now: ctx.now });

const later = statement<{ id: string; until: number }>()((db, p) =>
  db
    .updateTable('offer')
    .set({ expires_at: p('until') })
    .where('id', '=', p('id')),
);
export const putOffOffer = (ctx: Ctx, id: string, until: number) => ctx.tx.run(later, { id, until });
