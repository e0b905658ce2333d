import { statement } from '../../store/store.ts';
import type { Ctx } from '../context.ts';
import { DAY, horizon } from './retention.ts';
import { jobState, keepJob } from './state.ts';

/** Provider ids are kept this much longer than messages (ms), so that a late repetition is still known. */
const ID_GRACE = 30 * DAY;
/**
 * What a node or a desk did once is kept this long (ms), and then until its conversation is closed for as long: it may be reopened
 * within a week.
 */
const ONCE_KEPT = 8 * DAY;

interface Job<Key> {
  name: string;
  /** The first key, before all others. */
  start: Key;
  /** Looks at up to `limit` rows after a key and deletes what is old. `last`: null at the end of the table. */
  step(ctx: Ctx, after: Key, limit: number): Promise<{ last: Key | null }>;
}

type ProviderKey = { provider: string; account: string };
const providerIds = statement<ProviderKey & { limit: number }>()((db, p) =>
  db
    .selectFrom('provider_id')
    .select(['provider_id', 'account_id', 'at'])
    .where((eb) => eb(eb.refTuple('provider_id', 'account_id'), '>', eb.tuple(p('provider'), p('account'))))
    .orderBy('provider_id')
    .orderBy('account_id')
    .limit(p('limit')),
);
const dropProviderId = statement<ProviderKey>()((db, p) =>
  db.deleteFrom('provider_id').where('provider_id', '=', p('provider')).where('account_id', '=', p('account')),
);
const idsJob: Job<ProviderKey> = {
  name: 'provider-ids',
  start: { provider: '', account: '' },
  async step(ctx, after, limit) {
    const before = (horizon(ctx) ?? 0) - ID_GRACE;
    const rows = await ctx.tx.all(providerIds, { ...after, limit });
    for (const row of rows)
      if (Number(row.at) < before)
        await ctx.tx.run(dropProviderId, { provider: row.provider_id, account: row.account_id });
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { last: last ? { provider: last.provider_id, account: last.account_id } : null };
  },
};

type OnceKey = { scope: string; key: string };
const onceRows = statement<OnceKey & { limit: number }>()((db, p) =>
  db
    .selectFrom('idempotency')
    .leftJoin('message', 'message.id', 'idempotency.message_id')
    .leftJoin('interaction', 'interaction.id', 'message.interaction_id')
    .select(['idempotency.scope', 'idempotency.key', 'idempotency.at', 'interaction.status', 'interaction.closed_at'])
    .where((eb) => eb(eb.refTuple('idempotency.scope', 'idempotency.key'), '>', eb.tuple(p('scope'), p('key'))))
    .orderBy('idempotency.scope')
    .orderBy('idempotency.key')
    .limit(p('limit')),
);
const dropOnce = statement<OnceKey>()((db, p) =>
  db.deleteFrom('idempotency').where('scope', '=', p('scope')).where('key', '=', p('key')),
);
const onceJob: Job<OnceKey> = {
  name: 'idempotency',
  start: { scope: '', key: '' },
  async step(ctx, after, limit) {
    const before = ctx.now - ONCE_KEPT;
    const rows = await ctx.tx.all(onceRows, { ...after, limit });
    for (const row of rows) {
      const over = row.status === null || (row.status === 'closed' && Number(row.closed_at) < before);
      if (over && Number(row.at) < before) await ctx.tx.run(dropOnce, { scope: row.scope, key: row.key });
    }
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { last: last ? { scope: last.scope, key: last.key } : null };
  },
};

type ChangeKey = { username: string; id: string };
const presenceChanges = statement<ChangeKey & { limit: number }>()((db, p) =>
  db
    .selectFrom('presence_change')
    .select(['username', 'id', 'at'])
    .where((eb) => eb(eb.refTuple('username', 'id'), '>', eb.tuple(p('username'), p('id'))))
    .orderBy('username')
    .orderBy('id')
    .limit(p('limit')),
);
const dropChange = statement<ChangeKey>()((db, p) =>
  db.deleteFrom('presence_change').where('username', '=', p('username')).where('id', '=', p('id')),
);
/** The last change before the time that is kept stays: it says what the state was then. */
const presenceJob: Job<ChangeKey> = {
  name: 'presence',
  start: { username: '', id: '' },
  async step(ctx, after, limit) {
    const before = horizon(ctx) ?? 0;
    const rows = await ctx.tx.all(presenceChanges, { ...after, limit });
    for (const [i, row] of rows.entries()) {
      const next = rows[i + 1];
      if (next?.username === row.username && Number(next.at) < before)
        await ctx.tx.run(dropChange, { username: row.username, id: row.id });
    }
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { last: last ? { username: last.username, id: last.id } : null };
  },
};

type PaceKey = { account: string; contact: string };
const paces = statement<PaceKey & { limit: number }>()((db, p) =>
  db
    .selectFrom('pace')
    .selectAll()
    .where((eb) => eb(eb.refTuple('account_id', 'contact_id'), '>', eb.tuple(p('account'), p('contact'))))
    .orderBy('account_id')
    .orderBy('contact_id')
    .limit(p('limit')),
);
const dropPace = statement<PaceKey>()((db, p) =>
  db.deleteFrom('pace').where('account_id', '=', p('account')).where('contact_id', '=', p('contact')),
);
/** After a day nothing of how fast was sent matters any more. */
const paceJob: Job<PaceKey> = {
  name: 'pace',
  start: { account: '', contact: '' },
  async step(ctx, after, limit) {
    const rows = await ctx.tx.all(paces, { ...after, limit });
    for (const row of rows)
      if (Number(row.free_at) < ctx.now - DAY)
        await ctx.tx.run(dropPace, { account: row.account_id, contact: row.contact_id });
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { last: last ? { account: last.account_id, contact: last.contact_id } : null };
  },
};

/**
 * Goes through a table by its key, once a day: these tables are written with every message, and an index over their age would cost
 * each of these writes more than this look does.
 */
async function sweep<Key>(ctx: Ctx, job: Job<Key>, limit: number): Promise<boolean> {
  const state = await jobState<Key>(ctx, job.name);
  if (!state.data && ctx.now - state.at < DAY && ctx.now >= state.at) return false;
  const { last } = await job.step(ctx, state.data ?? job.start, limit);
  await keepJob(ctx, job.name, last ? { at: state.at, data: last } : { at: ctx.now, data: null });
  return last !== null;
}

/** Looks at up to `limit` rows. @returns whether there is more to look at */
export async function sweepOld(ctx: Ctx, limit: number): Promise<boolean> {
  if (horizon(ctx) !== null && ((await sweep(ctx, idsJob, limit)) || (await sweep(ctx, presenceJob, limit))))
    return true;
  return (await sweep(ctx, onceJob, limit)) || sweep(ctx, paceJob, limit);
}
