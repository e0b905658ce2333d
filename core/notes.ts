import { newId } from '../store/ids.ts';
import { statement } from '../store/store.ts';
import { actionable } from './access.ts';
import { type Actor, type Commands, CoreError } from './api.ts';
import { type MessageRow, messageView } from './build-views.ts';
import type { Ctx } from './context.ts';
import { getInteraction, type InteractionRow } from './interactions.ts';
import { atPosition, done, remember } from './once.ts';

/** Longest note, characters. */
export const LONGEST_NOTE = 10_000;

const insert = statement<{ id: string; interaction: string; text: string; author: string; now: number }>()((db, p) =>
  db.insertInto('message').values({
    id: p('id'),
    interaction_id: p('interaction'),
    version: 1,
    provider_id: null,
    direction: 'note',
    type: 'text',
    text: p('text'),
    content: null,
    author: p('author'),
    at: p('now'),
    status: 'received',
  }),
);
const byId = statement<{ id: string }>()((db, p) => db.selectFrom('message').selectAll().where('id', '=', p('id')));
/**
 * The interaction, if the actor may change it: a person as `actionable` says, a node of the flow always.
 * @throws CoreError 404 `not_found`, 403 `forbidden`, 409 `not_assigned`
 */
export async function changeable(ctx: Ctx, id: string, actor: Actor): Promise<InteractionRow> {
  return 'node' in actor ? getInteraction(ctx, id) : (await actionable(ctx, id, actor.username)).ix;
}

/**
 * Writes an internal note: a message that is never sent and does not count as one for the list, the window or an answer. Open or
 * closed; from a flow once per plan position and content (contract 3.3).
 */
export async function addNote(ctx: Ctx, input: Commands['addNote'][0]): Promise<Commands['addNote'][1]> {
  const { actor } = input;
  const text = input.text.trim();
  if (text === '') throw new CoreError('empty_note', 400, 'A note needs a text.');
  if (text.length > LONGEST_NOTE)
    throw new CoreError(
      'note_too_long',
      400,
      `A note has at most ${LONGEST_NOTE} characters, this one ${text.length}.`,
    );
  const ix = await changeable(ctx, input.interaction, actor);
  if (!('node' in actor)) return { message: messageView(await write(ctx, ix, actor.username, text)), repeated: false };
  const act = atPosition(actor, ix.id, `note ${text}`);
  const first = await done(ctx, act);
  const earlier = first?.message_id ? await ctx.tx.first(byId, { id: first.message_id }) : undefined;
  if (earlier) return { message: messageView(earlier), repeated: true };
  const row = await write(ctx, ix, 'system', text);
  if (!first) await remember(ctx, act, row.id);
  return { message: messageView(row), repeated: false };
}

async function write(ctx: Ctx, ix: InteractionRow, author: string, text: string): Promise<MessageRow> {
  const id = newId(ctx.now);
  await ctx.tx.run(insert, { id, interaction: ix.id, text, author, now: ctx.now });
  ctx.changes.messages.set(id, { event: 'message' });
  return (await ctx.tx.first(byId, { id }))!;
}
