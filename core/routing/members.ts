import { statement } from '../../store/store.ts';
import { type Ctx, lit } from '../context.ts';
import { expireOffer } from './answer.ts';
import { isMember } from './eligible.ts';
import { releaseAllOf } from './return.ts';
import { endUnanswered } from './unanswered.ts';

const stepsOfQueue = statement<{ queue: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .innerJoin('interaction', 'interaction.id', 'offer.interaction_id')
    .selectAll('offer')
    .where('offer.state', '=', lit('ringing'))
    .where('offer.queue_id', '=', p('queue')),
);
const readyAgents = statement()((db) => db.selectFrom('agent').select('username').where('ready', '=', lit(1)));

/** After the members of a queue changed: offers to those who left end, those who joined are asked. */
export async function rematchQueue(ctx: Ctx, queue: string): Promise<void> {
  for (const offer of await ctx.tx.all(stepsOfQueue, { queue }))
    if (!(await isMember(ctx, 'queue', queue, offer.agent))) await expireOffer(ctx, offer, 'rescinded');
  for (const { username } of await ctx.tx.all(readyAgents, {}))
    if (await isMember(ctx, 'queue', queue, username)) ctx.freed.add(username);
}

const offersOfAccount = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('offer')
    .innerJoin('interaction', 'interaction.id', 'offer.interaction_id')
    .selectAll('offer')
    .where('offer.state', '=', lit('ringing'))
    .where('interaction.account_id', '=', p('account')),
);

/** The same after the members of an account changed. */
export async function rematchAccount(ctx: Ctx, account: string): Promise<void> {
  for (const offer of await ctx.tx.all(offersOfAccount, { account }))
    if (!(await isMember(ctx, 'account', account, offer.agent))) await expireOffer(ctx, offer, 'rescinded');
  for (const { username } of await ctx.tx.all(readyAgents, {}))
    if (await isMember(ctx, 'account', account, username)) ctx.freed.add(username);
}

const inQueue = statement<{ queue: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('plan_position', '<>', lit('none'))
    .where('plan_position', '=', 'at')
    .where('step_queue', '=', p('queue')),
);

/** A queue that is gone delivers nothing: what waits in it goes on as if it came now. */
export async function leaveQueue(ctx: Ctx, queue: string): Promise<void> {
  for (const ix of await ctx.tx.all(inQueue, { queue })) await endUnanswered(ctx, ix, 'queue_missing');
}

const ringingFor = statement<{ agent: string }>()((db, p) =>
  db.selectFrom('offer').selectAll().where('agent', '=', p('agent')).where('state', '=', lit('ringing')),
);

/**
 * What the queues offer to an agent who is not there any more goes to the next one. What asks for just this agent rings on: it
 * is theirs if they are back in time.
 */
export async function withdrawFromQueues(ctx: Ctx, username: string): Promise<void> {
  for (const offer of await ctx.tx.all(ringingFor, { agent: username }))
    if (offer.queue_id !== null) await expireOffer(ctx, offer, 'rescinded');
}

const waitingFor = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('step_agent', '=', p('agent'))
    .where('step_queue', 'is', lit(null))
    .where('step_accepting', '=', lit(1)),
);
/** An agent who was disabled or deleted: nothing waits for them, and what they had is handed back. */
export async function releaseAgent(ctx: Ctx, username: string): Promise<void> {
  for (const offer of await ctx.tx.all(ringingFor, { agent: username })) await expireOffer(ctx, offer, 'rescinded');
  for (const ix of await ctx.tx.all(waitingFor, { agent: username })) await endUnanswered(ctx, ix, 'unknown_agent');
  await releaseAllOf(ctx, username, 'system');
}
