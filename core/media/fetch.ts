/** Files that come in: each is a job until its content is here, over restarts, or cannot be had. */
import { statement } from '../../store/store.ts';
import { visible } from '../access.ts';
import { type Commands, CoreError } from '../api.ts';
import { type MessageRow, messageView } from '../build-views.ts';
import { type Ctx, lit } from '../context.ts';
import { getMessage } from '../outgoing.ts';
import type { FetchJob } from './api.ts';
import { contentWith, type KeptMedia, mediaOf } from './content.ts';
import { useFile } from './files.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** ms a fetch may take; who has it and does not answer is gone. */
const LEASE = 600_000;
/** Seconds before the next attempt: providers may need some, and their troubles last. Some seven hours in all. */
const WAITS = [1, 3, 10, 60, 300, 1800, 7200, 14_400];

const insert = statement<{ message: string; index: number; account: string; now: number }>()((db, p) =>
  db.insertInto('media').values({
    message_id: p('message'),
    idx: p('index'),
    account_id: p('account'),
    state: 'waiting',
    attempts: 0,
    due_at: p('now'),
    hash: null,
    runtime: null,
  }),
);
const due = statement<{ account: string; now: number; limit: number }>()((db, p) =>
  db
    .selectFrom('media')
    .select(['message_id', 'idx', 'attempts'])
    .where('account_id', '=', p('account'))
    .where('state', '=', lit('waiting'))
    .where('due_at', '<=', p('now'))
    .orderBy('due_at')
    .limit(p('limit')),
);
const claim = statement<{ message: string; index: number; lease: number; runtime: string | null }>()((db, p) =>
  db
    .updateTable('media')
    .set((eb) => ({ due_at: p('lease'), attempts: eb('attempts', '+', 1), runtime: p('runtime') }))
    .where('message_id', '=', p('message'))
    .where('idx', '=', p('index')),
);
const nextDue = statement<{ account: string }>()((db, p) =>
  db
    .selectFrom('media')
    .select('due_at')
    .where('account_id', '=', p('account'))
    .where('state', '=', lit('waiting'))
    .orderBy('due_at')
    .limit(1),
);
const waitingAccounts = statement()((db) =>
  db
    .selectFrom('media')
    .select((eb) => ['account_id', eb.fn.min('due_at').as('at')])
    .where('state', '=', lit('waiting'))
    .groupBy('account_id'),
);
const atOnce = statement()((db) => db.updateTable('media').set({ due_at: 0 }).where('state', '=', lit('waiting')));
const atOnceOf = statement<{ runtime: string }>()((db, p) =>
  db
    .updateTable('media')
    .set({ due_at: 0, runtime: null })
    .where('state', '=', lit('waiting'))
    .where('runtime', '=', p('runtime')),
);
const byKey = statement<{ message: string; index: number }>()((db, p) =>
  db.selectFrom('media').selectAll().where('message_id', '=', p('message')).where('idx', '=', p('index')),
);
const set = statement<{
  message: string;
  index: number;
  state: 'waiting' | 'ready' | 'failed';
  due: number | null;
  hash: string | null;
}>()((db, p) =>
  db
    .updateTable('media')
    .set({ state: p('state'), due_at: p('due'), hash: p('hash') })
    .where('message_id', '=', p('message'))
    .where('idx', '=', p('index')),
);
const fromStart = statement<{ message: string; index: number }>()((db, p) =>
  db.updateTable('media').set({ attempts: 0 }).where('message_id', '=', p('message')).where('idx', '=', p('index')),
);
const setContent = statement<{ id: string; content: string | null; type: string }>()((db, p) =>
  db
    .updateTable('message')
    .set((eb) => ({ content: p('content'), type: p('type'), version: eb('version', '+', 1) }))
    .where('id', '=', p('id')),
);
const setLastType = statement<{ id: string; message: string; type: string }>({ row: 'id' })((db, p) =>
  db
    .updateTable('interaction')
    .set({ last_message_type: p('type') })
    .where('id', '=', p('id'))
    .where('last_message_id', '=', p('message')),
);

/** The files of a message that comes in are fetched from now on. */
export async function fetchLater(ctx: Ctx, account: string, message: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await ctx.tx.run(insert, { message, index, account, now: ctx.now });
  ctx.effects.push({ kind: 'media', account, at: ctx.now });
}

/** Wakes who fetches for what waited before a stop, or at a runtime that is gone. */
export async function wakeFetching(ctx: Ctx): Promise<void> {
  for (const { account_id: account, at } of await ctx.tx.all(waitingAccounts, {}))
    ctx.effects.push({ kind: 'media', account, at: Number(at) });
}

