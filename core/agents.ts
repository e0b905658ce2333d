import type { Selectable } from 'kysely';
import type { AgentTable } from '../store/schema.ts';
import { statement } from '../store/store.ts';
import { type AgentRecord, type Commands, CoreError } from './api.ts';
import { audit, type Ctx, lit } from './context.ts';
import { iso } from './time.ts';
import type { AgentView, Presence, PresenceState, Role } from './views.ts';

export type AgentRow = Selectable<AgentTable>;
type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const byName = statement<{ username: string }>()((db, p) =>
  db.selectFrom('agent').selectAll().where('username', '=', p('username')).where('deleted_at', 'is', null),
);

/** @throws CoreError `not_found` */
export async function getAgent(ctx: Ctx, username: string): Promise<AgentRow> {
  const row = await ctx.tx.first(byName, { username });
  if (!row) throw new CoreError('not_found', 404, `There is no agent ${username}.`);
  return row;
}

export const findAgent = (ctx: Ctx, username: string) => ctx.tx.first(byName, { username });

export function presenceOf(row: AgentRow): Presence {
  return { state: row.presence as PresenceState, pause: row.pause, since: iso(row.presence_since) };
}

export function agentView(row: AgentRow): AgentView {
  return {
    username: row.username,
    name: row.name,
    role: row.role as Role,
    capacity: row.capacity,
    disabled: row.disabled === 1,
    presence: presenceOf(row),
  };
}

/** Whether tabs of this agent count as open: connected, or disconnected for less than `offlineAfter`. */
export function isThere(ctx: Ctx, row: AgentRow): boolean {
  if (row.connections > 0) return true;
  return row.lost_at !== null && ctx.now - row.lost_at < ctx.settings.offlineAfter * 1000;
}

const loadOf = statement<{ username: string }>()((db, p) =>
  db
    .selectFrom('agent')
    .where('username', '=', p('username'))
    .select((eb) => [
      'capacity',
      'disabled',
      'deleted_at',
      'presence',
      'connections',
      'load',
      'ready',
      eb
        .selectFrom('interaction')
        .where('agent', '=', p('username'))
        .where('tab_open', '=', 1)
        .where('status', '=', lit('open'))
        .select(eb.fn.countAll<number>().as('n'))
        .as('tabs'),
      eb
        .selectFrom('offer')
        .where('agent', '=', p('username'))
        .where('state', '=', lit('ringing'))
        .select(eb.fn.countAll<number>().as('n'))
        .as('ringing'),
    ]),
);
const setLoad = statement<{ username: string; load: number; ready: number }>()((db, p) =>
  db
    .updateTable('agent')
    .set({ load: p('load'), ready: p('ready') })
    .where('username', '=', p('username')),
);

/**
 * Counts an agent's open tabs and ringing offers afresh and keeps `load` and `ready`. Call it after anything that changes one of
 * them; who can take more than before is matched when the command is done.
 */
export async function recount(ctx: Ctx, username: string): Promise<void> {
  const a = await ctx.tx.first(loadOf, { username });
  if (!a) return;
  const load = Number(a.tabs) + Number(a.ringing);
  const ready =
    !a.disabled && a.deleted_at === null && a.presence === 'available' && a.connections > 0 && load < a.capacity
      ? 1
      : 0;
  if (load !== a.load || ready !== a.ready) await ctx.tx.run(setLoad, { username, load, ready });
  if (ready && (load < a.load || !a.ready)) ctx.freed.add(username);
}

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
const dropSessions = statement<{ username: string }>()((db, p) =>
  db.deleteFrom('session').where('username', '=', p('username')),
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
  if (input.passwordHash !== undefined) await ctx.tx.run(dropSessions, { username: row.username });
  if (disabled && !row.disabled) {
    await signOut(ctx, row.username);
    ctx.left.set(row.username, 'gone');
  }
  await recount(ctx, row.username);
  ctx.changes.presence.add(row.username);
  return agentView(await getAgent(ctx, row.username));
}

export async function deleteAgent(ctx: Ctx, input: In<'deleteAgent'>): Out<'deleteAgent'> {
  const row = await getAgent(ctx, input.username);
  await signOut(ctx, row.username);
  await ctx.tx.run(update, {
    username: row.username,
    name: row.name,
    role: row.role,
    capacity: row.capacity,
    hash: '',
    disabled: 1,
    deleted: ctx.now,
  });
  ctx.left.set(row.username, 'gone');
  await recount(ctx, row.username);
  return null;
}

