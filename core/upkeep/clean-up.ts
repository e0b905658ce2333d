import type { Commands } from '../api.ts';
import { endInterrupted } from '../bulk/delete.ts';
import type { Ctx } from '../context.ts';
import { expireSessions } from '../sessions.ts';
import { expireEarly } from '../statuses.ts';
import { eraseLeft } from './erase.ts';
import { deleteOld } from './retention.ts';
import { sweepOld } from './sweep.ts';

/** Rows that one transaction deletes or looks at: short enough that nobody waits for it. */
const BATCH = 500;
/** Pages of the file that are given back after a batch; it frees fewer. */
const PAGES = 1000;

/**
 * One short step of what has to be deleted: what is left of erased contacts, conversations older than the retention, and what is kept
 * for a while only. Called every hour, and again at once while there is more; without anything to do it is a few looks into indexes.
 */
export async function cleanUp(ctx: Ctx): Promise<Commands['cleanUp'][1]> {
  if (await eraseLeft(ctx, BATCH)) return more(ctx);
  if ((await deleteOld(ctx, BATCH)) < BATCH) return more(ctx);
  await endInterrupted(ctx);
  await expireSessions(ctx);
  await expireEarly(ctx);
  return { more: await sweepOld(ctx, BATCH) };
}

async function more(ctx: Ctx): Promise<{ more: true }> {
  await ctx.tx.reclaim(PAGES);
  return { more: true };
}
