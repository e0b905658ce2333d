import type { Kysely } from 'kysely';
import type { Schema } from '../../store/schema.ts';
import { type Statement, statement } from '../../store/store.ts';
import { type Ctx, lit } from '../context.ts';

/** How much was deleted. */
export interface Counts {
  interactions: number;
  messages: number;
  offers: number;
  audit: number;
}
export const NOTHING: Counts = { interactions: 0, messages: 0, offers: 0, audit: 0 };

type OfInteraction = Statement<{ interaction: string; limit: number; now: number }, unknown>;

/** The messages of an interaction that go next: those of all statements of one step are the same. */
const nextMessages = (db: Kysely<Schema>, interaction: string, limit: number) =>
  db.selectFrom('message').select('id').where('interaction_id', '=', interaction).orderBy('id').limit(limit);
const dropHandovers: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db.deleteFrom('handover').where('message_id', 'in', nextMessages(db, p('interaction'), p('limit'))),
);
const dropOutgoing: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db.deleteFrom('outgoing').where('message_id', 'in', nextMessages(db, p('interaction'), p('limit'))),
);
const loseFiles: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db
    .updateTable('media_file')
    .set({ unused_since: p('now') })
    .where('unused_since', 'is', null)
    .where('hash', 'in', (eb) =>
      eb
        .selectFrom('media')
        .select((m) => m.ref('hash').$notNull().as('hash'))
        .where('message_id', 'in', nextMessages(db, p('interaction'), p('limit'))),
    ),
);
const dropMedia: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db.deleteFrom('media').where('message_id', 'in', nextMessages(db, p('interaction'), p('limit'))),
);
const dropMessages: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db.deleteFrom('message').where('id', 'in', nextMessages(db, p('interaction'), p('limit'))),
);
const dropOffers: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db
    .deleteFrom('offer')
    .where('id', 'in', (eb) =>
      eb.selectFrom('offer').select('id').where('interaction_id', '=', p('interaction')).limit(p('limit')),
    ),
);
const dropAudit: OfInteraction = statement<{ interaction: string; limit: number; now: number }>()((db, p) =>
  db
    .deleteFrom('audit')
    .where('id', 'in', (eb) =>
      eb.selectFrom('audit').select('id').where('interaction_id', '=', p('interaction')).limit(p('limit')),
    ),
);
const dropStep = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('step_message').where('interaction_id', '=', p('interaction')),
);
const dropWaiting = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('watch').where('interaction_id', '=', p('interaction')).where('result', 'is', lit(null)),
);
const dropLeaving = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('watch').where('interaction_id', '=', p('interaction')).where('result', 'is not', lit(null)),
);
const dropActs = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('act').where('interaction_id', '=', p('interaction')),
);
const dropStepEnds = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('step_end').where('interaction_id', '=', p('interaction')),
);
const dropInteraction = statement<{ interaction: string }>({ row: 'interaction' })((db, p) =>
  db.deleteFrom('interaction').where('id', '=', p('interaction')),
);

/** Everything that grows with an interaction. `with`: what goes together with these rows and is not counted. */
const PARTS: { name: keyof Counts; drop: OfInteraction; with: OfInteraction[] }[] = [
  { name: 'messages', drop: dropMessages, with: [dropHandovers, dropOutgoing, loseFiles, dropMedia] },
  { name: 'offers', drop: dropOffers, with: [] },
  { name: 'audit', drop: dropAudit, with: [] },
];

/**
 * Deletes an interaction that is closed, with all it has but its provider ids, which keep its messages from coming in again. At most
 * `budget` rows; the interaction itself goes last. Adds to `counts`.
 * @returns what is left of the budget; 0 = there may be more to delete
 */
export async function deleteInteraction(
  ctx: Ctx,
  interaction: string,
  budget: number,
  counts: Counts,
): Promise<number> {
  let left = budget;
  for (const part of PARTS) {
    for (const statement of part.with) await ctx.tx.run(statement, { interaction, limit: left, now: ctx.now });
    const n = await ctx.tx.run(part.drop, { interaction, limit: left, now: ctx.now });
    counts[part.name] += n;
    left -= n;
    if (left <= 0) return 0;
  }
  for (const drop of [dropStep, dropWaiting, dropLeaving, dropActs, dropStepEnds])
    await ctx.tx.run(drop, { interaction });
  counts.interactions += await ctx.tx.run(dropInteraction, { interaction });
  return left - 1;
}