/** Ends sessions and streams, and takes the agent offline. */
async function signOut(ctx: Ctx, username: string): Promise<void> {
  await ctx.tx.run(dropSessions, { username });
  await ctx.tx.run(dropConnections, { username });
  await setPresenceRow(ctx, username, 'offline', null, 0, null);
  ctx.effects.push({ kind: 'signed-out', username });
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

// Sessions

const insertSession = statement<{ hash: string; username: string; now: number; expires: number }>()((db, p) =>
  db
    .insertInto('session')
    .values({ token_hash: p('hash'), username: p('username'), created_at: p('now'), expires_at: p('expires') }),
);
const dropExpired = statement<{ now: number }>()((db, p) =>
  db.deleteFrom('session').where('expires_at', '<=', p('now')),
);
const sessionAgent = statement<{ hash: string; now: number }>()((db, p) =>
  db
    .selectFrom('session')
    .innerJoin('agent', 'agent.username', 'session.username')
    .selectAll('agent')
    .select('session.expires_at')
    .where('token_hash', '=', p('hash'))
    .where('expires_at', '>', p('now'))
    .where('disabled', '=', 0)
    .where('deleted_at', 'is', null),
);
const dropSession = statement<{ hash: string }>()((db, p) =>
  db.deleteFrom('session').where('token_hash', '=', p('hash')),
);

/** Forgets sessions that are over; nobody can use them any more. */
export async function expireSessions(ctx: Ctx): Promise<void> {
  await ctx.tx.run(dropExpired, { now: ctx.now });
}

export async function openSession(ctx: Ctx, input: In<'openSession'>): Out<'openSession'> {
  const agent = await getAgent(ctx, input.username);
  if (agent.disabled) throw new CoreError('agent_disabled', 403, `The agent ${input.username} is disabled.`);
  await expireSessions(ctx);
  await ctx.tx.run(insertSession, {
    hash: input.tokenHash,
    username: input.username,
    now: ctx.now,
    expires: input.expiresAt,
  });
  await audit(ctx, 'agent-login', input.username);
  return null;
}

export async function findSession(ctx: Ctx, input: In<'findSession'>): Out<'findSession'> {
  const row = await ctx.tx.first(sessionAgent, { hash: input.tokenHash, now: ctx.now });
  return row ? { agent: agentView(row), expiresAt: row.expires_at } : null;
}

export async function closeSession(ctx: Ctx, input: In<'closeSession'>): Out<'closeSession'> {
  await ctx.tx.run(dropSession, { hash: input.tokenHash });
  return null;
}

// Presence and live connections

const addConnection = statement<{ id: string; username: string; now: number }>()((db, p) =>
  db
    .insertInto('connection')
    .values({ id: p('id'), username: p('username'), opened_at: p('now'), seen_at: p('now') })
    .onConflict((c) => c.column('id').doUpdateSet({ seen_at: p('now') })),
);
const dropConnection = statement<{ id: string }>()((db, p) => db.deleteFrom('connection').where('id', '=', p('id')));
const dropConnections = statement<{ username: string }>()((db, p) =>
  db.deleteFrom('connection').where('username', '=', p('username')),
);
const connectionOwner = statement<{ id: string }>()((db, p) =>
  db.selectFrom('connection').select('username').where('id', '=', p('id')),
);
const countConnections = statement<{ username: string }>()((db, p) =>
  db
    .selectFrom('connection')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('username', '=', p('username')),
);
const seen = statement<{ id: string; now: number }>()((db, p) =>
  db
    .updateTable('connection')
    .set({ seen_at: p('now') })
    .where('id', '=', p('id')),
);
const allConnections = statement()((db) => db.selectFrom('connection').select(['id', 'username']));
const staleConnections = statement<{ before: number }>()((db, p) =>
  db.selectFrom('connection').select('id').where('seen_at', '<=', p('before')),
);
const setPresenceStatement = statement<{
  username: string;
  presence: string;
  pause: string | null;
  since: number;
  connections: number;
  lost: number | null;
}>()((db, p) =>
  db
    .updateTable('agent')
    .set({
      presence: p('presence'),
      pause: p('pause'),
      presence_since: p('since'),
      connections: p('connections'),
      lost_at: p('lost'),
    })
    .where('username', '=', p('username')),
);

async function setPresenceRow(
  ctx: Ctx,
  username: string,
  presence: PresenceState,
  pause: string | null,
  connections: number,
  lost: number | null,
): Promise<void> {
  const row = await findAgent(ctx, username);
  if (!row) return;
  const same = row.presence === presence && row.pause === pause;
  const since = same ? row.presence_since : ctx.now;
  await ctx.tx.run(setPresenceStatement, { username, presence, pause, since, connections, lost });
  if (!same) {
    ctx.changes.presence.add(username);
    if (presence === 'available') await audit(ctx, 'agent-available', username);
    if (presence === 'paused') await audit(ctx, 'agent-paused', username, { data: { pause } });
  }
  await recount(ctx, username);
}

async function connectionsOf(ctx: Ctx, username: string): Promise<number> {
  return Number((await ctx.tx.first(countConnections, { username }))?.n ?? 0);
}

export async function connect(ctx: Ctx, input: In<'connect'>): Out<'connect'> {
  const row = await getAgent(ctx, input.username);
  if (row.disabled) throw new CoreError('agent_disabled', 403, `The agent ${input.username} is disabled.`);
  await ctx.tx.run(addConnection, { id: input.connection, username: input.username, now: ctx.now });
  const connections = await connectionsOf(ctx, input.username);
  const state = row.presence === 'offline' ? 'available' : (row.presence as PresenceState);
  await setPresenceRow(ctx, input.username, state, row.presence === 'offline' ? null : row.pause, connections, null);
  // An agent without tabs and offers is matched even if nothing else changed.
  ctx.freed.add(input.username);
  return { presence: presenceOf(await getAgent(ctx, input.username)) };
}

export async function disconnect(ctx: Ctx, input: In<'disconnect'>): Out<'disconnect'> {
  const owner = await ctx.tx.first(connectionOwner, { id: input.connection });
  if (!owner) return null;
  await ctx.tx.run(dropConnection, { id: input.connection });
  const row = await findAgent(ctx, owner.username);
  if (!row) return null;
  const connections = await connectionsOf(ctx, owner.username);
  const lost = connections > 0 || row.presence === 'offline' ? null : ctx.now;
  await setPresenceRow(ctx, owner.username, row.presence as PresenceState, row.pause, connections, lost);
  return null;
}

export async function heartbeat(ctx: Ctx, input: In<'heartbeat'>): Out<'heartbeat'> {
  for (const id of input.connections) await ctx.tx.run(seen, { id, now: ctx.now });
  return null;
}

export async function setPresence(ctx: Ctx, input: In<'setPresence'>): Out<'setPresence'> {
  const row = await getAgent(ctx, input.username);
  if (row.connections === 0)
    throw new CoreError('not_connected', 409, 'Presence needs a live desk connection: open the desk first.');
  const pause = input.state === 'paused' ? (input.pause ?? null) : null;
  await setPresenceRow(ctx, input.username, input.state, pause, row.connections, row.lost_at);
  return { presence: presenceOf(await getAgent(ctx, input.username)) };
}

const closeTabs = statement<{ username: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ tab_open: 0, version: eb('version', '+', 1) }))
    .where('agent', '=', p('username'))
    .where('tab_open', '=', 1)
    .where('status', '=', lit('open')),
);
const openTabs = statement<{ username: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('agent', '=', p('username'))
    .where('tab_open', '=', 1)
    .where('status', '=', lit('open')),
);

