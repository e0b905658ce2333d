import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import type { Ctx } from '../context.ts';
import { iso } from '../time.ts';
import { presences } from './activity.ts';
import type { AgentActivity, DispositionCount, Report, ReportKey, ReportRow } from './api.ts';
import { type Conversation, conversationsBetween, timesOf } from './conversations.ts';
import { messagesBetween, offersBetween, timeoutsBetween, transfersBetween } from './facts.ts';
import type { Slots } from './slots.ts';
import { spreadOf } from './spread.ts';

const accounts = statement()((db) => db.selectFrom('account').select(['id', 'key', 'name']));
const queues = statement()((db) => db.selectFrom('queue').select(['id', 'name']));
const agents = statement()((db) => db.selectFrom('agent').select(['username', 'name']));

/** What a fact is counted under. */
interface Where {
  account: string;
  queue: string | null;
  agent: string | null;
  disposition: string[];
  at: number;
}

class Group {
  messagesIn = 0;
  messagesOut = 0;
  interactions = 0;
  answered = 0;
  abandoned = 0;
  transfers = 0;
  readonly waiting: number[] = [];
  readonly firstResponse: number[] = [];
  readonly handling: number[] = [];

  add(c: Conversation): void {
    this.interactions++;
    if (c.inbound && c.assigned !== null) this.answered++;
    if (c.inbound && c.abandoned) this.abandoned++;
    const times = timesOf(c);
    for (const kind of ['waiting', 'firstResponse', 'handling'] as const) {
      const time = times[kind];
      if (time !== null) this[kind].push(time);
    }
  }

  row(key: string, name: string): ReportRow {
    const { messagesIn, messagesOut, interactions, answered, abandoned, transfers } = this;
    return {
      ...{ key, name, messagesIn, messagesOut, interactions, answered, abandoned, transfers },
      waiting: spreadOf(this.waiting),
      firstResponse: spreadOf(this.firstResponse),
      handling: spreadOf(this.handling),
    };
  }
}

const path = (disposition: string[]): string => disposition.join(' › ');

/** Which group a fact belongs to. */
const KEYS: Record<ReportKey, (of: Where, slots: Slots) => string> = {
  account: (of) => of.account,
  queue: (of) => of.queue ?? '',
  agent: (of) => of.agent ?? '',
  disposition: (of) => path(of.disposition),
  day: (of, slots) => slots.of(of.at).day,
  hour: (of, slots) => slots.of(of.at).hour,
  hourOfDay: (of, slots) => String(slots.of(of.at).hourOfDay).padStart(2, '0'),
  weekDay: (of, slots) => String(slots.of(of.at).weekDay + 1),
};

/** The figures of a time. Read in short steps, beside everything else that is asked for. */
export async function report(ctx: Ctx, input: Commands['report'][0]): Promise<Report> {
  // Loaded with the first report: time zones are a large library.
  const { rangeOf, Slots } = await import('./slots.ts');
  const { by, timezone } = input;
  const { from, to } = rangeOf(input.from, input.to, timezone);
  const slots = new Slots(timezone);
  const total = new Group();
  const groupings = new Map([by, ...(input.also ?? [])].map((key) => [key, new Map<string, Group>()]));
  const groupsOf = (of: Where): Group[] => [
    total,
    ...[...groupings].map(([by, groups]) => {
      const key = KEYS[by](of, slots);
      let group = groups.get(key);
      if (!group) {
        group = new Group();
        groups.set(key, group);
      }
      return group;
    }),
  ];
  const wanted = (account: string, queue: string | null): boolean =>
    (input.account === undefined || account === input.account) && (input.queue === undefined || queue === input.queue);
  const busyHours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  const tree: DispositionCount[] = [];
  let undisposed = 0;
  for await (const c of conversationsBetween(ctx, from, to)) {
    if (!wanted(c.account, c.queue)) continue;
    for (const group of groupsOf({ ...c, at: c.started })) group.add(c);
    if (c.inbound) {
      const { weekDay, hourOfDay } = slots.of(c.started);
      busyHours[weekDay]![hourOfDay]!++;
    }
    if (c.disposition.length > 0) count(tree, c.disposition);
    else if (c.closed !== null) undisposed++;
  }
  const out = new Map<string, number>();
  for await (const m of messagesBetween(ctx, from, to)) {
    const inbound = m.direction === 'in';
    if (!inbound) out.set(m.author, (out.get(m.author) ?? 0) + 1);
    if (!wanted(m.account_id, m.queue_id)) continue;
    const where = { account: m.account_id, queue: m.queue_id, disposition: JSON.parse(m.disposition) as string[] };
    // What the flow sends is nobody's.
    const agent = inbound ? m.agent : m.author === 'system' ? null : m.author;
    for (const group of groupsOf({ ...where, agent, at: Number(m.at) }))
      if (inbound) group.messagesIn++;
      else group.messagesOut++;
  }
  for await (const t of transfersBetween(ctx, from, to)) {
    if (!wanted(t.account_id, t.queue_id)) continue;
    const where = { account: t.account_id, queue: t.queue_id, disposition: JSON.parse(t.disposition) as string[] };
    for (const group of groupsOf({ ...where, agent: t.actor, at: Number(t.at) })) group.transfers++;
  }
  const rows = new Map<ReportKey, ReportRow[]>();
  for (const [key, groups] of groupings) rows.set(key, rowsOf(key, groups, await namesOf(ctx, key)));
  return {
    from: iso(from),
    to: iso(to),
    timezone,
    by,
    rows: rows.get(by)!,
    total: total.row('', ''),
    groups: Object.fromEntries((input.also ?? []).map((key) => [key, rows.get(key)!])),
    dispositions: sorted(tree),
    undisposed,
    timeouts: await timeouts(ctx, from, to, wanted),
    busyHours,
    agents: await activity(ctx, from, to, out),
  };
}

