import { statement } from '../store/store.ts';
import { actionable, mustBeOpen } from './access.ts';
import { findAgent, getAgent, presenceOf } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { findAccount } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { closingRules } from './dispositions.ts';
import type { InteractionRow } from './interactions.ts';
import { resumeOf, setPresenceRow } from './presence.ts';
import type { PresenceState } from './views.ts';

const setDisposing = statement<{ id: string; agent: string | null }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ disposing: p('agent') })
    .where('id', '=', p('id')),
);
const disposedBy = statement<{ agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('disposing', 'is not', lit(null))
    .where('disposing', '=', p('agent'))
    .orderBy('id')
    .limit(1),
);

/**
 * Somebody pressed Close: they are in the account's disposition pause until they have closed it or cancel (contract 5.10). The live
 * connection is what ends it if their browser dies.
 * @throws CoreError 409 `not_connected`
 */
export async function startClosing(ctx: Ctx, input: Commands['startClosing'][0]): Promise<Commands['startClosing'][1]> {
  const { ix, agent } = await actionable(ctx, input.interaction, input.username);
  mustBeOpen(ix);
  if (agent.connections === 0)
    throw new CoreError('not_connected', 409, 'Presence needs a live desk connection: open the desk first.');
  if (ix.disposing !== agent.username) {
    if (ix.disposing !== null) ctx.disposed.add(ix.disposing);
    await ctx.tx.run(setDisposing, { id: ix.id, agent: agent.username });
  }
  const { pause } = await closingRules(ctx, ix, await findAccount(ctx, ix.account_id));
  const resume =
    agent.resume_presence === null
      ? { presence: agent.presence, pause: agent.pause, since: agent.presence_since }
      : resumeOf(agent);
  await setPresenceRow(ctx, agent, { presence: 'paused', pause, resume });
  return { presence: presenceOf(await getAgent(ctx, agent.username)) };
}

/** Cancels what `startClosing` began; without effect if it has ended already. */
export async function cancelClosing(ctx: Ctx, input: Commands['cancelClosing'][0]): Promise<null> {
  const { ix } = await actionable(ctx, input.interaction, input.username);
  if (ix.disposing === input.username) await stopDisposing(ctx, ix);
  return null;
}

/** Nobody disposes it any more. Who did is back in the state before at the end of the command. */
export async function stopDisposing(ctx: Ctx, ix: InteractionRow): Promise<void> {
  if (ix.disposing === null) return;
  ctx.disposed.add(ix.disposing);
  ix.disposing = null;
  await ctx.tx.run(setDisposing, { id: ix.id, agent: null });
}

/** The state before the disposition pause, once nothing is disposed any more; else the pause of what is. */
export async function resumePresence(ctx: Ctx, username: string): Promise<void> {
  const agent = await findAgent(ctx, username);
  if (!agent || agent.resume_presence === null || agent.presence === 'offline') return;
  const other = await ctx.tx.first(disposedBy, { agent: username });
  const resume = resumeOf(agent);
  if (other) {
    const { pause } = await closingRules(ctx, other, await findAccount(ctx, other.account_id));
    return setPresenceRow(ctx, agent, { presence: 'paused', pause, resume });
  }
  const { presence, pause, since } = resume;
  await setPresenceRow(ctx, agent, {
    presence: presence as PresenceState,
    pause,
    ...(since === null ? {} : { since }),
    resume: null,
  });
}
