import type { Selectable } from 'kysely';
import type { AgentTable } from '../store/schema.ts';
import { statement } from '../store/store.ts';
import { CoreError } from './api.ts';
import { type Ctx, lit } from './context.ts';
import { iso } from './time.ts';
import type { AgentView, Presence, PresenceState, Role } from './views.ts';

export type AgentRow = Selectable<AgentTable>;

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

/**
 * Whether tabs of this agent count as open: connected, or disconnected for less than `offlineAfter`, and not in a pause for longer than
 * its `releaseAfter`.
 */
export function isThere(ctx: Ctx, row: AgentRow): boolean {
  if (row.presence === 'paused' && row.pause === SUPERVISING) return false;
  if (row.release_at !== null && row.release_at <= ctx.now) return false;
  if (row.connections > 0) return true;
  return row.lost_at !== null && ctx.now - row.lost_at < ctx.settings.offlineAfter * 1000;
}

/** The pause of who only watches: no desk of theirs is open. */
export const SUPERVISING = 'Supervising';

/** What changes with every assignment: `load` and `ready`. Kept reads that look at these name it. */
export const LOAD = 'load';

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
const setLoad = statement<{ username: string; load: number; ready: number }>({ part: LOAD })((db, p) =>
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
