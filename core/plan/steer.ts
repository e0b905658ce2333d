/** What `wa-interaction` does to an interaction (contract 3.3), beside tags and notes. `by` in the audit log is the node's id. */
import { statement } from '../../store/store.ts';
import { mustBeOpen } from '../access.ts';
import { listId } from '../accounts.ts';
import type { Commands, Steered } from '../api.ts';
import { interactionView } from '../build-views.ts';
import { closeNow } from '../closing.ts';
import { audit, type Ctx } from '../context.ts';
import { getInteraction, type InteractionRow, setAgent } from '../interactions.ts';
import { give } from '../routing/give.ts';

type In<K extends keyof Commands> = Commands[K][0];

const setPriorityOf = statement<{ id: string; priority: number }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ priority: p('priority') })
    .where('id', '=', p('id')),
);
const setList = statement<{ contact: string; list: string }>()((db, p) =>
  db
    .updateTable('contact')
    .set({ list_id: p('list') })
    .where('id', '=', p('contact')),
);

const touch = statement<{ id: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

/**
 * What a message learns of what was done. Only a message that was current gets the new `seq`: a stale copy has to stay one.
 * @param before `plan_seq` before it was done
 */
async function answer(ctx: Ctx, ix: InteractionRow, before: number): Promise<Steered> {
  return { interaction: await interactionView(ctx, ix), seq: { before, now: ix.plan_seq } };
}

/** Gives the interaction to an agent without ringing (`give`). @throws CoreError `interaction_closed` and those of `give` */
export async function steerAssign(ctx: Ctx, input: In<'steerAssign'>): Promise<Steered> {
  const ix = await getInteraction(ctx, input.interaction);
  mustBeOpen(ix);
  const before = ix.plan_seq;
  await give(ctx, ix, input.agent, input.node);
  return answer(ctx, ix, before);
}

/** Takes the interaction from its agent: unassigned, unread. The plan position stays, so that the flow says what comes next. */
export async function steerUnassign(ctx: Ctx, input: In<'steerUnassign'>): Promise<Steered> {
  const ix = await getInteraction(ctx, input.interaction);
  mustBeOpen(ix);
  const { agent, plan_seq: before } = ix;
  if (agent !== null) {
    await setAgent(ctx, ix, null, false, null);
    await audit(ctx, 'interaction-released', input.node, {
      account: ix.account_id,
      interaction: ix.id,
      data: { agent },
    });
  }
  return answer(ctx, ix, before);
}

/**
 * Closes with any disposition of at most three levels, or none: a flow knows what it does, so neither the list nor its being mandatory
 * binds it. Closed by the same node already: nothing happens.
 * @throws CoreError `interaction_closed`
 */
export async function steerClose(ctx: Ctx, input: In<'steerClose'>): Promise<Steered> {
  const ix = await getInteraction(ctx, input.interaction);
  const before = ix.plan_seq;
  if (ix.status === 'closed' && ix.closed_by === input.node) return answer(ctx, ix, before);
  mustBeOpen(ix);
  await closeNow(ctx, ix, { by: input.node, disposition: input.disposition, note: ix.note });
  return answer(ctx, await getInteraction(ctx, ix.id), before);
}

/** Moves the contact to a list, which is created if it is unknown. */
export async function steerList(ctx: Ctx, input: In<'steerList'>): Promise<Steered> {
  const ix = await getInteraction(ctx, input.interaction);
  await ctx.tx.run(setList, { contact: ix.contact_id, list: await listId(ctx, input.list) });
  await ctx.tx.run(touch, { id: ix.id });
  ix.version++;
  ctx.changes.interactions.add(ix.id);
  return answer(ctx, ix, ix.plan_seq);
}

/** Higher is offered first among what waits in a queue; 0 is what every interaction begins with. */
export async function steerPriority(ctx: Ctx, input: In<'steerPriority'>): Promise<Steered> {
  const ix = await getInteraction(ctx, input.interaction);
  mustBeOpen(ix);
  await ctx.tx.run(setPriorityOf, { id: ix.id, priority: input.priority });
  return answer(ctx, ix, ix.plan_seq);
}
