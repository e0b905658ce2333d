/** A conversation that this side begins, or goes on with. */
import { isE164, peerOf } from '../providers/provider.ts';
import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { maySee } from './access.ts';
import { getAgent } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { type AccountRow, configOf, findAccount, interactionView, messageView } from './build-views.ts';
import { contactOf } from './contacts.ts';
import { type Ctx, lit } from './context.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { checkWindow, enqueue, getMessage, saidBy } from './outgoing.ts';
import { isSupervisor } from './roles.ts';
import { assign } from './routing/answer.ts';
import { checkCapacity } from './routing/capacity.ts';
import { isMember } from './routing/eligible.ts';
import { firstLook } from './silence.ts';

const contactAt = statement<{ address: string }>()((db, p) =>
  db.selectFrom('address').select('contact_id').where('address', '=', p('address')),
);
const openOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .where('status', '=', lit('open')),
);
const lastOf = statement<{ contact: string; account: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('last_inbound_at')
    .where('contact_id', '=', p('contact'))
    .where('account_id', '=', p('account'))
    .orderBy('started_at', 'desc')
    .limit(1),
);
const insert = statement<{
  id: string;
  account: string;
  contact: string;
  address: string;
  now: number;
  heard: number | null;
  look: number | null;
}>()((db, p) =>
  db.insertInto('interaction').values({
    id: p('id'),
    account_id: p('account'),
    contact_id: p('contact'),
    address: p('address'),
    status: 'open',
    version: 1,
    started_at: p('now'),
    unread: 0,
    // The window counts from the contact's last message, whichever conversation that was in.
    last_inbound_at: p('heard'),
    auto_close_at: p('look'),
  }),
);

/** A number in E.164 form or a business-scoped user id. */
const isAddress = (text: string): boolean => isE164(text) || /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/.test(text);

interface Known {
  contact: string | undefined;
  /** The open interaction of the account with that address. */
  open: InteractionRow | undefined;
}

/** What is there already between an account and an address. */
export async function knownAt(ctx: Ctx, account: string, address: string): Promise<Known> {
  const contact = (await ctx.tx.first(contactAt, { address }))?.contact_id;
  return { contact, open: contact === undefined ? undefined : await ctx.tx.first(openOf, { contact, account }) };
}

/**
 * Begins an interaction with an address that has no open one. Who never wrote, or not within 24 hours, cannot be sent free text: then
 * nothing is written.
 * @throws CoreError 409 `window_closed`
 */
export async function begin(
  ctx: Ctx,
  account: AccountRow,
  { contact }: Known,
  address: string,
  free = true,
): Promise<InteractionRow> {
  const last = contact === undefined ? undefined : await ctx.tx.first(lastOf, { contact, account: account.id });
  if (free && !configOf(account).windowTemplate) checkWindow(ctx, last);
  if (contact === undefined && !isAddress(address))
    throw new CoreError('recipient_invalid', 422, 'A number with + and country code is needed, such as +12025550142.');
  const who = contact ?? (await contactOf(ctx, peerOf(address), { id: account.list_id, name: account.list })).id;
  const id = newId(ctx.now);
  await ctx.tx.run(insert, {
    id,
    account: account.id,
    contact: who,
    address,
    now: ctx.now,
    heard: last?.last_inbound_at ?? null,
    look: firstLook(ctx, account),
  });
  return getInteraction(ctx, id);
}

/**
 * An agent writes first: the interaction is theirs, with its tab open (contract 6.2).
 * @throws CoreError 404 `unknown_account`, 403 `forbidden`, 409 `already_open`, `window_closed`, `at_capacity`, 422 `too_long`
 */
export async function startInteraction(
  ctx: Ctx,
  input: Commands['startInteraction'][0],
): Promise<Commands['startInteraction'][1]> {
  const agent = await getAgent(ctx, input.username);
  const account = await findAccount(ctx, input.account);
  if (!account || account.removed_at !== null)
    throw new CoreError('unknown_account', 404, `There is no account ${input.account}.`);
  if (!isSupervisor(agent) && !(await isMember(ctx, 'account', account.id, agent.username)))
    throw new CoreError('forbidden', 403, 'You are not an agent of this account.');
  const says = await saidBy(ctx, account.id, agent.username, input);
  const address = input.address.trim();
  const known = await knownAt(ctx, account.id, address);
  if (known.open)
    // Whose it is may be known to all who could write; the conversation itself only to who may see it.
    throw new CoreError('already_open', 409, 'There is an open conversation with this contact already.', {
      agent: known.open.agent,
      interaction: (await maySee(ctx, agent, known.open)) ? known.open.id : null,
    });
  await checkCapacity(ctx, agent);
  const ix = await begin(ctx, account, known, address, !input.template);
  const message = await enqueue(ctx, ix, says);
  const begun = await getInteraction(ctx, ix.id);
  await assign(ctx, begun, agent.username, null);
  return { interaction: await interactionView(ctx, begun), message: messageView(await getMessage(ctx, message)) };
}
