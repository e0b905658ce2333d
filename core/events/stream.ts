import { sql } from 'kysely';
import { statement } from '../../store/store.ts';
import { type Ctx, lit } from '../context.ts';
import type { EventName, RowEvent } from './names.ts';

/** An event as it lies in the store. */
export interface EventRow {
  id: string;
  at: number;
  event: EventName;
  actor: string;
  account_id: string | null;
  interaction_id: string | null;
  /** Of an audit entry its data (JSON), of a message its type, of an offer its queue. */
  data: string | null;
}

interface Params {
  position: string;
  interaction: string;
  limit: number;
  /** 1 for the tables that are wanted. */
  audit: number;
  message: number;
  opened: number;
  offer: number;
}

/**
 * The one stream of events: audit entries, and the rows that are events themselves, ordered by their ids. Ids are made by the one
 * writer in the order in which it commits, so that nothing ever appears behind a position that was read. Each part is a range of a key.
 */
function stream(direction: 'asc' | 'desc', scoped: boolean) {
  const beyond = direction === 'asc' ? '>' : '<';
  return statement<Params>()((db, p) => {
    const audit = db
      .selectFrom('audit')
      .select(['audit.id', 'audit.at', 'audit.event', 'audit.actor', 'audit.account_id', 'audit.interaction_id'])
      .select('audit.data')
      .where((eb) => eb(eb.val(p('audit')), '=', 1))
      .where('audit.id', beyond, p('position'))
      .$if(scoped, (q) => q.where('audit.interaction_id', '=', p('interaction')))
      .orderBy('audit.id', direction)
      .limit(p('limit'));
    const message = db
      .selectFrom('message')
      .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
      .select(['message.id', 'message.at'])
      .select(sql<string>`'message-' || message.direction`.as('event'))
      .select(['message.author as actor', 'interaction.account_id', 'message.interaction_id', 'message.type as data'])
      .where((eb) => eb(eb.val(p('message')), '=', 1))
      .where('message.id', beyond, p('position'))
      .where('message.direction', 'in', [lit('in'), lit('out')])
      .$if(scoped, (q) => q.where('message.interaction_id', '=', p('interaction')))
      .orderBy('message.id', direction)
      .limit(p('limit'));
    const opened = db
      .selectFrom('interaction')
      .select(['interaction.id', 'interaction.started_at as at'])
      .select(lit('interaction-opened').as('event'))
      .select((eb) =>
        eb.fn
          .coalesce(
            eb
              .selectFrom('message as first')
              .select('first.author')
              .whereRef('first.interaction_id', '=', 'interaction.id')
              .orderBy('first.id')
              .limit(1),
            lit('system'),
          )
          .as('actor'),
      )
      .select(['interaction.account_id', 'interaction.id as interaction_id', lit(null).as('data')])
      .where((eb) => eb(eb.val(p('opened')), '=', 1))
      .where('interaction.id', beyond, p('position'))
      .$if(scoped, (q) => q.where('interaction.id', '=', p('interaction')))
      .orderBy('interaction.id', direction)
      .limit(p('limit'));
    const offer = db
      .selectFrom('offer')
      .innerJoin('interaction', 'interaction.id', 'offer.interaction_id')
      .select(['offer.id', 'offer.created_at as at', lit('offer-made').as('event'), 'offer.agent as actor'])
      .select(['interaction.account_id', 'offer.interaction_id', 'offer.queue_id as data'])
      .where((eb) => eb(eb.val(p('offer')), '=', 1))
      .where('offer.id', beyond, p('position'))
      .$if(scoped, (q) => q.where('offer.interaction_id', '=', p('interaction')))
      .orderBy('offer.id', direction)
      .limit(p('limit'));
    return db
      .selectFrom(audit.as('a'))
      .selectAll()
      .unionAll(db.selectFrom(message.as('m')).selectAll())
      .unionAll(db.selectFrom(opened.as('i')).selectAll())
      .unionAll(db.selectFrom(offer.as('o')).selectAll())
      .orderBy('id', direction)
      .limit(p('limit'));
  });
}

const forward = stream('asc', false);
const backward = stream('desc', false);
const backwardInOne = stream('desc', true);

/** Which table of its own an event comes from. */
const SOURCE: Record<RowEvent, 'message' | 'opened' | 'offer'> = {
  'interaction-opened': 'opened',
  'message-in': 'message',
  'message-out': 'message',
  'offer-made': 'offer',
};

/** `events`: the wanted ones, null = all. Whole tables without any are left out; the rest is up to the caller. */
function sources(events: readonly string[] | null): Pick<Params, 'audit' | 'message' | 'opened' | 'offer'> {
  const wanted = { audit: 0, message: 0, opened: 0, offer: 0 };
  if (!events) return { audit: 1, message: 1, opened: 1, offer: 1 };
  for (const event of events) wanted[SOURCE[event as RowEvent] ?? 'audit'] = 1;
  return wanted;
}

/** The next rows after a position, oldest first. */
export async function eventsAfter(
  ctx: Ctx,
  position: string,
  limit: number,
  events: readonly string[] | null,
): Promise<EventRow[]> {
  const rows = await ctx.tx.all(forward, { position, interaction: '', limit, ...sources(events) });
  return rows as EventRow[];
}

/** The rows before a position, newest first, of one interaction or of all. */
export async function eventsBefore(
  ctx: Ctx,
  position: string,
  limit: number,
  events: readonly string[] | null,
  interaction: string | null,
): Promise<EventRow[]> {
  const params = { position, interaction: interaction ?? '', limit, ...sources(events) };
  return (await ctx.tx.all(interaction === null ? backward : backwardInOne, params)) as EventRow[];
}
