import { statement } from '../store/store.ts';
import { seesContact, visible } from './access.ts';
import type { Commands } from './api.ts';
import { interactionView } from './build-views.ts';
import type { Ctx } from './context.ts';

/** Earlier interactions on one page. */
export const EARLIER_PAGE = 20;

const earlierOf = statement<{
  contact: string;
  started: number;
  id: string;
  all: number;
  agent: string;
  limit: number;
}>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('started_at', '<=', p('started'))
    // Two that began at once stand in the order of their ids.
    .where((eb) => eb.or([eb('started_at', '<', p('started')), eb('id', '<', p('id'))]))
    .where((eb) => eb.or([eb(eb.val(p('all')), '=', 1), eb('agent', '=', p('agent'))]))
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(p('limit')),
);

/**
 * What the contact wrote about before this interaction, the newest first; of every account. An agent who may not see the whole contact
 * gets their own (contract 6.3).
 */
export async function earlier(ctx: Ctx, input: Commands['earlier'][0]): Promise<Commands['earlier'][1]> {
  const { ix, agent } = await visible(ctx, input.interaction, input.username);
  const rows = await ctx.tx.all(earlierOf, {
    contact: ix.contact_id,
    started: ix.started_at,
    id: ix.id,
    all: (await seesContact(ctx, agent, ix.contact_id)) ? 1 : 0,
    agent: agent.username,
    limit: EARLIER_PAGE + 1,
  });
  const interactions = [];
  for (const row of rows.slice(0, EARLIER_PAGE)) interactions.push(await interactionView(ctx, row));
  return { interactions, more: rows.length > EARLIER_PAGE };
}
