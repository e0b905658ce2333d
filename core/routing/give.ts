import { type AgentRow, findAgent } from '../agents.ts';
import { CoreError } from '../api.ts';
import { audit, type Ctx } from '../context.ts';
import { type InteractionRow, setAgent } from '../interactions.ts';
import { endInteraction, endStep } from '../plan/end.ts';
import { isMember } from './eligible.ts';

/**
 * Gives an open interaction to an agent without ringing: the tab stays closed, and the plan is done with it. What waits in a routing
 * step leaves it by its first output, `superseded`.
 * @param actor who does it: a username or a node id
 * @returns whether anything changed: not if it is theirs already, and nothing waits
 * @throws CoreError `unknown_agent`, `agent_disabled`, `not_in_account`
 */
export async function give(
  ctx: Ctx,
  ix: InteractionRow,
  username: string,
  actor: string,
): Promise<{ agent: AgentRow; changed: boolean }> {
  const agent = await findAgent(ctx, username);
  if (!agent) throw new CoreError('unknown_agent', 404, `There is no agent ${username}.`);
  if (agent.disabled) throw new CoreError('agent_disabled', 409, `The agent ${agent.username} is disabled.`);
  if (!(await isMember(ctx, 'account', ix.account_id, agent.username)))
    throw new CoreError('not_in_account', 409, `${agent.username} is not an agent of this account.`);
  const { agent: from } = ix;
  // Given a second time: it is theirs already, and they may have it open by now.
  if (from === agent.username && ix.plan_position === 'none') return { agent, changed: false };
  if (from !== agent.username) {
    await setAgent(ctx, ix, agent.username, false, null);
    await audit(ctx, 'interaction-assigned', actor, {
      account: ix.account_id,
      interaction: ix.id,
      data: { agent: agent.username, from, queue: null },
    });
  }
  if (ix.plan_position === 'at' && ix.step_node !== null) await endStep(ctx, ix, 0, 'superseded', agent.username);
  else await endInteraction(ctx, ix, 'rescinded');
  return { agent, changed: true };
}
