import { statement } from '../../store/store.ts';
import { findAgent } from '../agents.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import { rematchAccount, rematchQueue } from '../routing/members.ts';
import type { Membership, MemberView } from './api.ts';
import { missing } from './page.ts';

export type Kind = 'account' | 'queue';

const membersOf = statement<{ kind: Kind; target: string }>()((db, p) =>
  db
    .selectFrom('member')
    .select(['username', 'source'])
    .where('kind', '=', p('kind'))
    .where('target', '=', p('target'))
    .orderBy('username')
    .orderBy('source', 'desc'),
);
const targetsOf = statement<{ username: string }>()((db, p) =>
  db
    .selectFrom('member')
    .select(['kind', 'target', 'source'])
    .where('username', '=', p('username'))
    .orderBy('kind')
    .orderBy('target')
    .orderBy('source', 'desc'),
);
const add = statement<{ kind: Kind; target: string; username: string }>()((db, p) =>
  db.insertInto('member').values({ kind: p('kind'), target: p('target'), username: p('username'), source: 'admin' }),
);
const remove = statement<{ kind: Kind; target: string; username: string }>()((db, p) =>
  db
    .deleteFrom('member')
    .where('kind', '=', p('kind'))
    .where('target', '=', p('target'))
    .where('username', '=', p('username'))
    .where('source', '=', 'admin'),
);
const queueByIdOrName = statement<{ id: string }>()((db, p) =>
  db
    .selectFrom('queue')
    .select('id')
    .where((eb) => eb.or([eb('id', '=', p('id')), eb('name', '=', p('id'))]))
    .orderBy('removed_at'),
);
const accountByIdOrNode = statement<{ id: string }>()((db, p) =>
  db
    .selectFrom('account')
    .select('id')
    .where((eb) => eb.or([eb('id', '=', p('id')), eb('node_id', '=', p('id'))])),
);

/** Store id of an account (by id or node), or of a queue (by id or name). @throws CoreError `not_found` */
export async function targetId(ctx: Ctx, kind: Kind, id: string): Promise<string> {
  const rows = await ctx.tx.all(kind === 'account' ? accountByIdOrNode : queueByIdOrName, { id });
  const row = rows.find((r) => r.id === id) ?? rows[0];
  if (!row) throw missing(`${kind} ${id}`);
  return row.id;
}

/** The members of an account or queue, by username. */
export async function membersView(ctx: Ctx, kind: Kind, target: string): Promise<MemberView[]> {
  const members = new Map<string, MemberView>();
  for (const { username, source } of await ctx.tx.all(membersOf, { kind, target })) {
    const known = members.get(username);
    if (known) known.sources.push(source);
    else members.set(username, { username, sources: [source] });
  }
  return [...members.values()];
}

/** What names an agent. */
export async function membershipsOf(ctx: Ctx, username: string): Promise<Record<Kind, Membership[]>> {
  const found: Record<Kind, Membership[]> = { account: [], queue: [] };
  for (const { kind, target, source } of await ctx.tx.all(targetsOf, { username })) {
    const last = found[kind].at(-1);
    if (last?.id === target) last.sources.push(source);
    else found[kind].push({ id: target, sources: [source] });
  }
  return found;
}

/** What rings for who left ends, who joined is asked. */
async function rematch(ctx: Ctx, kind: Kind, target: string): Promise<void> {
  await (kind === 'account' ? rematchAccount : rematchQueue)(ctx, target);
  ctx.changes.queues = true;
}

/** @throws CoreError 422 `unknown_agent` that names them */
async function mustExist(ctx: Ctx, usernames: Iterable<string>): Promise<void> {
  const unknown: string[] = [];
  for (const username of usernames) if (username !== '*' && !(await findAgent(ctx, username))) unknown.push(username);
  if (unknown.length > 0)
    throw new CoreError(
      'unknown_agent',
      422,
      `There is no agent ${unknown.join(', ')}.`,
      unknown.map((username) => ({ field: 'agents', message: `there is no agent ${username}` })),
    );
}

/** Who is a member because the administration says so; at once effective, and without a deploy. */
export async function setMembers(ctx: Ctx, input: Commands['setMembers'][0]): Promise<Commands['setMembers'][1]> {
  const { kind } = input;
  const target = await targetId(ctx, kind, input.target);
  const wanted = new Set(input.agents);
  await mustExist(ctx, wanted);
  let changed = false;
  for (const { username, sources } of await membersView(ctx, kind, target)) {
    if (!sources.includes('admin') || wanted.delete(username)) continue;
    await ctx.tx.run(remove, { kind, target, username });
    changed = true;
  }
  for (const username of wanted) {
    await ctx.tx.run(add, { kind, target, username });
    changed = true;
  }
  if (changed) await rematch(ctx, kind, target);
  return { agents: await membersView(ctx, kind, target) };
}

/** The other direction: all accounts (queues) that the administration adds an agent to. */
export async function setMembershipsOf(ctx: Ctx, username: string, kind: Kind, targets: string[]): Promise<void> {
  const wanted = new Set<string>();
  for (const target of targets) wanted.add(await targetId(ctx, kind, target));
  const changed = new Set<string>();
  for (const { id: target, sources } of (await membershipsOf(ctx, username))[kind]) {
    if (!sources.includes('admin') || wanted.delete(target)) continue;
    await ctx.tx.run(remove, { kind, target, username });
    changed.add(target);
  }
  for (const target of wanted) {
    await ctx.tx.run(add, { kind, target, username });
    changed.add(target);
  }
  for (const target of changed) await rematch(ctx, kind, target);
}

/** An agent who is gone is nobody's member; one who is made later with that name begins anew. */
export async function dropMemberships(ctx: Ctx, username: string): Promise<void> {
  for (const kind of ['account', 'queue'] as const) await setMembershipsOf(ctx, username, kind, []);
}
