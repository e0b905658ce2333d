import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { type AgentRow, findAgent, getAgent, presenceOf, recount, SUPERVISING } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { audit, type Ctx, lit } from './context.ts';
import { endBetween } from './plan/end.ts';
import { releaseAllOf } from './routing/return.ts';
import { dropSessionsOf } from './sessions.ts';
import type { PresenceState } from './views.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

const addConnection = statement<{ id: string; username: string; now: number; runtime: string | null }>()((db, p) =>
  db
    .insertInto('connection')
    .values({
      id: p('id'),
      username: p('username'),
      opened_at: p('now'),
      seen_at: p('now'),
      runtime: p('runtime'),
    })
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
  release: number | null;
  resume_presence: string | null;
  resume_pause: string | null;
  resume_since: number | null;
}>()((db, p) =>
  db
    .updateTable('agent')
    .set({
      presence: p('presence'),
      pause: p('pause'),
      presence_since: p('since'),
      connections: p('connections'),
      lost_at: p('lost'),
      release_at: p('release'),
      resume_presence: p('resume_presence'),
      resume_pause: p('resume_pause'),
      resume_since: p('resume_since'),
    })
    .where('username', '=', p('username')),
);
const noteChange = statement<{ username: string; id: string; at: number; state: string; pause: string | null }>()(
  (db, p) =>
    db
      .insertInto('presence_change')
      .values({ username: p('username'), id: p('id'), at: p('at'), state: p('state'), pause: p('pause') }),
);
const releaseAfter = statement<{ name: string }>()((db, p) =>
  db.selectFrom('pause').select('release_after').where('name', '=', p('name')),
);

/** The state of presence that follows a disposition pause, with its begin (epoch ms); all null if there is none. */
export interface Resume {
  presence: string | null;
  pause: string | null;
  since: number | null;
}
const NO_RESUME: Resume = { presence: null, pause: null, since: null };
export const resumeOf = (row: AgentRow): Resume => ({
  presence: row.resume_presence,
  pause: row.resume_pause,
  since: row.resume_since,
});

interface PresenceChange {
  presence: PresenceState;
  pause: string | null;
  /** Epoch ms; absent: now if the state changes. */
  since?: number;
  /** What is absent stays. */
  connections?: number;
  lost?: number | null;
  resume?: Resume | null;
  /** The supervisor who does it, if it is not the agent. */
  by?: string;
}

/** The one place that changes presence. The deadline of a pause that has one counts from the begin of the pause. */
export async function setPresenceRow(ctx: Ctx, row: AgentRow, to: PresenceChange): Promise<void> {
  const { username } = row;
  const same = row.presence === to.presence && row.pause === to.pause;
  const since = to.since ?? (same ? row.presence_since : ctx.now);
  const resume = to.resume === undefined ? resumeOf(row) : (to.resume ?? NO_RESUME);
  await ctx.tx.run(setPresenceStatement, {
    username,
    presence: to.presence,
    pause: to.pause,
    since,
    connections: to.connections ?? row.connections,
    lost: to.lost === undefined ? row.lost_at : to.lost,
    release: same && since === row.presence_since ? row.release_at : await endOfPause(ctx, to, since),
    resume_presence: resume.presence,
    resume_pause: resume.pause,
    resume_since: resume.since,
  });
  if (!same) {
    ctx.changes.presence.add(username);
    const change = { username, id: newId(ctx.now), at: ctx.now, state: to.presence, pause: to.pause };
    await ctx.tx.run(noteChange, change);
    const by = to.by === undefined ? {} : { by: to.by };
    if (to.presence === 'available') await audit(ctx, 'agent-available', username);
    if (to.presence === 'paused') await audit(ctx, 'agent-paused', username, { data: { pause: to.pause, ...by } });
  }
  await recount(ctx, username);
}

async function endOfPause(ctx: Ctx, to: PresenceChange, since: number): Promise<number | null> {
  if (to.presence !== 'paused' || to.pause === null) return null;
  const minutes = (await ctx.tx.first(releaseAfter, { name: to.pause }))?.release_after ?? 0;
  return minutes > 0 ? since + minutes * 60_000 : null;
}

async function connectionsOf(ctx: Ctx, username: string): Promise<number> {
  return Number((await ctx.tx.first(countConnections, { username }))?.n ?? 0);
}

export async function connect(ctx: Ctx, input: In<'connect'>): Out<'connect'> {
  const row = await getAgent(ctx, input.username);
  if (row.disabled) throw new CoreError('agent_disabled', 403, `The agent ${input.username} is disabled.`);
  await ctx.tx.run(addConnection, {
    id: input.connection,
    username: input.username,
    now: ctx.now,
    runtime: ctx.settings.runtime ?? null,
  });
  const connections = await connectionsOf(ctx, input.username);
  if (!input.quiet && isSupervising(row))
    await setPresenceRow(ctx, row, { presence: 'available', pause: null, connections, lost: null });
  else if (row.presence !== 'offline')
    await setPresenceRow(ctx, row, {
      presence: row.presence as PresenceState,
      pause: row.pause,
      connections,
      lost: null,
    });
  else if (input.quiet)
    await setPresenceRow(ctx, row, { presence: 'paused', pause: SUPERVISING, connections, lost: null, resume: null });
  else {
    // Whose connection was lost while disposing is in the state before that.
    const paused = row.resume_presence === 'paused';
    await setPresenceRow(ctx, row, {
      presence: paused ? 'paused' : 'available',
      pause: paused ? row.resume_pause : null,
      connections,
      lost: null,
      resume: null,
    });
  }
  // An agent without tabs and offers is matched even if nothing else changed.
  ctx.freed.add(input.username);
  return { presence: presenceOf(await getAgent(ctx, input.username)) };
}