function rowsOf(by: ReportKey, groups: Map<string, Group>, names: ReadonlyMap<string, string>): ReportRow[] {
  const rows = [...groups].map(([key, group]) => group.row(key, names.get(key) ?? key));
  // Of the hour that comes twice the one with the greater offset is the first.
  if (by === 'hour') return rows.sort((a, b) => Date.parse(a.key) - Date.parse(b.key));
  return rows.sort((a, b) => (a.name === b.name ? (a.key < b.key ? -1 : 1) : a.name < b.name ? -1 : 1));
}

async function namesOf(ctx: Ctx, by: ReportKey): Promise<Map<string, string>> {
  if (by === 'account') return new Map((await ctx.tx.all(accounts, {})).map((r) => [r.id, r.name]));
  if (by === 'queue') return new Map((await ctx.tx.all(queues, {})).map((r) => [r.id, r.name]));
  if (by === 'agent') return new Map((await ctx.tx.all(agents, {})).map((r) => [r.username, r.name]));
  return new Map();
}

/** Counts an outcome at each level of its path. */
function count(tree: DispositionCount[], path: string[]): void {
  let level = tree;
  for (const name of path) {
    let found = level.find((d) => d.name === name);
    if (!found) {
      found = { name, count: 0, children: [] };
      level.push(found);
    }
    found.count++;
    level = found.children;
  }
}

const sorted = (level: DispositionCount[]): DispositionCount[] =>
  level
    .map((d) => ({ ...d, children: sorted(d.children) }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));

async function timeouts(
  ctx: Ctx,
  from: number,
  to: number,
  wanted: (account: string, queue: string | null) => boolean,
): Promise<Report['timeouts']> {
  const keyOf = new Map((await ctx.tx.all(accounts, {})).map((r) => [r.id, r.key]));
  const queueOf = new Map((await ctx.tx.all(queues, {})).map((r) => [r.id, r.name]));
  const found = new Map<string, Report['timeouts'][number]>();
  for await (const { node, kind, queue_id: queue, account_id: account } of timeoutsBetween(ctx, from, to)) {
    if (!wanted(account, queue)) continue;
    const key = JSON.stringify([node, kind, queue, account]);
    const own = found.get(key) ?? {
      node,
      kind,
      queue: queue === null ? null : (queueOf.get(queue) ?? queue),
      account: keyOf.get(account) ?? account,
      count: 0,
    };
    own.count++;
    found.set(key, own);
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.node < b.node ? -1 : 1));
}

async function activity(
  ctx: Ctx,
  from: number,
  to: number,
  out: ReadonlyMap<string, number>,
): Promise<AgentActivity[]> {
  const answers = new Map<string, Record<string, number>>();
  for await (const { agent, state } of offersBetween(ctx, from, to)) {
    const own = answers.get(agent) ?? {};
    own[state] = (own[state] ?? 0) + 1;
    answers.set(agent, own);
  }
  return (await presences(ctx, from, to)).map((presence) => {
    const { accepted = 0, rejected = 0, expired = 0 } = answers.get(presence.username) ?? {};
    return { ...presence, messagesOut: out.get(presence.username) ?? 0, accepted, rejected, expired };
  });
}
