import { statement } from '../../store/store.ts';
import type { Commands } from '../api.ts';
import { closeNow } from '../closing.ts';
import { audit, type Ctx } from '../context.ts';
import { findInteraction, type InteractionRow } from '../interactions.ts';
import { type Counts, deleteInteraction, NOTHING } from '../upkeep/deletion.ts';
import { forgetJob, jobState, keepJob } from '../upkeep/state.ts';

interface Deleting {
  by: string;
  counts: Counts;
}

/** ms without a step after which a deletion was interrupted: the process ended. */
const INTERRUPTED = 10 * 60_000;
/** Pages of the file that are given back after a step; it frees fewer. */
const PAGES = 1000;

const nameOf = (job: string): string => `delete ${job}`;
const allJobs = statement()((db) =>
  db.selectFrom('upkeep').select(['name', 'at']).where('name', '>=', 'delete ').where('name', '<', 'delete!'),
);

export async function deleteInteractions(
  ctx: Ctx,
  input: Commands['deleteInteractions'][0],
): Promise<Commands['deleteInteractions'][1]> {
  const name = nameOf(input.job);
  const { data } = await jobState<Deleting>(ctx, name);
  const counts: Counts = { ...NOTHING, ...data?.counts };
  let left = input.budget;
  let done = 0;
  for (const id of input.ids) {
    const ix = await findInteraction(ctx, id);
    if (ix?.status === 'open') await closeFirst(ctx, ix, input.username);
    if (ix) left = await deleteInteraction(ctx, id, left, counts);
    if (left <= 0) break;
    done++;
  }
  await keepJob<Deleting>(ctx, name, { at: ctx.now, data: { by: input.username, counts } });
  await ctx.tx.reclaim(PAGES);
  return { done };
}

async function closeFirst(ctx: Ctx, ix: InteractionRow, by: string): Promise<void> {
  const before = { ...ix };
  await closeNow(ctx, ix, { by, disposition: [], note: ix.note });
  // Desks are told from this copy: the row is gone before they would be.
  const closed = { status: 'closed', closed_at: ctx.now, tab_open: 0, unread: 0, version: ix.version + 1 } as const;
  ctx.changes.merged.set(ix.id, { ...before, ...closed });
  ctx.changes.interactions.delete(ix.id);
}

export async function endDeletion(ctx: Ctx, input: Commands['endDeletion'][0]): Promise<Commands['endDeletion'][1]> {
  const { interactions, messages } = await end(ctx, nameOf(input.job), input.complete ? {} : { cancelled: true });
  return { interactions, messages };
}

async function end(ctx: Ctx, name: string, more: object): Promise<Counts> {
  const { data } = await jobState<Deleting>(ctx, name);
  const counts = { ...NOTHING, ...data?.counts };
  await forgetJob(ctx, name);
  if (data && counts.interactions + counts.messages > 0)
    await audit(ctx, 'deleted', data.by, { data: { reason: 'chosen', ...counts, ...more } });
  return counts;
}

/** What was deleted when the process ended in the middle is in the audit log too. */
export async function endInterrupted(ctx: Ctx): Promise<void> {
  for (const { name, at } of await ctx.tx.all(allJobs, {}))
    if (Number(at) < ctx.now - INTERRUPTED) await end(ctx, name, { interrupted: true });
}
