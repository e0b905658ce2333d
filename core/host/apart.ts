import { StoreError } from '../../store/store.ts';
import type { Ctx } from '../context.ts';
import { DUE } from '../timers.ts';

/** What failed although the store works is looked at again after this many ms. */
const AGAIN = 60_000;

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Does what is due each in a transaction of its own, after all together failed: one row that cannot be done must not stop everybody
 * else's time. It is put off by a minute and named in a warning.
 * @param transact runs work in a transaction, with its consequences
 * @throws StoreError if the store does not work: then nothing is put off
 */
export async function fireApart(transact: <T>(work: (ctx: Ctx) => Promise<T>) => Promise<T>): Promise<void> {
  /** Whether it worked. */
  const attempt = async (what: string, work: (ctx: Ctx) => Promise<void>): Promise<boolean> => {
    try {
      await transact(work);
      return true;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      process.emitWarning(`What was due could not be done (${what}): ${reason(error)}`);
      return false;
    }
  };
  for (const { what, all, single } of DUE) {
    if (!single) await attempt(what, all);
    else
      for (const id of await transact(single.ids))
        if (!(await attempt(`${what}, ${id}`, (ctx) => single.one(ctx, id))))
          await attempt(`${what}, ${id}`, (ctx) => single.putOff(ctx, id, ctx.now + AGAIN));
  }
}
