import { statement } from '../store/store.ts';
import { findAgent } from './agents.ts';
import { type AccountRow, configOf } from './build-views.ts';
import { audit, type Ctx } from './context.ts';
import type { InteractionRow } from './interactions.ts';
import { isMember } from './routing/eligible.ts';
import { firstLook } from './silence.ts';

const lastOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .orderBy('started_at', 'desc')
    .limit(1),
);
/** The contact's latest interaction with the account. */
export const lastInteraction = (ctx: Ctx, contact: string, account: string) =>
  ctx.tx.first(lastOf, { contact, account });

const setOpen = statement<{ id: string; agent: string | null; at: number | null; look: number | null }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({
      status: 'open',
      closed_at: null,
      closed_by: null,
      disposition: '[]',
      agent: p('agent'),
      assigned_at: p('at'),
      auto_close_at: p('look'),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', p('id')),
);

/**
 * The interaction that a message reopens because it comes within the account's `reopenMinutes` after the close. Its last agent has it
 * again, without an open tab, so that `wa-route` asks them.
 */
export async function reopenLast(ctx: Ctx, account: AccountRow, contact: string): Promise<InteractionRow | undefined> {
  const { reopenMinutes } = configOf(account);
  if (!(reopenMinutes > 0)) return undefined;
  const ix = await lastInteraction(ctx, contact, account.id);
  if (!ix || ix.closed_at === null || ctx.now - ix.closed_at > reopenMinutes * 60_000) return undefined;
  const former = ix.agent === null ? undefined : await findAgent(ctx, ix.agent);
  const agent =
    former && !former.disabled && (await isMember(ctx, 'account', account.id, former.username))
      ? former.username
      : null;
  const at = agent === null ? null : ctx.now;
  const look = firstLook(ctx, account);
  await ctx.tx.run(setOpen, { id: ix.id, agent, at, look });
  await audit(ctx, 'interaction-reopened', 'contact', { account: account.id, interaction: ix.id, data: { agent } });
  ctx.changes.reassigned.add(ix.id);
  return {
    ...ix,
    status: 'open',
    closed_at: null,
    closed_by: null,
    disposition: '[]',
    agent,
    assigned_at: at,
    auto_close_at: look,
    version: ix.version + 1,
  };
}
