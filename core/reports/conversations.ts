import { expressionBuilder, type Kysely } from 'kysely';
import type { Schema } from '../../store/schema.ts';
import { statement } from '../../store/store.ts';
import { type Ctx, lit } from '../context.ts';

/** What the figures look at of a conversation. Times are epoch ms. */
export interface Conversation {
  id: string;
  account: string;
  /** The queue that delivered it last, or that it waits or waited in without an agent. */
  queue: string | null;
  agent: string | null;
  disposition: string[];
  started: number;
  /** When the first agent got it. */
  assigned: number | null;
  closed: number | null;
  /** When a person first answered. */
  responded: number | null;
  /** Whether the contact began it. */
  inbound: boolean;
  /** Nobody had it, and nobody will: it was closed, or its plan has ended. */
  abandoned: boolean;
}

/** Conversations of one read. */
const CHUNK = 1000;
/** ms that a conversation may have not entered a step yet without its plan having ended. */
const FRESH = 60_000;

/** The queue of the interaction in scope: that delivered it last, else that it waits in, else that it waited in last without an agent. */
export const queueOf = (db: Kysely<Schema>) => {
  const { fn, ref } = expressionBuilder<Schema, 'interaction'>();
  const waitedIn = db
    .selectFrom('step_end')
    .select('step_end.queue_id')
    .whereRef('step_end.interaction_id', '=', ref('interaction.id'))
    .where('step_end.queue_id', 'is not', null)
    .orderBy('step_end.id', 'desc')
    .limit(1);
  return fn.coalesce('interaction.queue_id', 'interaction.step_queue', waitedIn).as('queue_id');
};

const page = statement<{ from: number; id: string; to: number; limit: number }>()((db, p) =>
  db
    .selectFrom('interaction')
    .select([
      'interaction.id',
      'interaction.account_id',
      'interaction.agent',
      'interaction.status',
      'interaction.disposition',
      'interaction.started_at',
      'interaction.first_assigned_at',
      'interaction.closed_at',
      'interaction.plan_position',
    ])
    .select((eb) => [
      eb
        .selectFrom('message')
        .select('message.direction')
        .whereRef('message.interaction_id', '=', 'interaction.id')
        .where('message.direction', 'in', [lit('in'), lit('out')])
        .orderBy('message.id')
        .limit(1)
        .as('first_direction'),
      eb
        .selectFrom('message')
        .select('message.at')
        .whereRef('message.interaction_id', '=', 'interaction.id')
        .where('message.direction', '=', lit('out'))
        .where('message.author', '<>', lit('system'))
        .orderBy('message.id')
        .limit(1)
        .as('responded'),
      queueOf(db),
    ])
    .where((eb) => eb(eb.refTuple('interaction.started_at', 'interaction.id'), '>', eb.tuple(p('from'), p('id'))))
    .where('interaction.started_at', '<', p('to'))
    .orderBy('interaction.started_at')
    .orderBy('interaction.id')
    .limit(p('limit')),
);

const orNull = (at: number | null): number | null => (at === null ? null : Number(at));

/** What began in [from, to), oldest first, in short reads with others in between. */
export async function* conversationsBetween(ctx: Ctx, from: number, to: number): AsyncGenerator<Conversation> {
  let last = { from, id: '' };
  for (;;) {
    const rows = await ctx.tx.all(page, { ...last, to, limit: CHUNK });
    for (const row of rows) {
      const started = Number(row.started_at);
      const left = row.status === 'closed' || (row.plan_position === 'none' && started < ctx.now - FRESH);
      yield {
        id: row.id,
        account: row.account_id,
        queue: row.queue_id,
        agent: row.agent,
        disposition: JSON.parse(row.disposition) as string[],
        started,
        assigned: orNull(row.first_assigned_at),
        closed: orNull(row.closed_at),
        responded: row.responded == null ? null : Number(row.responded),
        inbound: row.first_direction === 'in',
        abandoned: row.first_assigned_at === null && left,
      };
      last = { from: started, id: row.id };
    }
    if (rows.length < CHUNK) return;
    await othersTurn();
  }
}

/** Lets other reads of this thread in. */
export const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const seconds = (from: number, to: number): number => Math.max(0, (to - from) / 1000);

/** The three times of a conversation, in seconds; null if it has none of the kind. */
export function timesOf(c: Conversation): {
  waiting: number | null;
  firstResponse: number | null;
  handling: number | null;
} {
  const asked = c.inbound;
  return {
    waiting: asked && c.assigned !== null ? seconds(c.started, c.assigned) : null,
    firstResponse: asked && c.responded !== null ? seconds(c.started, c.responded) : null,
    handling: c.assigned !== null && c.closed !== null ? seconds(c.assigned, c.closed) : null,
  };
}
