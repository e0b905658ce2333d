/** What the contact sees of the agent besides messages: that their message was read, and that an answer is being written. */
import { statement } from '../store/store.ts';
import { actionable } from './access.ts';
import { type Commands, CoreError } from './api.ts';
import { configOf, findAccount } from './build-views.ts';
import type { Ctx } from './context.ts';
import type { InteractionRow } from './interactions.ts';
import { recipientOf, windowOpen } from './outgoing.ts';

const providerIdOf = statement<{ id: string }>()((db, p) =>
  db.selectFrom('message').select('provider_id').where('id', '=', p('id')),
);

/** Shows a sign on the contact's newest message, if the account wants it. Who only watches a conversation must not come here. */
export async function showSign(ctx: Ctx, ix: InteractionRow, sign: 'read' | 'typing'): Promise<void> {
  const account = await findAccount(ctx, ix.account_id);
  if (!account || ix.last_inbound_id === null) return;
  const { readReceipts = true, typing = true } = configOf(account);
  if (!(sign === 'read' ? readReceipts : typing)) return;
  const id = (await ctx.tx.first(providerIdOf, { id: ix.last_inbound_id }))?.provider_id;
  if (!id) return;
  const to = await recipientOf(ctx, ix.contact_id, ix.address);
  ctx.effects.push({ kind: 'sign', account: account.id, interaction: ix.id, sign, message: id, to });
}

/** The agent writes. Without an open window nothing of theirs would arrive. */
export async function typing(ctx: Ctx, input: Commands['typing'][0]): Promise<null> {
  const { ix, agent } = await actionable(ctx, input.interaction, input.username);
  if (ix.agent !== agent.username)
    throw new CoreError('not_assigned', 409, 'This interaction is not assigned to you.', { agent: ix.agent });
  if (ix.status === 'open' && windowOpen(ctx, ix)) await showSign(ctx, ix, 'typing');
  return null;
}
