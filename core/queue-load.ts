import type { ExpressionBuilder } from 'kysely';
import type { Schema } from '../store/schema.ts';
import { statement } from '../store/store.ts';
import { type Ctx, lit } from './context.ts';
import { isSupervisor } from './roles.ts';
import { hasMember } from './routing/eligible.ts';
import type { DeskView } from './views.ts';

type QueueViews = DeskView['queues'];
/** Whom a view of the queues is for. */
export interface Viewer {
  username: string;
  role: string;
}

/** Waiting is counted to this many; a desk needs no more. */
const COUNTED = 1000;

/** How many wait in the queue in scope. */
export const waitingIn = (eb: ExpressionBuilder<Schema, 'queue'>) =>
  eb
    .selectFrom(
      eb
        .selectFrom('interaction')
        .select('interaction.id')
        .whereRef('interaction.step_queue', '=', 'queue.id')
        .where('interaction.step_accepting', '=', lit(1))
        .limit(COUNTED)
        .as('w'),
    )
    .select((c) => c.fn.countAll<number>().as('n'));

/** Queues with how many wait in them and since when: those of an agent, or all. */
const load = statement<{ agent: string; all: number }>()((db, p) =>
  db
    .selectFrom('queue')
    .select((eb) => [
      'queue.id',
      'queue.name',
      waitingIn(eb).as('waiting'),
      eb
        .selectFrom('interaction')
        .whereRef('interaction.step_queue', '=', 'queue.id')
        .where('interaction.step_accepting', '=', lit(1))
        .select((c) => c.fn.min('interaction.step_since').as('since'))
        .as('since'),
    ])
    .where('queue.removed_at', 'is', null)
    .where((eb) => eb.or([eb(eb.val(p('all')), '=', 1), hasMember('queue', 'queue.id', p('agent'))]))
    .orderBy('queue.name'),
);
const members = statement({ kept: true })((db) =>
  db.selectFrom('member').select(['target', 'username']).distinct().where('kind', '=', 'queue'),
);

type Load = { id: string; name: string; waiting: number | null; since: number | null };

const view = (ctx: Ctx, { name, waiting, since }: Load): QueueViews[number] => ({
  name,
  waiting: Number(waiting),
  longestWait: since == null ? 0 : Math.max(0, Math.round((ctx.now - Number(since)) / 1000)),
});

/** Per queue of the agent how many wait and since when (seconds). */
export async function queuesView(ctx: Ctx, agent: Viewer): Promise<QueueViews> {
  const rows = await ctx.tx.all(load, { agent: agent.username, all: isSupervisor(agent) ? 1 : 0 });
  return rows.map((r) => view(ctx, r));
}

/** The same for many agents: each queue is counted once, and those who see the same queues are together. */
export async function queuesViews(ctx: Ctx, agents: Viewer[]): Promise<{ to: string[]; queues: QueueViews }[]> {
  const of = new Map<string, Set<string>>();
  for (const { target, username } of await ctx.tx.all(members, {}))
    of.set(target, (of.get(target) ?? new Set()).add(username));
  const seen = agents.map(() => [] as number[]);
  const queues = (await ctx.tx.all(load, { agent: '', all: 1 })).map((row, q) => {
    const names = of.get(row.id);
    agents.forEach((a, i) => {
      if (isSupervisor(a) || names?.has(a.username) || names?.has('*')) seen[i]!.push(q);
    });
    return view(ctx, row);
  });
  const groups = new Map<string, { to: string[]; queues: QueueViews }>();
  agents.forEach(({ username }, i) => {
    const key = seen[i]!.join(' ');
    const group = groups.get(key);
    if (group) group.to.push(username);
    else groups.set(key, { to: [username], queues: seen[i]!.map((q) => queues[q]!) });
  });
  return [...groups.values()];
}
