import { statement } from '../store/store.ts';
import { dropMemberships } from './administration/members.ts';
import { agentView, findAgent, getAgent, recount } from './agents.ts';
import { type AgentRecord, type Commands, CoreError } from './api.ts';
import type { Ctx } from './context.ts';
import { signOut } from './presence.ts';
import { dropPrivateSearches } from './search/saved.ts';
import { dropSessionsOf } from './sessions.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const insert = statement<{
  username: string;
  name: string;
  role: string;
  capacity: number;
  hash: string;
  now: number;
}>()((db, p) =>
  db.insertInto('agent').values({
    username: p('username'),
    name: p('name'),
    role: p('role'),
    capacity: p('capacity'),
    password_hash: p('hash'),
    disabled: 0,
    presence: 'offline',
    presence_since: p('now'),
    connections: 0,
    load: 0,
    ready: 0,
  }),
);
const purgeDeleted = statement<{ username: string }>()((db, p) =>
  db.deleteFrom('agent').where('username', '=', p('username')).where('deleted_at', 'is not', null),
);

export async function createAgent(ctx: Ctx, input: In<'createAgent'>): Out<'createAgent'> {
  if (await findAgent(ctx, input.username))
    throw new CoreError('username_taken', 409, `There is an agent ${input.username} already.`, [
      { field: 'username', message: `There is an agent ${input.username} already.` },
    ]);
  await ctx.tx.run(purgeDeleted, { username: input.username });
  await ctx.tx.run(insert, {
    username: input.username,
    name: input.name,
    role: input.role,
    capacity: input.capacity,
    hash: input.passwordHash,
    now: ctx.now,
  });
  return agentView(await getAgent(ctx, input.username));
}

const update = statement<{
  username: string;
  name: string;
  role: string;
  capacity: number;
  hash: string;
  disabled: number;
  deleted: number | null;
}>()((db, p) =>
  db
    .updateTable('agent')
    .set({
      name: p('name'),
      role: p('role'),
      capacity: p('capacity'),
      password_hash: p('hash'),
      disabled: p('disabled'),
      deleted_at: p('deleted'),
    })
    .where('username', '=', p('username')),
);
export async function updateAgent(ctx: Ctx, input: In<'updateAgent'>): Out<'updateAgent'> {
  const row = await getAgent(ctx, input.username);
  const disabled = input.disabled === undefined ? row.disabled : input.disabled ? 1 : 0;
  await ctx.tx.run(update, {
    username: row.username,
    name: input.name ?? row.name,
    role: input.role ?? row.role,
    capacity: input.capacity ?? row.capacity,
    hash: input.passwordHash ?? row.password_hash,
    disabled,
    deleted: null,
  });
  // A password is changed because somebody else may know it: who is logged in with the old one is not any more.
  if (input.passwordHash !== undefined) await dropSessionsOf(ctx, row.username);
  if (disabled && !row.disabled) {
    await signOut(ctx, row);
    ctx.left.set(row.username, 'gone');
  }
  await recount(ctx, row.username);
  ctx.changes.presence.add(row.username);
  return agentView(await getAgent(ctx, row.username));
}

export async function deleteAgent(ctx: Ctx, input: In<'deleteAgent'>): Out<'deleteAgent'> {
  const row = await getAgent(ctx, input.username);
  await signOut(ctx, row);
  await ctx.tx.run(update, {
    username: row.username,
    name: row.name,
    role: row.role,
    capacity: row.capacity,
    hash: '',
    disabled: 1,
    deleted: ctx.now,
  });
  await dropMemberships(ctx, row.username);
  await dropPrivateSearches(ctx, row.username);
  ctx.left.set(row.username, 'gone');
  await recount(ctx, row.username);
  return null;
}

const page = statement<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('agent')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where('username', '>', p('after'))
    .orderBy('username')
    .limit(p('limit')),
);

export async function listAgents(ctx: Ctx, input: In<'listAgents'>): Out<'listAgents'> {
  const limit = Math.min(input.limit ?? 200, 1000);
  const rows = await ctx.tx.all(page, { after: input.cursor ?? '', limit: limit + 1 });
  const agents = rows.slice(0, limit).map(agentView);
  return { agents, next: rows.length > limit ? agents[agents.length - 1]!.username : null };
}

export async function agentRecord(ctx: Ctx, input: In<'agentRecord'>): Promise<AgentRecord | null> {
  const row = await findAgent(ctx, input.username);
  return row ? { ...agentView(row), passwordHash: row.password_hash } : null;
}
