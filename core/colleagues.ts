import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { getAgent, presenceOf } from './agents.ts';
import type { Commands } from './api.ts';
import { type AccountRow, configOf, findAccount } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { waitingIn } from './queue-load.ts';
import { isMemberOf, servesAccount } from './routing/eligible.ts';

const everybody = statement()((db) => db.selectFrom('agent').select(['username', 'name']).orderBy('username'));

/** The names of all agents there are or were: a conversation keeps the usernames of those who have left. */
export async function colleagues(ctx: Ctx, input: Commands['colleagues'][0]): Promise<Commands['colleagues'][1]> {
  await getAgent(ctx, input.username);
  return { colleagues: await ctx.tx.all(everybody, {}) };
}

const agentsOf = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('agent')
    .selectAll()
    .where('agent.deleted_at', 'is', null)
    .where('agent.disabled', '=', 0)
    .where((eb) => isMemberOf(eb, 'account', p('account')))
    .orderBy('agent.name'),
);

const queuesOf = statement<{ account: string; except: string }>()((db, p) =>
  db
    .selectFrom('queue')
    .select((eb) => [
      'queue.name',
      waitingIn(eb).as('waiting'),
      eb
        .selectFrom('agent')
        .where('agent.ready', '=', lit(1))
        .where('agent.username', '<>', p('except'))
        .where((a) => isMemberOf(a, 'account', p('account')))
        .where((a) =>
          a.exists(
            a
              .selectFrom('member')
              .select('member.username')
              .where('member.kind', '=', 'queue')
              .whereRef('member.target', '=', 'queue.id')
              .where((m) => m.or([m('member.username', '=', m.ref('agent.username')), m('member.username', '=', '*')])),
          ),
        )
        .select((c) => c.fn.countAll<number>().as('n'))
        .as('ready'),
    ])
    .where('queue.removed_at', 'is', null)
    .where(servesAccount(p('account')))
    .orderBy('queue.name'),
);

/** Whom an interaction can be transferred to, and whether they could take it now. */
export async function transferTargets(
  ctx: Ctx,
  input: Commands['transferTargets'][0],
): Promise<Commands['transferTargets'][1]> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  const config = configOf((await findAccount(ctx, ix.account_id)) as AccountRow);
  const account = ix.account_id;
  const agents = config.transferToAgent ? await ctx.tx.all(agentsOf, { account }) : [];
  const queues = config.transferToQueue ? await ctx.tx.all(queuesOf, { account, except: ix.agent ?? '' }) : [];
  return {
    agents: agents
      .filter((a) => a.username !== ix.agent)
      .map((a) => ({
        username: a.username,
        name: a.name,
        presence: presenceOf(a),
        load: a.load,
        capacity: a.capacity,
        ready: a.ready === 1,
      })),
    queues: queues.map((q) => ({ name: q.name, waiting: Number(q.waiting), ready: Number(q.ready) })),
    allowed: { agent: config.transferToAgent, queue: config.transferToQueue },
  };
}
