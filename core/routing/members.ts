import { statement } from '../../store/store.ts';
import { type Ctx, lit } from '../context.ts';
import { expireOffer } from './answer.ts';
import { isMember } from './eligible.ts';

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
