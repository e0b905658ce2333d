import { statement } from '../../store/store.ts';
import { presenceOf } from '../agents.ts';
import type { Commands } from '../api.ts';
import { type Ctx, lit } from '../context.ts';
import { nobodyReason } from '../routing/eligible.ts';
import { iso, isoOrNull } from '../time.ts';
import type { Role } from '../views.ts';
import type { AgentNow, Outcome, QueueNow } from './api.ts';
import { conversationsBetween, timesOf } from './conversations.ts';

const queues = statement()((db) =>
  db.selectFrom('queue').select(['id', 'name']).where('removed_at', 'is', null).orderBy('name'),
);
const agents = statement()((db) =>
  db.selectFrom('agent').selectAll().where('deleted_at', 'is', null).where('disabled', '=', 0).orderBy('username'),
);
const queueMembers = statement()((db) =>
  db.selectFrom('member').select(['target', 'username']).distinct().where('kind', '=', 'queue'),
);
const accepting = statement()((db) =>
  db
    .selectFrom('interaction')
    .select((eb) => ['step_queue', eb.fn.countAll<number>().as('n'), eb.fn.min('step_since').as('since')])
    .where('step_accepting', '=', lit(1))
    .where('step_queue', 'is not', null)
    .groupBy('step_queue'),
);
/** What rings one agent after the other, and is not offered to others meanwhile. */
const ringing = statement()((db) =>
  db
    .selectFrom('offer')
    .innerJoin('interaction', 'interaction.id', 'offer.interaction_id')
    .select(['interaction.id', 'interaction.step_queue', 'interaction.step_since'])
    .distinct()
    .where('offer.state', '=', lit('ringing'))
    .where('interaction.step_accepting', '=', 0)
    .where('interaction.step_queue', 'is not', null),
);
const longest = statement<{ queue: string; since: number }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('account_id')
    .where('step_queue', '=', p('queue'))
    .where('step_accepting', '=', lit(1))
    .where('step_since', '=', p('since'))
    .limit(1),
);
const assigned = statement()((db) =>
  db
    .selectFrom('interaction')
    .select((eb) => ['agent', eb.fn.countAll<number>().as('n'), eb.fn.sum<number>('tab_open').as('open')])
    .where('status', '=', lit('open'))
    .groupBy('agent'),
);
const rings = statement()((db) =>
  db
    .selectFrom('offer')
    .select((eb) => ['agent', eb.fn.countAll<number>().as('n')])
    .where('state', '=', lit('ringing'))
    .groupBy('agent'),
);
const tabs = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .innerJoin('account', 'account.id', 'interaction.account_id')
    .leftJoin('contact', 'contact.id', 'interaction.contact_id')
    .leftJoin('queue', 'queue.id', 'interaction.queue_id')
    .select(['interaction.id', 'account.key', 'contact.name as contact', 'interaction.address', 'queue.name as queue'])
    .select(['interaction.assigned_at', 'interaction.unread', 'interaction.unanswered_since'])
    .where('interaction.agent', '=', p('agent'))
    .where('interaction.tab_open', '=', 1)
    .where('interaction.status', '=', lit('open'))
    .orderBy('interaction.assigned_at'),
);

/** How it stands now. Everything is read from indexes over what is under way, whatever the history is. */
export async function realtime(ctx: Ctx): Promise<Commands['realtime'][1]> {
  const people = await ctx.tx.all(agents, {});
  const members = new Map<string, Set<string>>();
  for (const { target, username } of await ctx.tx.all(queueMembers, {}))
    members.set(target, (members.get(target) ?? new Set()).add(username));
  const isIn = (queue: string, username: string) => {
    const of = members.get(queue);
    return of !== undefined && (of.has('*') || of.has(username));
  };
  const waiting = await waitingByQueue(ctx);
  const named = await ctx.tx.all(queues, {});
  const queuesNow: QueueNow[] = [];
  for (const { id, name } of named) {
    const counts = { available: 0, paused: 0, offline: 0 };
    for (const { username, presence } of people) if (isIn(id, username)) counts[presence as keyof typeof counts]++;
    const own = waiting.get(id);
    queuesNow.push({
      id,
      name,
      waiting: own?.n ?? 0,
      longestWait: own ? Math.max(0, Math.round((ctx.now - own.since) / 1000)) : 0,
      nobody: own ? await reason(ctx, id, own.accepting) : null,
      agents: counts,
    });
  }
  const load = new Map((await ctx.tx.all(assigned, {})).map((r) => [r.agent, r]));
  const ring = new Map((await ctx.tx.all(rings, {})).map((r) => [r.agent, Number(r.n)]));
  const agentsNow: AgentNow[] = [];
  for (const row of people) {
    const own = load.get(row.username);
    const open = Number(own?.open ?? 0);
    agentsNow.push({
      username: row.username,
      name: row.name,
      role: row.role as Role,
      presence: presenceOf(row),
      capacity: row.capacity,
      assigned: Number(own?.n ?? 0),
      open,
      ringing: ring.get(row.username) ?? 0,
      queues: named.filter(({ id }) => isIn(id, row.username)).map(({ name }) => name),
      handling: open > 0 ? await handling(ctx, row.username) : [],
    });
  }
  const sum = (of: Iterable<number>) => [...of].reduce((a, b) => a + b, 0);
  return {
    at: iso(ctx.now),
    totals: {
      open: sum([...load.values()].map((r) => Number(r.n))),
      unassigned: Number(load.get(null)?.n ?? 0),
      waiting: sum(queuesNow.map((q) => q.waiting)),
    },
    queues: queuesNow,
    agents: agentsNow,
  };
}

