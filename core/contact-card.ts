import { statement } from '../store/store.ts';
import { seesContact } from './access.ts';
import { listId } from './accounts.ts';
import { getAgent } from './agents.ts';
import { type Commands, CoreError } from './api.ts';
import { addressesOfContact, contactView } from './build-views.ts';
import { type Ctx, lit } from './context.ts';

/** Longest name of a contact or a list, characters. */
export const LONGEST_NAME = 200;

const contactById = statement<{ id: string }>()((db, p) =>
  db.selectFrom('contact').select(['id', 'name', 'list_id']).where('id', '=', p('id')),
);
const ownOf = statement<{ contact: string; agent: string }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('contact_id', '=', p('contact'))
    .where('agent', '=', p('agent'))
    .limit(1),
);
const change = statement<{ id: string; name: string; list: string }>()((db, p) =>
  db
    .updateTable('contact')
    .set({ name: p('name'), list_id: p('list') })
    .where('id', '=', p('id')),
);
const openOf = statement<{ contact: string }>()((db, p) =>
  db.selectFrom('interaction').select('id').where('contact_id', '=', p('contact')).where('status', '=', lit('open')),
);
const touch = statement<{ id: string }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

/** A name as it is kept. @throws CoreError 400 `invalid_name` */
function tidy(given: string, what: string): string {
  const name = given.normalize('NFC').replace(/\s+/gu, ' ').trim();
  if (name === '') throw new CoreError('invalid_name', 400, `${what} needs a name.`);
  if (name.length > LONGEST_NAME)
    throw new CoreError(
      'invalid_name',
      400,
      `The name of ${what.toLowerCase()} has at most ${LONGEST_NAME} characters.`,
    );
  return name;
}

/**
 * Gives a contact another name or list, which is created if it is unknown. Whoever may see one of its interactions may do so
 * (contract 6.3). Desks that show it are told.
 * @throws CoreError 404 `not_found`, 403 `forbidden`, 400 `invalid_name`
 */
export async function updateContact(
  ctx: Ctx,
  input: Commands['updateContact'][0],
): Promise<Commands['updateContact'][1]> {
  const agent = await getAgent(ctx, input.username);
  const contact = await ctx.tx.first(contactById, { id: input.contact });
  if (!contact) throw new CoreError('not_found', 404, `There is no contact ${input.contact}.`);
  const of = { contact: contact.id, agent: agent.username };
  if (!(await seesContact(ctx, agent, contact.id)) && !(await ctx.tx.first(ownOf, of)))
    throw new CoreError('forbidden', 403, 'You may not see this contact.');
  const name = input.name === undefined ? contact.name : tidy(input.name, 'A contact');
  const list = input.list === undefined ? contact.list_id : await listId(ctx, tidy(input.list, 'A list'));
  if (name !== contact.name || list !== contact.list_id) {
    await ctx.tx.run(change, { id: contact.id, name, list });
    for (const { id } of await ctx.tx.all(openOf, { contact: contact.id })) {
      await ctx.tx.run(touch, { id });
      ctx.changes.interactions.add(id);
    }
  }
  const [first] = await addressesOfContact(ctx, contact.id);
  return { contact: await contactView(ctx, contact.id, first?.address ?? '') };
}
