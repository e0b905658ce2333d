import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import type { Commands, Notify } from './api.ts';
import { findAccount, interactionView, nameOfQueue } from './build-views.ts';
import { type Ctx, lit } from './context.ts';
import { lastWritten } from './desk.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { renderNotification } from './notification.ts';
import { atPosition, done, remember } from './once.ts';
import { tell } from './publish.ts';
import { isSupervisor } from './roles.ts';
import { isMember } from './routing/eligible.ts';
import { iso } from './time.ts';
import type { NotificationView } from './views.ts';

const connected = statement()((db) =>
  db.selectFrom('agent').select(['username', 'role']).where('connections', '>', lit(0)).orderBy('username'),
);

/** Where the interaction waits, else the queue that delivered it last. */
const queueOf = (ix: InteractionRow): string | null => ix.step_queue ?? ix.queue_id;

/** The connected agents of an audience, by username. */
async function audienceOf(ctx: Ctx, ix: InteractionRow, { audience, usernames }: Notify): Promise<string[]> {
  const there = await ctx.tx.all(connected, {});
  const queue = queueOf(ix);
  const belongs = async (agent: { username: string; role: string }): Promise<boolean> => {
    switch (audience) {
      case 'agent':
        return agent.username === ix.agent;
      case 'usernames':
        return usernames.includes(agent.username);
      case 'supervisors':
        return isSupervisor(agent);
      case 'queue':
        if (queue === null || !(await isMember(ctx, 'queue', queue, agent.username))) return false;
        return isMember(ctx, 'account', ix.account_id, agent.username);
      case 'account':
        return isMember(ctx, 'account', ix.account_id, agent.username);
    }
  };
  const found: string[] = [];
  for (const agent of there) if (await belongs(agent)) found.push(agent.username);
  return found;
}

/**
 * `wa-notify`. A notification is a hint to who is there now: it is not kept for others.
 * @returns how many agents it reached
 */
export async function notify(ctx: Ctx, input: Notify): Promise<Commands['notify'][1]> {
  const ix = await getInteraction(ctx, input.interaction);
  const { actor, audience, usernames, template, level } = input;
  // By the template, not the text: that may contain the time.
  const act = atPosition(actor, ix.id, `notify ${JSON.stringify([audience, usernames, template, level])}`);
  if (await done(ctx, act)) return { reached: 0, repeated: true };
  await remember(ctx, act, null);
  const to = await audienceOf(ctx, ix, input);
  if (to.length === 0) return { reached: 0, repeated: false };
  const account = await findAccount(ctx, ix.account_id);
  const config = JSON.parse(account?.config ?? '{}') as { template?: string; sound?: boolean; shake?: boolean };
  const data: NotificationView = {
    id: newId(ctx.now),
    level,
    text: renderNotification(template || (config.template ?? ''), {
      interaction: await interactionView(ctx, ix),
      message: await lastWritten(ctx, ix),
      phone: account?.phone ?? '',
      queue: await nameOfQueue(ctx, queueOf(ix)),
      agent: ix.agent ?? '',
      now: ctx.now,
    }),
    sound: input.sound ?? config.sound ?? true,
    shake: input.shake ?? config.shake ?? true,
    interactionId: ix.id,
    at: iso(ctx.now),
  };
  tell(ctx, to, 'notification', data);
  return { reached: to.length, repeated: false };
}
