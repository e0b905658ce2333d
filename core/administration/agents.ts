/** Agents with what names them, and the rule that somebody can always administer. */
import { statement } from '../../store/store.ts';
import { createAgent, deleteAgent, listAgents, updateAgent } from '../agent-admin.ts';
import { agentView, getAgent } from '../agents.ts';
import { type Commands, CoreError } from '../api.ts';
import { type Ctx, lit } from '../context.ts';
import type { AgentView } from '../views.ts';
import type { AgentChange, AgentOverview } from './api.ts';
import { membershipsOf, setMembershipsOf } from './members.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

async function overview(ctx: Ctx, view: AgentView): Promise<AgentOverview> {
  const { account, queue } = await membershipsOf(ctx, view.username);
  return { ...view, accounts: account, queues: queue };
}

export async function listAgentOverviews(ctx: Ctx, input: In<'listAgentOverviews'>): Out<'listAgentOverviews'> {
  const page = await listAgents(ctx, input);
  const agents: AgentOverview[] = [];
  for (const view of page.agents) agents.push(await overview(ctx, view));
  return { agents, next: page.next };
}

export async function agentOverview(ctx: Ctx, input: In<'agentOverview'>): Out<'agentOverview'> {
  return overview(ctx, agentView(await getAgent(ctx, input.username)));
}

/** The accounts and queues that a change names, if it names them. */
export async function setMemberships(ctx: Ctx, { username, accounts, queues }: AgentChange): Promise<void> {
  if (accounts) await setMembershipsOf(ctx, username, 'account', accounts);
  if (queues) await setMembershipsOf(ctx, username, 'queue', queues);
}

export async function addAgent(ctx: Ctx, input: In<'addAgent'>): Out<'addAgent'> {
  const { username, name, role, capacity, passwordHash } = input;
  await createAgent(ctx, { username, name, role, capacity, passwordHash });
  await setMemberships(ctx, input);
  return agentOverview(ctx, { username });
}

const otherAdmin = statement<{ username: string }>()((db, p) =>
  db
    .selectFrom('agent')
    .select('username')
    .where('role', '=', lit('admin'))
    .where('disabled', '=', 0)
    .where('deleted_at', 'is', null)
    .where('username', '<>', p('username'))
    .limit(1),
);

/** @throws CoreError 409 `last_admin` */
async function mustNotBeLast(ctx: Ctx, username: string): Promise<void> {
  const row = await getAgent(ctx, username);
  if (row.role !== 'admin' || row.disabled || (await ctx.tx.first(otherAdmin, { username }))) return;
  throw new CoreError('last_admin', 409, `${row.name} is the last administrator: make another one first.`);
}

export async function changeAgent(ctx: Ctx, input: In<'changeAgent'>): Out<'changeAgent'> {
  const { accounts: _a, queues: _q, ...change } = input;
  if (change.disabled || (change.role !== undefined && change.role !== 'admin'))
    await mustNotBeLast(ctx, input.username);
  await updateAgent(ctx, change);
  await setMemberships(ctx, input);
  return agentOverview(ctx, input);
}

export async function removeAgent(ctx: Ctx, input: In<'removeAgent'>): Out<'removeAgent'> {
  await mustNotBeLast(ctx, input.username);
  return deleteAgent(ctx, input);
}
