import { statement } from '../store/store.ts';
import { type Ctx, lit } from './context.ts';
import type { InteractionRow } from './interactions.ts';

/** An outcome of a conversation, up to three levels. */
export interface Disposition {
  name: string;
  children?: Disposition[];
}

/** What closing an interaction asks for. */
export interface ClosingRules {
  dispositions: Disposition[];
  mandatory: boolean;
  /** The pause reason of an agent who chooses an outcome. */
  pause: string;
}

const latest = statement<{ interaction: string }>()((db, p) =>
  db
    .selectFrom('watch')
    .select(['dispositions', 'mandatory', 'pause'])
    .where('interaction_id', '=', p('interaction'))
    .where('result', 'is', lit(null))
    .orderBy('id', 'desc')
    .limit(1),
);

/**
 * What holds for closing an interaction: the account's settings, over them what the latest `wa-disposition` that watches it says. A
 * watch with an empty list leaves the account's.
 */
export async function closingRules(
  ctx: Ctx,
  ix: InteractionRow,
  account: { config: string } | undefined,
): Promise<ClosingRules> {
  const config = JSON.parse(account?.config ?? '{}') as {
    dispositions?: Disposition[];
    mandatoryDisposition?: boolean;
    dispositionPause?: string;
  };
  const rules: ClosingRules = {
    dispositions: config.dispositions ?? [],
    mandatory: config.mandatoryDisposition ?? false,
    pause: config.dispositionPause || 'Disposition',
  };
  const watch = ix.watched ? await ctx.tx.first(latest, { interaction: ix.id }) : undefined;
  if (watch) {
    const own = JSON.parse(watch.dispositions) as Disposition[];
    if (own.length > 0) rules.dispositions = own;
    if (watch.mandatory !== 'inherit') rules.mandatory = watch.mandatory === 'yes';
    if (watch.pause !== '') rules.pause = watch.pause;
  }
  // Where there is nothing to choose from, nothing has to be chosen.
  rules.mandatory &&= rules.dispositions.length > 0;
  return rules;
}

/** Whether a path of names leads through the tree. */
export function isInTree(tree: Disposition[], path: string[]): boolean {
  let level: Disposition[] | undefined = tree;
  for (const name of path) {
    const found: Disposition | undefined = level?.find((d) => d.name === name);
    if (!found) return false;
    level = found.children;
  }
  return true;
}
