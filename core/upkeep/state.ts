import { statement } from '../../store/store.ts';
import type { Ctx } from '../context.ts';

/**
 * How far a job is that goes on over many transactions and restarts. `at`: when it ended last, epoch ms, 0 = never; `data`: what it
 * has to remember until it ends, null = it is not under way.
 */
export interface JobState<T> {
  at: number;
  data: T | null;
}

const read = statement<{ name: string }>()((db, p) =>
  db.selectFrom('upkeep').select(['at', 'data']).where('name', '=', p('name')),
);
const write = statement<{ name: string; at: number; data: string }>()((db, p) =>
  db
    .insertInto('upkeep')
    .values({ name: p('name'), at: p('at'), data: p('data') })
    .onConflict((c) => c.column('name').doUpdateSet({ at: p('at'), data: p('data') })),
);
const drop = statement<{ name: string }>()((db, p) => db.deleteFrom('upkeep').where('name', '=', p('name')));

export async function jobState<T>(ctx: Ctx, name: string): Promise<JobState<T>> {
  const row = await ctx.tx.first(read, { name });
  return row ? { at: Number(row.at), data: JSON.parse(row.data) as T | null } : { at: 0, data: null };
}

export async function keepJob<T>(ctx: Ctx, name: string, { at, data }: JobState<T>): Promise<void> {
  await ctx.tx.run(write, { name, at, data: JSON.stringify(data) });
}

export async function forgetJob(ctx: Ctx, name: string): Promise<void> {
  await ctx.tx.run(drop, { name });
}
