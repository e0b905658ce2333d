import { statement } from '../../store/store.ts';
import type { Ctx } from '../context.ts';
import type { AgentActivity } from './api.ts';
import { idsOf } from './facts.ts';

const people = statement()((db) =>
  db.selectFrom('agent').select(['username', 'name', 'deleted_at']).orderBy('username'),
);
const stateAt = statement<{ username: string; at: number; end: string }>()((db, p) =>
  db
    .selectFrom('presence_change')
    .select(['at', 'state', 'pause'])
    .where('username', '=', p('username'))
    .where('id', '<', p('end'))
    .where('at', '<=', p('at'))
    .orderBy('id', 'desc')
    .limit(1),
);
const changes = statement<{ username: string; after: string; end: string; from: number; to: number }>()((db, p) =>
  db
    .selectFrom('presence_change')
    .select(['at', 'state', 'pause'])
    .where('username', '=', p('username'))
    .where('id', '>', p('after'))
    .where('id', '<', p('end'))
    .where('at', '>', p('from'))
    .where('at', '<', p('to'))
    .orderBy('id'),
);

export type Presences = Pick<AgentActivity, 'username' | 'name' | 'available' | 'paused' | 'offline' | 'pauses'>;

/** How long each agent was in which state in [from, to); of a time that has not come yet nothing counts. Before the first state: offline. */
export async function presences(ctx: Ctx, from: number, to: number): Promise<Presences[]> {
  const end = Math.min(to, Math.max(from, ctx.now));
  const ids = await idsOf(ctx, from, end);
  const before = await idsOf(ctx, from, from);
  const found: Presences[] = [];
  for (const { username, name, deleted_at: deleted } of await ctx.tx.all(people, {})) {
    const ms = { available: 0, paused: 0, offline: 0 };
    const pauses = new Map<string, { count: number; ms: number }>();
    let state = (await ctx.tx.first(stateAt, { username, at: from, end: before.end })) ?? {
      at: from,
      state: 'offline',
      pause: null,
    };
    let since = from;
    /** Whether the state began before the report. */
    let earlier = true;
    const until = (at: number) => {
      ms[state.state as keyof typeof ms] += at - since;
      if (state.state !== 'paused') return;
      const own = pauses.get(state.pause ?? '') ?? { count: 0, ms: 0 };
      own.ms += at - since;
      if (!earlier || at > since) own.count++;
      pauses.set(state.pause ?? '', own);
    };
    for (const next of await ctx.tx.all(changes, { username, ...ids, from, to: end })) {
      until(Number(next.at));
      state = next;
      since = Number(next.at);
      earlier = false;
    }
    until(end);
    // Who is gone is named where they worked.
    if (deleted !== null && ms.available + ms.paused === 0) continue;
    found.push({
      username,
      name,
      available: Math.round(ms.available / 1000),
      paused: Math.round(ms.paused / 1000),
      offline: Math.round(ms.offline / 1000),
      pauses: [...pauses]
        .map(([pause, own]) => ({ name: pause, count: own.count, seconds: Math.round(own.ms / 1000) }))
        .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1)),
    });
  }
  return found;
}
