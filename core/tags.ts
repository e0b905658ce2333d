import { statement } from '../store/store.ts';
import { type Commands, CoreError } from './api.ts';
import { interactionView } from './build-views.ts';
import type { Ctx } from './context.ts';
import { changeable } from './notes.ts';

/** Tags of one interaction, and characters of one tag. */
export const MOST_TAGS = 50;
export const LONGEST_TAG = 64;

const setTagsOf = statement<{ id: string; tags: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set((eb) => ({ tags: p('tags'), version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);

/** What two tags have in common if they are the same one: case and width of letters do not tell them apart. */
const same = (tag: string): string => tag.normalize('NFKC').toLowerCase();

/**
 * Tags as they are kept: without outer and repeated spaces, each once, in the order given; the first spelling stays.
 * @throws CoreError 400 `invalid_tag`
 */
export function normaliseTags(tags: string[]): string[] {
  const kept = new Map<string, string>();
  for (const given of tags) {
    const tag = given.normalize('NFC').replace(/\s+/gu, ' ').trim();
    if (tag === '') throw new CoreError('invalid_tag', 400, 'A tag needs a name.');
    if (tag.length > LONGEST_TAG)
      throw new CoreError('invalid_tag', 400, `A tag has at most ${LONGEST_TAG} characters: ${tag.slice(0, 80)}`);
    if (!kept.has(same(tag))) kept.set(same(tag), tag);
  }
  return [...kept.values()];
}

/** Replaces the tags of an interaction, or adds to them or takes from them. Open or closed. */
export async function setTags(ctx: Ctx, input: Commands['setTags'][0]): Promise<Commands['setTags'][1]> {
  const ix = await changeable(ctx, input.interaction, input.actor);
  const given = normaliseTags(input.tags);
  const had = JSON.parse(ix.tags) as string[];
  let tags = given;
  if (input.change === 'add') tags = normaliseTags([...had, ...given]);
  if (input.change === 'remove') {
    const gone = new Set(given.map(same));
    tags = had.filter((tag) => !gone.has(same(tag)));
  }
  if (tags.length > MOST_TAGS)
    throw new CoreError(
      'too_many_tags',
      400,
      `An interaction has at most ${MOST_TAGS} tags; these are ${tags.length}.`,
    );
  const text = JSON.stringify(tags);
  if (text !== ix.tags) {
    await ctx.tx.run(setTagsOf, { id: ix.id, tags: text });
    ix.tags = text;
    ix.version++;
    ctx.changes.interactions.add(ix.id);
  }
  return { interaction: await interactionView(ctx, ix) };
}