const isSupervising = (row: AgentRow): boolean => row.presence === 'paused' && row.pause === SUPERVISING;

export async function disconnect(ctx: Ctx, input: In<'disconnect'>): Out<'disconnect'> {
  const owner = await ctx.tx.first(connectionOwner, { id: input.connection });
  if (!owner) return null;
  await ctx.tx.run(dropConnection, { id: input.connection });
  const row = await findAgent(ctx, owner.username);
  if (!row) return null;
  const connections = await connectionsOf(ctx, owner.username);
  if (input.quiet && connections > 0 && row.presence === 'available') {
    await setPresenceRow(ctx, row, { presence: 'paused', pause: SUPERVISING, connections, lost: null });
    return null;
  }
  const lost = connections > 0 || row.presence === 'offline' ? null : ctx.now;
  await setPresenceRow(ctx, row, { presence: row.presence as PresenceState, pause: row.pause, connections, lost });
  return null;
}

export async function heartbeat(ctx: Ctx, input: In<'heartbeat'>): Out<'heartbeat'> {
  const lost: string[] = [];
  for (const id of input.connections) if ((await ctx.tx.run(seen, { id, now: ctx.now })) === 0) lost.push(id);
  return { lost };
}

export async function setPresence(ctx: Ctx, input: In<'setPresence'>): Out<'setPresence'> {
  const row = await getAgent(ctx, input.username);
  const pause = input.state === 'paused' ? (input.pause ?? null) : null;
  await choosePresence(ctx, row, { presence: input.state, pause });
  return { presence: presenceOf(await getAgent(ctx, input.username)) };
}

/** What an agent, or a supervisor for them, chooses. @throws CoreError 409 `not_connected` */
export async function choosePresence(
  ctx: Ctx,
  row: AgentRow,
  to: Pick<PresenceChange, 'presence' | 'pause' | 'by'>,
): Promise<void> {
  if (row.connections === 0)
    throw new CoreError('not_connected', 409, 'Presence needs a live desk connection: open the desk first.');
  // Who disposes stays in that pause; what is chosen meanwhile follows it.
  if (row.resume_presence === null) await setPresenceRow(ctx, row, to);
  else
    await setPresenceRow(ctx, row, {
      presence: row.presence as PresenceState,
      pause: row.pause,
      resume: { presence: to.presence, pause: to.pause, since: ctx.now },
    });
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
    .selectAll()
    .where('agent', '=', p('username'))
    .where('tab_open', '=', 1)
    .where('status', '=', lit('open')),
);
const stopDisposing = statement<{ username: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ disposing: null })
    .where('disposing', 'is not', lit(null))
    .where('disposing', '=', p('username')),
);

/**
 * Log-out: the tabs close, the agent goes offline; what is assigned stays assigned, or is handed back.
 * @param by the supervisor who does it, if it is not the agent
 */
export async function leave(ctx: Ctx, input: In<'leave'>, by?: string): Out<'leave'> {
  const { username } = input;
  for (const ix of await ctx.tx.all(openTabs, { username })) {
    ctx.changes.interactions.add(ix.id);
    await endBetween(ctx, ix);
  }
  await ctx.tx.run(closeTabs, { username });
  const row = await findAgent(ctx, username);
  if (row) await signOut(ctx, row);
  if (row && input.release) await releaseAllOf(ctx, username, by ?? username);
  ctx.left.set(username, 'away');
  await audit(ctx, 'agent-logout', username, by === undefined ? {} : { data: { by } });
  return null;
}

/** Ends sessions, streams and what the agent was disposing, and takes them offline. */
export async function signOut(ctx: Ctx, row: AgentRow): Promise<void> {
  const { username } = row;
  await dropSessionsOf(ctx, username);
  await ctx.tx.run(dropConnections, { username });
  await ctx.tx.run(stopDisposing, { username });
  await setPresenceRow(ctx, row, { presence: 'offline', pause: null, connections: 0, lost: null, resume: null });
  ctx.effects.push({ kind: 'signed-out', username });
}

const lostSince = statement<{ before: number }>()((db, p) =>
  db.selectFrom('agent').selectAll().where('lost_at', 'is not', lit(null)).where('lost_at', '<=', p('before')),
);

/**
 * Agents whose last connection is gone for `offlineAfter` go offline. Their tabs stay theirs and count again when they are back; what
 * they were disposing stays open.
 */
export async function expirePresence(ctx: Ctx): Promise<void> {
  for (const { id } of await ctx.tx.all(staleConnections, { before: ctx.now - CONNECTION_LEASE }))
    await disconnect(ctx, { connection: id });
  for (const row of await ctx.tx.all(lostSince, { before: ctx.now - ctx.settings.offlineAfter * 1000 })) {
    await ctx.tx.run(stopDisposing, { username: row.username });
    await setPresenceRow(ctx, row, { presence: 'offline', pause: null, connections: 0, lost: null });
    ctx.left.set(row.username, 'away');
  }
}

/** Without a heartbeat for this long (ms) a connection is lost. */
export const CONNECTION_LEASE = 60_000;

/** After a start no connection of the earlier process lives; its agents get the grace of `offlineAfter`. */
export async function forgetConnections(ctx: Ctx): Promise<void> {
  for (const { id } of await ctx.tx.all(allConnections, {})) await disconnect(ctx, { connection: id });
}
