import { mustBeOpen, visible } from '../access.ts';
import { type AgentRow, getAgent, isThere, presenceOf } from '../agents.ts';
import { type Commands, CoreError } from '../api.ts';
import { interactionView } from '../build-views.ts';
import { audit, type Ctx } from '../context.ts';
import { getInteraction } from '../interactions.ts';
import { choosePresence, leave } from '../presence.ts';
import { isSupervisor } from '../roles.ts';
import { give } from '../routing/give.ts';
import { giveBack } from '../routing/return.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** @throws CoreError 403 `forbidden` */
async function supervisor(ctx: Ctx, username: string): Promise<AgentRow> {
  const row = await getAgent(ctx, username);
  if (!isSupervisor(row)) throw new CoreError('forbidden', 403, 'Only supervisors may do this.');
  return row;
}

/** Watching leaves one entry in the audit log and nothing that the agent or the contact could see. Who has it does not spy. */
export async function spy(ctx: Ctx, input: In<'spy'>): Out<'spy'> {
  const { username } = await supervisor(ctx, input.username);
  const ix = await getInteraction(ctx, input.interaction);
  if (!input.again && ix.agent !== username)
    await audit(ctx, 'spied', username, { account: ix.account_id, interaction: ix.id, data: { agent: ix.agent } });
  return interactionView(ctx, ix);
}

export async function reassign(ctx: Ctx, input: In<'reassign'>): Out<'reassign'> {
  const by = await supervisor(ctx, input.by);
  const ix = await getInteraction(ctx, input.interaction);
  mustBeOpen(ix);
  const { agent, changed } = await give(ctx, ix, input.agent, by.username);
  // They did not ask for it: it has to show.
  if (changed) await giveBack(ctx, ix, agent, isThere(ctx, agent));
  return { interaction: await interactionView(ctx, ix) };
}

/** @throws CoreError 403 `forbidden`: only administrators do this to administrators; 409 `not_connected` */
export async function forcePresence(ctx: Ctx, input: In<'forcePresence'>): Out<'forcePresence'> {
  const by = await supervisor(ctx, input.by);
  const row = await getAgent(ctx, input.username);
  if (row.role === 'admin' && by.role !== 'admin')
    throw new CoreError('forbidden', 403, 'Only administrators may do this to an administrator.');
  if (input.state === 'offline')
    await leave(ctx, { username: row.username, release: input.release ?? false }, by.username);
  else await choosePresence(ctx, row, { presence: 'paused', pause: input.pause ?? null, by: by.username });
  return { presence: presenceOf(await getAgent(ctx, row.username)) };
}

export async function noteTranscript(ctx: Ctx, input: In<'noteTranscript'>): Out<'noteTranscript'> {
  const { ix, agent } = await visible(ctx, input.interaction, input.username);
  await audit(ctx, 'exported', agent.username, {
    account: ix.account_id,
    interaction: ix.id,
    data: { what: 'transcript' },
  });
  return null;
}
