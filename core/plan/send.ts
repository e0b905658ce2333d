/** What `wa-send` sends: into the conversation of its message, or to an address of its own. */
import { type Commands, CoreError, type PlanSend, type Queued } from '../api.ts';
import { type AccountRow, findAccount, fullContext, messageView } from '../build-views.ts';
import type { Ctx } from '../context.ts';
import { getInteraction, type InteractionRow } from '../interactions.ts';
import { type Act, atPosition, done, inInteraction, remember } from '../once.ts';
import { enqueue, getMessage } from '../outgoing.ts';
import { begin, knownAt } from '../starting.ts';

const words = ({ type, text, content, template, same }: PlanSend): string =>
  same ??
  `${type} ${text} ${content ? JSON.stringify(content) : null}${template ? ` ${JSON.stringify(template)}` : ''}`;

/** Queues it unless the act was done; then the message that was sent counts. */
async function once(ctx: Ctx, ix: InteractionRow, send: PlanSend, act: Act | null, plan: string): Promise<Queued> {
  const first = await done(ctx, act);
  let id = first?.message_id ?? null;
  if (id === null) {
    id = await enqueue(ctx, ix, {
      author: 'system',
      type: send.type,
      text: send.text,
      content: send.content,
      template: send.template,
    });
    if (send.textAfter) await enqueue(ctx, ix, { author: 'system', type: 'text', text: send.textAfter, content: null });
    await remember(ctx, act, id);
  }
  const account = (await findAccount(ctx, ix.account_id)) as AccountRow;
  const flags = { contact: false, interaction: false };
  return {
    message: messageView(await getMessage(ctx, id)),
    context: await fullContext(ctx, await getInteraction(ctx, ix.id), account, plan || id, flags),
    repeated: first !== undefined,
  };
}

export async function sentBefore(ctx: Ctx, input: Commands['sentBefore'][0]): Promise<boolean> {
  const { node, once, same, interaction, plan, address } = input;
  // What is sent once in the conversation with an address is known when that conversation is.
  if (once && address !== null) return false;
  const what = address === null ? `send ${same}` : `send ${address} ${same}`;
  const act = once ? inInteraction(node, interaction) : atPosition({ node, plan }, interaction, what);
  return (await done(ctx, act)) !== undefined;
}

export async function queueSend(ctx: Ctx, input: Commands['queueSend'][0]): Promise<Queued> {
  const ix = await getInteraction(ctx, input.interaction);
  const { node, plan } = input;
  const act = input.once ? inInteraction(node, ix.id) : atPosition({ node, plan }, ix.id, `send ${words(input)}`);
  return once(ctx, ix, input, act, plan.id);
}

/**
 * The open interaction of an account with an address, or one that begins now. Who never wrote, or not within 24 hours, cannot be
 * sent free text: then nothing is written.
 */
async function interactionWith(ctx: Ctx, account: AccountRow, address: string, free: boolean): Promise<InteractionRow> {
  const known = await knownAt(ctx, account.id, address);
  return known.open ?? begin(ctx, account, known, address, free);
}

export async function queueSendTo(ctx: Ctx, input: Commands['queueSendTo'][0]): Promise<Queued> {
  const { node, origin, address } = input;
  const account = await findAccount(ctx, input.account);
  if (!account) throw new CoreError('unknown_account', 404, 'The account was not deployed.');
  // The message's position counts: its second way through the flow must not begin another conversation.
  const act =
    origin && !input.once
      ? atPosition({ node, plan: origin.plan }, origin.interaction, `send ${address} ${words(input)}`)
      : null;
  const first = await done(ctx, act);
  if (first?.message_id) {
    const sent = await getMessage(ctx, first.message_id);
    return once(ctx, await getInteraction(ctx, sent.interaction_id), input, act, '');
  }
  const ix = await interactionWith(ctx, account, address, !input.template);
  return once(ctx, ix, input, input.once ? inInteraction(node, ix.id) : act, '');
}
