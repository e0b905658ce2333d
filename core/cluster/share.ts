import { sql } from 'kysely';
import { newId } from '../../store/ids.ts';
import { statement } from '../../store/store.ts';
import type { Effect } from '../api.ts';
import type { Ctx } from '../context.ts';
import type { Share } from '../host/host.ts';
import { findInteraction, runSynced } from '../interactions.ts';
import { join } from './leases.ts';
import { livingRuntimes, type Runtime } from './nodes.ts';

/** What other runtimes are told of; with `to` only that one. */
export interface SharedEffect {
  effect: Effect;
  to?: string;
}

/** What every runtime has to hear, since nobody knows at which one the desk or node is. */
const FOR_ALL: ReadonlySet<Effect['kind']> = new Set<Effect['kind']>([
  'publish',
  'signed-out',
  'step-changed',
  'outgoing-done',
]);

/** The message ids of hand-overs that this runtime has from now on. */
const takeHandovers = (ctx: Ctx, runtime: string, messages: string[]) =>
  ctx.tx.query(
    ctx.tx.db
      .updateTable('handover')
      .set({ runtime })
      .where(sql<boolean>`message_id = any(${messages}::text[])`)
      // Another runtime still has an earlier one of the interaction: this one follows it there, or whoever is there then.
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('handover as earlier')
              .select('earlier.message_id')
              .whereRef('earlier.interaction_id', '=', 'handover.interaction_id')
              .whereRef('earlier.message_id', '<', 'handover.message_id')
              .where(sql<boolean>`earlier.message_id <> all(${messages}::text[])`)
              .where((e) => e.or([e('earlier.runtime', 'is', null), e('earlier.runtime', '<>', runtime)])),
          ),
        ),
      )
      .returning('message_id'),
  );
const giveStep = statement<{ id: string; runtime: string }>({ row: 'id', blind: true })((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_runtime: p('runtime') })
    .where('id', '=', p('id')),
);
const giveWatch = statement<{ id: string; runtime: string }>({ blind: true })((db, p) =>
  db
    .updateTable('watch')
    .set({ runtime: p('runtime') })
    .where('id', '=', p('id')),
);
const addChange = statement<{ id: string; at: number; runtime: string; effects: string }>({ adds: true, blind: true })(
  (db, p) =>
    db.insertInto('change').values({
      id: p('id'),
      // The number of the transaction, by which readers tell what was committed before their snapshot.
      xid: sql<number>`pg_current_xact_id()::text::bigint`,
      at: p('at'),
      runtime: p('runtime'),
      effects: p('effects'),
    }),
);

export interface Member extends Share {
  /** The nodes of the flows that run here, null while they do not: then others are to give out what there is. */
  nodes: ReadonlySet<string> | null;
}

/**
 * How a runtime shares what its commits bring about: what its nodes get stays here, what nodes of others get goes to them, and what
 * desks hear goes to all.
 * @param changed a commit had something for other runtimes
 */
export function createMember(runtime: string, changed: () => void): Member {
  let told = false;

  const targetOf = (node: string, living: Runtime[]): string => {
    if (member.nodes?.has(node)) return runtime;
    return living.find(({ id, nodes }) => id !== runtime && nodes.has(node))?.id ?? runtime;
  };

  /** Whether the effect stays here; what is for others is added to `shared`. */
  const sort = async (
    ctx: Ctx,
    effect: Effect,
    taken: ReadonlySet<string>,
    living: Runtime[],
    shared: SharedEffect[],
  ): Promise<boolean> => {
    switch (effect.kind) {
      case 'handover':
        return taken.has(effect.handover.message.id);
      case 'forward': {
        const target = targetOf(effect.node, living);
        if (target === runtime) return true;
        const ix = await findInteraction(ctx, effect.context.interaction.id);
        if (ix) {
          ix.step_runtime = target;
          await runSynced(ctx, ix, giveStep, { id: ix.id, runtime: target });
        }
        shared.push({ effect, to: target });
        return false;
      }
      case 'released': {
        const target = targetOf(effect.node, living);
        await ctx.tx.run(giveWatch, { id: effect.watch, runtime: target });
        if (target !== runtime) shared.push({ effect, to: target });
        return target === runtime;
      }
      default:
        if (FOR_ALL.has(effect.kind) && living.length > 1) shared.push({ effect });
        return true;
    }
  };

  /** Of the messages that are to be handed over those that are handed over here: none while flows are stopped, whoever runs takes them. */
  const take = async (ctx: Ctx): Promise<Set<string>> => {
    const messages = ctx.effects.flatMap((e) => (e.kind === 'handover' ? [e.handover.message.id] : []));
    if (messages.length === 0 || member.nodes === null) return new Set();
    return new Set((await takeHandovers(ctx, runtime, messages)).map((row) => row.message_id));
  };

  const member: Member = {
    nodes: null,
    start: (ctx) => join(ctx, runtime),
    async finish(ctx) {
      told = false;
      if (ctx.effects.length === 0) return;
      const living = await livingRuntimes(ctx);
      const shared: SharedEffect[] = [];
      const own: Effect[] = [];
      const taken = await take(ctx);
      for (const effect of ctx.effects) if (await sort(ctx, effect, taken, living, shared)) own.push(effect);
      ctx.effects.splice(0, ctx.effects.length, ...own);
      if (shared.length === 0) return;
      await ctx.tx.run(addChange, { id: newId(ctx.now), at: ctx.now, runtime, effects: JSON.stringify(shared) });
      told = true;
    },
    committed() {
      if (told) changed();
    },
  };
  return member;
}
