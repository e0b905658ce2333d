import { statement } from '../store/store.ts';
import { agentView, getAgent } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { audit, type Ctx } from './context.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

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

const dropAll = statement<{ username: string }>()((db, p) =>
  db.deleteFrom('session').where('username', '=', p('username')),
);

/** Ends all log-ins of an agent. */
export const dropSessionsOf = (ctx: Ctx, username: string) => ctx.tx.run(dropAll, { username });
