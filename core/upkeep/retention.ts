import { idBound } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import { audit, type Ctx, lit } from '../context.ts';
import { type Counts, deleteInteraction, NOTHING } from './deletion.ts';
import { jobState, keepJob } from './state.ts';

export const DAY = 86_400_000;
const JOB = 'retention';

const oldest = statement<{ before: number }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select('id')
    .where('status', '=', lit('closed'))
    .where('closed_at', '<', p('before'))
    .orderBy('closed_at')
    .limit(1),
);
/** Log-ins, pauses and the like; entries of conversations go with these. */
const dropLooseAudit = statement<{ bound: string; before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('audit')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('audit')
        .select('id')
        .where('interaction_id', 'is', null)
        .where('id', '<', p('bound'))
        .where('at', '<', p('before'))
        .orderBy('id')
        .limit(p('limit')),
    ),
);

/** When what was closed before is too old, epoch ms; null = everything is kept. */
export function horizon(ctx: Ctx): number | null {
  const { retentionDays = 0 } = ctx.settings;
  return retentionDays > 0 ? ctx.now - retentionDays * DAY : null;
}

/**
 * Deletes closed interactions older than `retentionDays`, oldest first, at most `budget` rows. Contacts stay: they are the customers'
 * records, which people manage. When nothing is left, an event tells how much it was.
 * @returns what is left of the budget; 0 = there may be more
 */
export async function deleteOld(ctx: Ctx, budget: number): Promise<number> {
  const before = horizon(ctx);
  if (before === null) return budget;
  const state = await jobState<Counts>(ctx, JOB);
  const counts: Counts = { ...NOTHING, ...state.data };
  let left = budget;
  while (left > 0) {
    const ix = await ctx.tx.first(oldest, { before });
    if (!ix) break;
    left = await deleteInteraction(ctx, ix.id, left, counts);
  }
  if (left > 0) {
    // Ids carry their time; the clock may have gone back since, so that the entry's own time decides.
    const bound = idBound(before + DAY);
    const n = await ctx.tx.run(dropLooseAudit, { bound, before, limit: left });
    counts.audit += n;
    left -= n;
  }
  if (left === budget && !state.data) return left;
  if (left <= 0) {
    await keepJob(ctx, JOB, { at: state.at, data: counts });
    return 0;
  }
  if (counts.interactions > 0)
    await audit(ctx, 'deleted', 'system', {
      data: { reason: 'retention', days: ctx.settings.retentionDays, ...counts },
    });
  await keepJob<Counts>(ctx, JOB, { at: ctx.now, data: null });
  return left;
}