/** Nothing of an earlier process fetches any more. */
export async function forgetFetching(ctx: Ctx): Promise<void> {
  await ctx.tx.run(atOnce, {});
}

/** A runtime is gone: nothing that it had is fetched there any more. */
export async function forgetFetchingOf(ctx: Ctx, runtime: string): Promise<void> {
  await ctx.tx.run(atOnceOf, { runtime });
}

export async function claimMedia(ctx: Ctx, { account, limit }: In<'claimMedia'>): Out<'claimMedia'> {
  const jobs: FetchJob[] = [];
  for (const { message_id: message, idx: index, attempts } of await ctx.tx.all(due, { account, now: ctx.now, limit })) {
    const of = mediaOf(await getMessage(ctx, message))[index];
    if (!of?.source) {
      await ctx.tx.run(set, { message, index, state: 'failed', due: null, hash: null });
      continue;
    }
    await ctx.tx.run(claim, { message, index, lease: ctx.now + LEASE, runtime: ctx.settings.runtime ?? null });
    const job: FetchJob = { message, index, account, source: of.source, attempts: attempts + 1 };
    if (of.contentType) job.contentType = of.contentType;
    if (of.fileName) job.fileName = of.fileName;
    jobs.push(job);
  }
  const next = await ctx.tx.first(nextDue, { account });
  return { jobs, next: next?.due_at == null ? null : Number(next.due_at) };
}

export async function finishMedia(ctx: Ctx, { message, index, result }: In<'finishMedia'>): Out<'finishMedia'> {
  const row = await ctx.tx.first(byKey, { message, index });
  // It may have been deleted meanwhile, or fetched by somebody else.
  if (row?.state !== 'waiting') return { state: row?.state ?? 'failed' };
  if ('file' in result && (await useFile(ctx, result.file.hash))) {
    const { file, type } = result;
    await ctx.tx.run(set, { message, index, state: 'ready', due: null, hash: file.hash });
    await change(ctx, message, index, { ...file, state: 'ready' }, type);
    return { state: 'ready' };
  }
  const wait = 'file' in result || result.retry ? WAITS[row.attempts - 1] : undefined;
  if (wait !== undefined) {
    const at = ctx.now + wait * 1000;
    await ctx.tx.run(set, { message, index, state: 'waiting', due: at, hash: null });
    ctx.effects.push({ kind: 'media', account: row.account_id, at });
    return { state: 'waiting' };
  }
  await ctx.tx.run(set, { message, index, state: 'failed', due: null, hash: null });
  await change(ctx, message, index, { state: 'failed', error: 'code' in result ? result.code : 'file_lost' });
  return { state: 'failed' };
}

/** Says in the message what became of its file, and tells desks. */
async function change(ctx: Ctx, message: string, index: number, as: Partial<KeptMedia>, type?: string): Promise<void> {
  const row = await getMessage(ctx, message);
  const known = mediaOf(row)[index];
  const { error: _, ...before } = known ?? {};
  const is = type ?? row.type;
  await ctx.tx.run(setContent, { id: message, content: contentWith(row, index, { ...before, ...as }), type: is });
  if (is !== row.type) {
    await ctx.tx.run(setLastType, { id: row.interaction_id, message, type: is });
    ctx.changes.interactions.add(row.interaction_id);
  }
  ctx.changes.messages.set(message, { event: 'message' });
}

export async function retryMedia(ctx: Ctx, { message, index, username }: In<'retryMedia'>): Out<'retryMedia'> {
  const row: MessageRow = await getMessage(ctx, message);
  const { ix } = await visible(ctx, row.interaction_id, username);
  const of = mediaOf(row)[index];
  if (!of) throw new CoreError('not_found', 404, `Message ${message} has no file ${index}.`);
  const job = await ctx.tx.first(byKey, { message, index });
  if (job?.state === 'ready' || row.direction !== 'in' || !of.source)
    throw new CoreError('not_failed', 409, 'Only what could not be fetched is fetched again.');
  if (!job) await ctx.tx.run(insert, { message, index, account: ix.account_id, now: ctx.now });
  else if (job.state === 'failed') {
    await ctx.tx.run(fromStart, { message, index });
    await ctx.tx.run(set, { message, index, state: 'waiting', due: ctx.now, hash: null });
  }
  if (of.state !== 'waiting') await change(ctx, message, index, { state: 'waiting' });
  ctx.effects.push({ kind: 'media', account: ix.account_id, at: ctx.now });
  return { message: messageView(await getMessage(ctx, message)) };
}
