/** What `wa-send` sends: into the conversation of its message, or to an address of its own. */
import { MAX_TEXT, type ProviderName } from '../../providers/provider.ts';
import { newId } from '../../store/ids.ts';
import { type Commands, CoreError, type PlanSend, type Queued, type SendJob } from '../api.ts';
import { type AccountRow, findAccount, fullContext, messageView } from '../build-views.ts';
import type { Ctx } from '../context.ts';
import { getInteraction, type InteractionRow } from '../interactions.ts';
import { type Act, atPosition, done, inInteraction, remember } from '../once.ts';
import { enqueue, getMessage, type Outgoing, windowOpen } from '../outgoing.ts';
import { splitText } from '../split.ts';
import { begin, knownAt } from '../starting.ts';

const words = ({ type, text, content, template, same }: PlanSend): string =>
  same ??
  `${type} ${text} ${content ? JSON.stringify(content) : null}${template ? ` ${JSON.stringify(template)}` : ''}`;

/** A text in more parts than this is refused: it is none for a person. */
const MAX_PARTS = 10;

/**
 * What is sent one after the other: a message, the further parts of a text that the provider would refuse as too long, and what cannot be
 * a file's caption. Outside of the window a text stays whole, since a template stands in for it or nothing goes.
 * @throws CoreError 422 `text_too_long`
 */
function partsOf(send: PlanSend, longest: number, open: boolean): Outgoing[] {
  const { type, text, content, template, textAfter } = send;
  const said = { author: 'system', type, text, content, template };
  const texts = type === 'text' && !template && open ? splitText(text, longest) : [text];
  const after = textAfter ? splitText(textAfter, longest) : [];
  if (texts.length > MAX_PARTS || after.length > MAX_PARTS)
    throw new CoreError(
      'text_too_long',
      422,
      `A text has at most ${MAX_PARTS * longest} characters: it is sent in parts.`,
    );
  const plain = (part: string): Outgoing => ({ author: 'system', type: 'text', text: part, content: null });
  return [{ ...said, text: texts[0] ?? text }, ...texts.slice(1).map(plain), ...after.map(plain)];
}

/** Queues all parts, in order. The first knows the others, for when it is asked for again. @returns its id */
async function enqueueAll(ctx: Ctx, ix: InteractionRow, send: PlanSend): Promise<string> {
  const account = (await findAccount(ctx, ix.account_id)) as AccountRow;
  const [first, ...more] = partsOf(send, MAX_TEXT[account.provider as ProviderName], windowOpen(ctx, ix));
  const ids = [first, ...more].map(() => newId(ctx.now));
  const parts = ids.slice(1);
  const content = parts.length > 0 ? { ...first!.content, parts } : first!.content;
  await enqueue(ctx, ix, { ...first!, content, id: ids[0] });
  for (const [i, part] of more.entries()) await enqueue(ctx, ix, { ...part, id: parts[i] });
  return ids[0]!;
}

/** Queues it unless the act was done; then the message that was sent counts. */
async function once(ctx: Ctx, ix: InteractionRow, send: PlanSend, act: Act | null, plan: string): Promise<Queued> {
  const first = await done(ctx, act);
  let id = first?.message_id ?? null;
  if (id === null) {
    id = await enqueueAll(ctx, ix, send);
    await remember(ctx, act, id);
  }
  const account = (await findAccount(ctx, ix.account_id)) as AccountRow;
  const flags = { contact: false, interaction: false };
  const row = await getMessage(ctx, id);
  return {
    message: messageView(row),
    parts: partIds(row),
    context: await fullContext(ctx, await getInteraction(ctx, ix.id), account, plan || id, flags),
    repeated: first !== undefined,
  };
}

const partIds = ({ content }: { content: string | null }): string[] =>
  (content && (JSON.parse(content) as SendJob['content'])?.parts) || [];

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
