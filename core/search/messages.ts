import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import { type Ctx, lit } from '../context.ts';
import { normalise } from './language/text.ts';

/** A part of a text that more messages have than this is looked for in each interaction instead, when it is its turn. */
const FEW = 20_000;
/** Rows of one read. */
const CHUNK = 1000;
/** As many trigrams of a long part are looked up; the messages themselves say the rest. */
const MOST_TRIGRAMS = 24;

const upTo = statement()((db) => db.selectFrom('text_index').select('up_to').where('name', '=', lit('message')));
const setUpTo = statement<{ id: string }>()((db, p) =>
  db
    .updateTable('text_index')
    .set({ up_to: p('id') })
    .where('name', '=', lit('message')),
);
const after = statement<{ id: string; limit: number }>()((db, p) =>
  db.selectFrom('message').select(['id', 'text']).where('id', '>', p('id')).orderBy('id').limit(p('limit')),
);

/** Texts may have characters of value 0, at which the index would end. */
const indexed = (text: string): string => normalise(text).replaceAll('\0', '\u0001');

/**
 * Puts the next messages into the full-text index, a full batch or none: what is not in it is looked through. Messages get their ids
 * in the order in which they are stored, and their texts stay as they are.
 */
export async function indexMessages(
  ctx: Ctx,
  input: Commands['indexMessages'][0],
): Promise<Commands['indexMessages'][1]> {
  const index = ctx.tx.messageIndex;
  if (!index) return { more: false };
  const rows = await ctx.tx.all(after, { id: (await ctx.tx.first(upTo, {}))!.up_to, limit: input.batch });
  if (rows.length < input.batch) return { more: false };
  for (const { id, text } of rows) if (text !== '') await index.add(id, indexed(text));
  await ctx.tx.run(setUpTo, { id: rows.at(-1)!.id });
  return { more: true };
}

/** Some trigrams of a part, each once, from all over it. */
function trigramsOf(part: string): string[] {
  const letters = [...indexed(part)];
  const all = new Set(letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')));
  const step = Math.ceil(all.size / MOST_TRIGRAMS);
  return [...all].filter((_, i) => i % step === 0);
}

const beginning = statement<{ from: string; to: string }>()((db, p) =>
  db.selectFrom('message').select(['interaction_id', 'text']).where('id', '>=', p('from')).where('id', '<', p('to')),
);
const textsOf = statement<{ interaction: string }>()((db, p) =>
  db.selectFrom('message').select('text').where('interaction_id', '=', p('interaction')),
);

/** Whether a message of the interaction has the part. */
export async function hasMessageWith(ctx: Ctx, interaction: string, part: string): Promise<boolean> {
  return (await ctx.tx.all(textsOf, { interaction })).some(({ text }) => normalise(text).includes(part));
}

/** The interactions of which a message has the part (normalised), or null if they are too many to keep. */
export async function interactionsWith(ctx: Ctx, part: string): Promise<Set<string> | null> {
  const found = new Set<string>();
  const index = ctx.tx.messageIndex;
  let last = '';
  if (index) {
    last = (await ctx.tx.first(upTo, {}))!.up_to;
    const ids = await index.candidates(trigramsOf(part), FEW + 1);
    if (ids.length > FEW) return null;
    for (const id of ids) {
      const row = await ctx.tx.first(beginning, { from: id, to: `${id}~` });
      if (row && normalise(row.text).includes(part)) found.add(row.interaction_id);
    }
  }
  const rest = ctx.tx.db.selectFrom('message').select(['id', 'interaction_id', 'text']).orderBy('id').limit(CHUNK);
  for (;;) {
    const rows = await ctx.tx.query(rest.where('id', '>', last));
    for (const row of rows) if (normalise(row.text).includes(part)) found.add(row.interaction_id);
    if (found.size > FEW) return null;
    if (rows.length < CHUNK) return found;
    last = rows.at(-1)!.id;
  }
}