/** Log-out: the tabs close, the agent goes offline; what is assigned stays assigned. */
export async function leave(ctx: Ctx, input: In<'leave'>): Out<'leave'> {
  for (const { id } of await ctx.tx.all(openTabs, input)) ctx.changes.interactions.add(id);
  await ctx.tx.run(closeTabs, input);
  await ctx.tx.run(dropConnections, input);
  await ctx.tx.run(dropSessions, input);
  await setPresenceRow(ctx, input.username, 'offline', null, 0, null);
  ctx.left.set(input.username, 'away');
  await audit(ctx, 'agent-logout', input.username);
  ctx.effects.push({ kind: 'signed-out', username: input.username });
  return null;
}

const lostSince = statement<{ before: number }>()((db, p) =>
  db.selectFrom('agent').select('username').where('lost_at', 'is not', lit(null)).where('lost_at', '<=', p('before')),
);

/** Agents whose last connection is gone for `offlineAfter` go offline. Their tabs stay theirs and count again when they are back. */
export async function expirePresence(ctx: Ctx): Promise<void> {
  for (const { id } of await ctx.tx.all(staleConnections, { before: ctx.now - CONNECTION_LEASE }))
    await disconnect(ctx, { connection: id });
  for (const { username } of await ctx.tx.all(lostSince, { before: ctx.now - ctx.settings.offlineAfter * 1000 })) {
    await setPresenceRow(ctx, username, 'offline', null, 0, null);
    ctx.left.set(username, 'away');
  }
}

/** Without a heartbeat for this long (ms) a connection is lost. */
export const CONNECTION_LEASE = 60_000;

/** After a start no connection of the earlier process lives; its agents get the grace of `offlineAfter`. */
export async function forgetConnections(ctx: Ctx): Promise<void> {
  for (const { id } of await ctx.tx.all(allConnections, {})) await disconnect(ctx, { connection: id });
}
