import { statement } from '../store/store.ts';
import { actionable, mustBeOpen, visible } from './access.ts';
import { type AgentRow, getAgent, recount } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { interactionView } from './build-views.ts';
import type { Ctx } from './context.ts';
import { getInteraction, type InteractionRow, runSynced, setTabState } from './interactions.ts';
import { endBetween } from './plan/end.ts';
import { isSupervisor } from './roles.ts';
import { assign } from './routing/answer.ts';
import { checkCapacity } from './routing/capacity.ts';
import { isMember } from './routing/eligible.ts';
import { releaseAllOf, releaseInteraction } from './routing/return.ts';
import { withdrawTransfer } from './routing/transfer.ts';
import { showSign } from './signs.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

export async function take(ctx: Ctx, input: In<'take'>): Out<'take'> {
  const agent = await getAgent(ctx, input.username);
  const ix = await getInteraction(ctx, input.interaction);
  if (ix.status === 'open' && ix.agent === input.username) return openTab(ctx, ix, agent);
  if (!isSupervisor(agent)) {
    if (!(await isMember(ctx, 'account', ix.account_id, agent.username)))
      throw new CoreError('forbidden', 403, 'You are not an agent of this account.');
    // They saw it in their list a moment ago: a colleague was faster, which is no lack of permission.
    if (ix.status === 'open' && ix.agent !== null)
      throw new CoreError('already_assigned', 409, 'A colleague has it.', { agent: ix.agent });
  }
  mustBeOpen(ix);
  await checkCapacity(ctx, agent);
  await assign(ctx, ix, input.username, ix.plan_position === 'at' ? ix.step_queue : null);
  return { interaction: await interactionView(ctx, ix) };
}

export async function release(ctx: Ctx, input: In<'release'>): Out<'release'> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  await releaseInteraction(ctx, ix, input.username);
  return { interaction: await interactionView(ctx, ix) };
}

/** Supervisors hand back all that an agent has. */
export async function releaseAgentBy(ctx: Ctx, input: In<'releaseAgent'>): Out<'releaseAgent'> {
  const by = await getAgent(ctx, input.by);
  if (!isSupervisor(by)) throw new CoreError('forbidden', 403, 'Only supervisors release what an agent has.');
  const { username } = await getAgent(ctx, input.username);
  return { released: await releaseAllOf(ctx, username, by.username) };
}

async function openTab(ctx: Ctx, ix: InteractionRow, agent: AgentRow): Out<'setTab'> {
  if (ix.tab_open) return { interaction: await interactionView(ctx, ix) };
  await checkCapacity(ctx, agent);
  await setTabState(ctx, ix, true);
  // It is asked whether they take it: opening the tab is the answer.
  if (ix.plan_position === 'at' && (ix.step_kind === 'route' || ix.step_kind === 'return'))
    await assign(ctx, ix, agent.username, null);
  await withdrawTransfer(ctx, ix, agent.username);
  await recount(ctx, agent.username);
  return { interaction: await interactionView(ctx, ix) };
}

export async function setTab(ctx: Ctx, input: In<'setTab'>): Out<'setTab'> {
  const { ix, agent } = await actionable(ctx, input.interaction, input.username);
  if (input.open) {
    mustBeOpen(ix);
    if (ix.agent !== agent.username)
      throw new CoreError('not_assigned', 409, 'This interaction is not assigned to you.', { agent: ix.agent });
    return openTab(ctx, ix, agent);
  }
  if (ix.tab_open) {
    await endBetween(ctx, ix);
    await setTabState(ctx, ix, false);
    if (ix.agent) await recount(ctx, ix.agent);
  }
  return { interaction: await interactionView(ctx, ix) };
}

const setRead = statement<{ id: string }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ unread: 0, version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

/** Only the one who answers reads; a supervisor who looks leaves no trace. */
export async function markRead(ctx: Ctx, input: In<'markRead'>): Out<'markRead'> {
  const { ix } = await visible(ctx, input.interaction, input.username);
  if (ix.unread > 0 && ix.agent === input.username) {
    ix.unread = 0;
    ix.version++;
    await runSynced(ctx, ix, setRead, { id: ix.id });
    ctx.changes.interactions.add(ix.id);
    await showSign(ctx, ix, 'read');
  }
  return { interaction: await interactionView(ctx, ix) };
}
