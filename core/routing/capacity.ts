import { statement } from '../../store/store.ts';
import type { AgentRow } from '../agents.ts';
import { CoreError } from '../api.ts';
import { type Ctx, lit } from '../context.ts';

const tabsOf = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('agent', '=', p('agent'))
    .where('tab_open', '=', 1)
    .where('status', '=', lit('open')),
);

/** Whether an agent may open one more conversation. */
export async function hasRoom(ctx: Ctx, agent: AgentRow): Promise<boolean> {
  return Number((await ctx.tx.first(tabsOf, { agent: agent.username }))?.n ?? 0) < agent.capacity;
}

/**
 * Refuses an agent who may not open one more conversation. What else rings does not count here: it did when it was offered, and would
 * otherwise keep an agent without any open conversation from taking one.
 * @throws CoreError 409 `at_capacity`, 403 `agent_disabled`
 */
export async function checkCapacity(ctx: Ctx, agent: AgentRow): Promise<void> {
  if (agent.disabled) throw new CoreError('agent_disabled', 403, `The agent ${agent.username} is disabled.`);
  if (!(await hasRoom(ctx, agent)))
    throw new CoreError('at_capacity', 409, 'You have as many conversations open as you may have.');
}