interface Waiting {
  n: number;
  since: number;
  /** Since when the longest of those waits that may be offered to somebody; null if all of them ring. */
  accepting: number | null;
}

async function waitingByQueue(ctx: Ctx): Promise<Map<string, Waiting>> {
  const found = new Map<string, Waiting>();
  for (const { step_queue: queue, n, since } of await ctx.tx.all(accepting, {}))
    if (queue !== null) found.set(queue, { n: Number(n), since: Number(since), accepting: Number(since) });
  for (const { step_queue: queue, step_since } of await ctx.tx.all(ringing, {})) {
    if (queue === null) continue;
    const since = Number(step_since ?? ctx.now);
    const own = found.get(queue) ?? { n: 0, since, accepting: null };
    own.n++;
    own.since = Math.min(own.since, since);
    found.set(queue, own);
  }
  return found;
}

async function reason(ctx: Ctx, queue: string, since: number | null): Promise<string | null> {
  if (since === null) return null;
  const row = await ctx.tx.first(longest, { queue, since });
  return row ? nobodyReason(ctx, { queue, account: row.account_id }) : null;
}

async function handling(ctx: Ctx, agent: string): Promise<AgentNow['handling']> {
  return (await ctx.tx.all(tabs, { agent })).map((r) => ({
    id: r.id,
    account: r.key,
    contact: r.contact ?? r.address,
    queue: r.queue,
    assignedAt: isoOrNull(r.assigned_at),
    unread: r.unread,
    unansweredSince: isoOrNull(r.unanswered_since),
  }));
}

class Tally {
  started = 0;
  answered = 0;
  abandoned = 0;
  inTime = 0;
  readonly times = { waiting: [0, 0], firstResponse: [0, 0], handling: [0, 0] };

  outcome(): Outcome {
    const average = ([sum, n]: number[]) => (n === 0 ? null : Math.round((sum! / n!) * 10) / 10);
    const decided = this.answered + this.abandoned;
    return {
      started: this.started,
      answered: this.answered,
      abandoned: this.abandoned,
      serviceLevel: decided === 0 ? null : this.inTime / decided,
      wait: average(this.times.waiting),
      firstResponse: average(this.times.firstResponse),
      handling: average(this.times.handling),
    };
  }
}

/** How what contacts began since a moment went. */
export async function outcomes(ctx: Ctx, input: Commands['outcomes'][0]): Promise<Commands['outcomes'][1]> {
  const all = new Tally();
  const byQueue = new Map<string, Tally>();
  for await (const c of conversationsBetween(ctx, input.since, Number.MAX_SAFE_INTEGER)) {
    if (!c.inbound) continue;
    const key = c.queue ?? '';
    const own = byQueue.get(key) ?? new Tally();
    byQueue.set(key, own);
    const times = timesOf(c);
    for (const tally of [all, own]) {
      tally.started++;
      if (c.assigned !== null) tally.answered++;
      if (c.abandoned) tally.abandoned++;
      if (times.waiting !== null && times.waiting <= input.answerWithin) tally.inTime++;
      for (const kind of ['waiting', 'firstResponse', 'handling'] as const) {
        const time = times[kind];
        if (time === null) continue;
        tally.times[kind][0]! += time;
        tally.times[kind][1]!++;
      }
    }
  }
  const queues = Object.fromEntries([...byQueue].map(([id, tally]) => [id, tally.outcome()]));
  return { all: all.outcome(), queues };
}
