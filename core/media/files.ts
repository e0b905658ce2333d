/**
 * Contents, by their hash: kept while a message has them. Each has a row before it exists, so that nothing is left behind if the process
 * ends; what no message has is found by `unused_since` and looked at again before it goes.
 */
import { statement } from '../../store/store.ts';
import { type Commands, CoreError } from '../api.ts';
import { type Ctx, lit } from '../context.ts';
import type { KeptMedia } from './content.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

/** ms a content is kept without a message: it may be about to get one. */
const GRACE = 300_000;
const REMOVING = -1;

const byHash = statement<{ hash: string }>()((db, p) =>
  db.selectFrom('media_file').selectAll().where('hash', '=', p('hash')),
);
const insert = statement<{ hash: string; size: number; now: number }>()((db, p) =>
  db.insertInto('media_file').values({ hash: p('hash'), size: p('size'), unused_since: p('now') }),
);
const setUnused = statement<{ hash: string; since: number | null }>()((db, p) =>
  db
    .updateTable('media_file')
    .set({ unused_since: p('since') })
    .where('hash', '=', p('hash')),
);
const hadBy = statement<{ hash: string }>()((db, p) =>
  db.selectFrom('media').select('message_id').where('hash', 'is not', lit(null)).where('hash', '=', p('hash')).limit(1),
);
const unused = statement<{ before: number; limit: number }>()((db, p) =>
  db
    .selectFrom('media_file')
    .select('hash')
    .where('unused_since', 'is not', lit(null))
    .where('unused_since', '<=', p('before'))
    .orderBy('unused_since')
    .limit(p('limit')),
);
const drop = statement<{ hash: string }>()((db, p) =>
  db.deleteFrom('media_file').where('hash', '=', p('hash')).where('unused_since', '=', REMOVING),
);

/** A content is here and has a message from now on. @returns whether it is really here */
export async function useFile(ctx: Ctx, hash: string): Promise<boolean> {
  const row = await ctx.tx.first(byHash, { hash });
  if (!row || Number(row.unused_since) === REMOVING) return false;
  if (row.unused_since !== null) await ctx.tx.run(setUnused, { hash, since: null });
  return true;
}

const addToMessage = statement<{ message: string; index: number; account: string; hash: string }>()((db, p) =>
  db.insertInto('media').values({
    message_id: p('message'),
    idx: p('index'),
    account_id: p('account'),
    state: 'ready',
    attempts: 0,
    due_at: null,
    hash: p('hash'),
    runtime: null,
  }),
);

/**
 * Notes which files a message that is sent has, so that they stay.
 * @throws CoreError 503 `media_busy` if one went meanwhile
 */
export async function keepFiles(ctx: Ctx, account: string, message: string, media: KeptMedia[]): Promise<void> {
  for (const [index, { hash = '' }] of media.entries()) {
    if (!(await useFile(ctx, hash)))
      throw new CoreError('media_busy', 503, 'The file is not kept any more; send it again.');
    await ctx.tx.run(addToMessage, { message, index, account, hash });
  }
}

export async function noteFile(ctx: Ctx, { hash, size }: In<'noteFile'>): Out<'noteFile'> {
  const row = await ctx.tx.first(byHash, { hash });
  if (!row) await ctx.tx.run(insert, { hash, size, now: ctx.now });
  else if (Number(row.unused_since) === REMOVING)
    throw new CoreError('media_busy', 503, 'The same file is just being removed; try again in a moment.');
  else if (row.unused_since !== null) await ctx.tx.run(setUnused, { hash, since: ctx.now });
  return null;
}

export async function unusedFiles(ctx: Ctx, { limit }: In<'unusedFiles'>): Out<'unusedFiles'> {
  const hashes: string[] = [];
  for (const { hash } of await ctx.tx.all(unused, { before: ctx.now - GRACE, limit })) {
    const isUsed = (await ctx.tx.first(hadBy, { hash })) !== undefined;
    await ctx.tx.run(setUnused, { hash, since: isUsed ? null : REMOVING });
    if (!isUsed) hashes.push(hash);
  }
  return { hashes };
}

export async function dropFiles(ctx: Ctx, { hashes }: In<'dropFiles'>): Out<'dropFiles'> {
  for (const hash of hashes) await ctx.tx.run(drop, { hash });
  return null;
}

const putStatement = statement<{ hash: string; number: number; data: string }>()((db, p) =>
  db
    .insertInto('media_piece')
    .values({ hash: p('hash'), number: p('number'), data: p('data') })
    .onConflict((c) => c.columns(['hash', 'number']).doNothing()),
);
const pieceStatement = statement<{ hash: string; number: number }>()((db, p) =>
  db.selectFrom('media_piece').select('data').where('hash', '=', p('hash')).where('number', '=', p('number')),
);
const anyPiece = statement<{ hash: string }>()((db, p) =>
  db.selectFrom('media_piece').select('number').where('hash', '=', p('hash')).limit(1),
);
const dropStatement = statement<{ hash: string }>()((db, p) =>
  db
    .deleteFrom('media_piece')
    .where('hash', '=', p('hash'))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('media_file')
            .select('hash')
            .where('hash', '=', p('hash'))
            .where((row) => row.or([row('unused_since', 'is', null), row('unused_since', '<>', REMOVING)])),
        ),
      ),
    ),
);

/** The same content has the same pieces: one that is there already is as good. */
export async function putPiece(ctx: Ctx, input: In<'putPiece'>): Out<'putPiece'> {
  await ctx.tx.run(putStatement, input);
  return null;
}

export async function piece(ctx: Ctx, input: In<'piece'>): Out<'piece'> {
  return (await ctx.tx.first(pieceStatement, input))?.data ?? null;
}

export async function hasPieces(ctx: Ctx, input: In<'hasPieces'>): Out<'hasPieces'> {
  return (await ctx.tx.first(anyPiece, input)) !== undefined;
}

/** Only what is being removed: it may have come anew since somebody found it unused. */
export async function dropPieces(ctx: Ctx, input: In<'dropPieces'>): Out<'dropPieces'> {
  await ctx.tx.run(dropStatement, input);
  return null;
}

const SECRET = 'media';
const secretStatement = statement<{ name: string }>()((db, p) =>
  db.selectFrom('secret').select('value').where('name', '=', p('name')),
);
const addSecret = statement<{ name: string; value: string }>()((db, p) =>
  db
    .insertInto('secret')
    .values({ name: p('name'), value: p('value') })
    .onConflict((c) => c.doNothing()),
);

export async function mediaSecret(ctx: Ctx, { proposed }: In<'mediaSecret'>): Out<'mediaSecret'> {
  await ctx.tx.run(addSecret, { name: SECRET, value: proposed });
  return (await ctx.tx.first(secretStatement, { name: SECRET }))?.value ?? proposed;
}
