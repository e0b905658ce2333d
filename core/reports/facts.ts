/** What a report reads besides the conversations that began: messages, transfers, offers, and waits that ended. */
import { idBound } from '../../store/ids.ts';
import { type Statement, statement } from '../../store/store.ts';
import { type Ctx, lit } from '../context.ts';
import { newestIds } from '../newest.ts';
import { othersTurn, queueOf } from './conversations.ts';

/** Rows of one read. */
const CHUNK = 2000;
/** ms that an id may be ahead of its row's own time: the clock may have been set back a little. */
const AHEAD = 3_600_000;

/** The ids that rows of a time may have: `after` and before `end`. Where the clock was set back by much, ids are ahead, and all may. */
export async function idsOf(ctx: Ctx, from: number, to: number): Promise<{ after: string; end: string }> {
  const bound = idBound(ctx.now + AHEAD);
  const ahead = (await newestIds(ctx)).some((id) => id > bound);
  return { after: idBound(from), end: ahead ? '~' : idBound(to + AHEAD) };
}

interface Range {
  after: string;
  end: string;
  from: number;
  to: number;
  limit: number;
}

const messages = statement<Range>()((db, p) =>
  db
    .selectFrom('message')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .select(['message.id', 'message.at', 'message.direction', 'message.author'])
    .select(['interaction.id as interaction', 'interaction.account_id', 'interaction.agent'])
    .select(['interaction.disposition', queueOf(db)])
    .where('message.id', '>', p('after'))
    .where('message.id', '<', p('end'))
    .where('message.at', '>=', p('from'))
    .where('message.at', '<', p('to'))
    .where('message.direction', 'in', [lit('in'), lit('out')])
    .orderBy('message.id')
    .limit(p('limit')),
);
const transfers = statement<Range>()((db, p) =>
  db
    .selectFrom('audit')
    .innerJoin('interaction', 'interaction.id', 'audit.interaction_id')
    .select(['audit.id', 'audit.at', 'audit.actor'])
    .select(['interaction.account_id', 'interaction.disposition', queueOf(db)])
    .where('audit.id', '>', p('after'))
    .where('audit.id', '<', p('end'))
    .where('audit.at', '>=', p('from'))
    .where('audit.at', '<', p('to'))
    .where('audit.event', '=', lit('interaction-transferred'))
    .orderBy('audit.id')
    .limit(p('limit')),
);
const offers = statement<Range>()((db, p) =>
  db
    .selectFrom('offer')
    .select(['id', 'agent', 'state'])
    .where('id', '>', p('after'))
    .where('id', '<', p('end'))
    .where('created_at', '>=', p('from'))
    .where('created_at', '<', p('to'))
    .orderBy('id')
    .limit(p('limit')),
);
const ends = statement<Range>()((db, p) =>
  db
    .selectFrom('step_end')
    .select(['id', 'node', 'kind', 'queue_id', 'account_id'])
    .where('id', '>', p('after'))
    .where('id', '<', p('end'))
    .where('at', '>=', p('from'))
    .where('at', '<', p('to'))
    .where('outcome', '=', lit('timeout'))
    .orderBy('id')
    .limit(p('limit')),
);

/** All rows of a time, in short reads by their ids, which carry their time. */
async function* between<R extends { id: string }>(
  ctx: Ctx,
  read: Statement<Range, R>,
  from: number,
  to: number,
): AsyncGenerator<R> {
  let { after, end } = await idsOf(ctx, from, to);
  for (;;) {
    const rows = await ctx.tx.all(read, { after, end, from, to, limit: CHUNK });
    yield* rows;
    if (rows.length < CHUNK) return;
    after = rows.at(-1)!.id;
    await othersTurn();
  }
}

export const messagesBetween = (ctx: Ctx, from: number, to: number) => between(ctx, messages, from, to);
export const transfersBetween = (ctx: Ctx, from: number, to: number) => between(ctx, transfers, from, to);
export const offersBetween = (ctx: Ctx, from: number, to: number) => between(ctx, offers, from, to);
export const timeoutsBetween = (ctx: Ctx, from: number, to: number) => between(ctx, ends, from, to);
