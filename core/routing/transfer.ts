import { statement } from '../../store/store.ts';
import { actionable, mustBeOpen } from '../access.ts';
import { findAgent, isThere, recount } from '../agents.ts';
import { type AccountConfig, type Commands, CoreError } from '../api.ts';
import { type AccountRow, configOf, findAccount, interactionView } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { stopDisposing } from '../disposing.ts';
import { type InteractionRow, movePosition, setAgent, setTabState } from '../interactions.ts';
import { endInteraction, planEnded } from '../plan/end.ts';
import { isMember, servesAccount } from './eligible.ts';
import { comeBack, giveBack, handBack } from './return.ts';

const queueByName = statement<{ name: string; account: string }>()((db, p) =>
  db
    .selectFrom('queue')
    .select([
      'queue.id',
      (eb) =>
        eb
          .case()
          .when(servesAccount(p('account')))
          .then(1)
          .else(0)
          .end()
          .as('serves'),
    ])
    .where('queue.name', '=', p('name'))
    .where('queue.removed_at', 'is', null)
    .orderBy('queue.id')
    .limit(1),
);

interface Target {
  agent: string | null;
  queue: string | null;
  /** Seconds. */
  timeout: number;
}

/** @throws CoreError 403 `transfer_not_allowed`, 422 `unknown_agent`, `unknown_queue`, `not_in_account`, 409 `already_assigned` */
async function targetOf(ctx: Ctx, ix: InteractionRow, to: Commands['transfer'][0]['to']): Promise<Target> {
  const account = (await findAccount(ctx, ix.account_id)) as AccountRow;
  const config: AccountConfig = configOf(account);
  if ('queue' in to) {
    if (!config.transferToQueue)
      throw new CoreError(
        'transfer_not_allowed',
        403,
        `The account ${account.name} does not allow transfers to queues.`,
      );
    const queue = await ctx.tx.first(queueByName, { name: to.queue, account: ix.account_id });
    if (!queue) throw new CoreError('unknown_queue', 422, `There is no queue ${to.queue}.`);
    if (!queue.serves)
      throw new CoreError(
        'not_in_account',
        422,
        `Nobody in the queue ${to.queue} is added to the account ${account.name}.`,
      );
    return { agent: null, queue: queue.id, timeout: config.transferToQueueTimeout };
  }
  if (!config.transferToAgent)
    throw new CoreError('transfer_not_allowed', 403, `The account ${account.name} does not allow transfers to agents.`);
  const agent = await findAgent(ctx, to.agent);
  if (!agent || agent.disabled) throw new CoreError('unknown_agent', 422, `There is no agent ${to.agent}.`);
  if (!(await isMember(ctx, 'account', ix.account_id, agent.username)))
    throw new CoreError('not_in_account', 422, `${agent.name} is not added to the account ${account.name}.`);
  if (agent.username === ix.agent)
    throw new CoreError('already_assigned', 409, `${agent.name} has it already.`, { agent: agent.username });
  return { agent: agent.username, queue: null, timeout: config.transferToAgentTimeout };
}

/** What a transfer remembers for the case that it comes back. */
interface Kept {
  /** Whether the agent had it open. */
  tab: boolean;
  /** The queue it waited in. */
  queue: string | null;
}
const kept = (ix: InteractionRow) => JSON.parse(ix.step_result ?? '{}') as Partial<Kept>;
const isTransfer = (ix: InteractionRow): boolean => ix.plan_position === 'at' && ix.step_kind === 'transfer';

/**
 * Offers an interaction to another agent or to a queue (contract 5.9). It stays with its agent, whose tab closes, until somebody
 * accepts. Where the flow had it, the flow is done with it.
 */
export async function transfer(ctx: Ctx, input: Commands['transfer'][0]): Promise<Commands['transfer'][1]> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  if (ix.last_inbound_id === null)
    throw new CoreError(
      'no_inbound_message',
      409,
      'Only a conversation in which the contact has written can be transferred.',
    );
  const target = await targetOf(ctx, ix, input.to);
  const former = isTransfer(ix) ? kept(ix) : { tab: false, queue: ix.step_queue };
  const result: Kept = { tab: ix.tab_open === 1 || former.tab === true, queue: former.queue ?? null };
  const node = ix.plan_position === 'at' ? ix.step_node : null;
  await stopDisposing(ctx, ix);
  await endInteraction(ctx, ix, 'withdrawn');
  if (node !== null) await planEnded(ctx, ix, node, 'transferred');
  await setTabState(ctx, ix, false);
  if (ix.agent !== null) await recount(ctx, ix.agent);
  await movePosition(ctx, ix, {
    position: 'at',
    kind: 'transfer',
    queue: target.queue,
    // In a queue: who is not asked.
    agent: target.agent ?? ix.agent,
    since: ctx.now,
    deadline: ctx.now + target.timeout * 1000,
    accepting: true,
    result,
  });
  ctx.changes.queues = true;
  await audit(ctx, 'interaction-transferred', input.username, {
    account: ix.account_id,
    interaction: ix.id,
    data: { from: ix.agent, ...input.to },
  });
  ctx.waiting.add(ix.id);
  return { interaction: await interactionView(ctx, ix) };
}

async function noteReturned(ctx: Ctx, ix: InteractionRow, actor: string, reason: string): Promise<void> {
  await audit(ctx, 'transfer-returned', actor, {
    account: ix.account_id,
    interaction: ix.id,
    data: { agent: ix.agent, reason },
  });
}

/**
 * Nobody accepted: back to the agent who has it, unread; to one who is not there as contract 5.3 says. What nobody had is offered to
 * the queue it came from.
 */
export async function returnTransfer(ctx: Ctx, ix: InteractionRow, reason: string): Promise<void> {
  const { tab = false, queue = null } = kept(ix);
  const ended = reason === 'timeout' ? 'expired' : 'withdrawn';
  await noteReturned(ctx, ix, 'system', reason);
  const agent = ix.agent === null ? undefined : await findAgent(ctx, ix.agent);
  if (agent && !agent.disabled && isThere(ctx, agent)) {
    await endInteraction(ctx, ix, ended);
    return giveBack(ctx, ix, agent, tab);
  }
  if (ix.agent !== null) {
    await setTabState(ctx, ix, false, { unread: Math.max(ix.unread, 1) });
    return comeBack(ctx, ix, ended);
  }
  await setAgent(ctx, ix, null, false, null);
  await handBack(ctx, ix, queue ?? ix.queue_id, null, ended);
}

/** The agent who transferred it takes it back. */
export async function withdrawTransfer(ctx: Ctx, ix: InteractionRow, username: string): Promise<void> {
  if (!isTransfer(ix)) return;
  await noteReturned(ctx, ix, username, 'withdrawn');
  await endInteraction(ctx, ix, 'withdrawn');
}
