import { statement } from '../store/store.ts';
import type { Commands } from './api.ts';
import { findAccount, fullContext, type MessageRow, messageView } from './build-views.ts';
import { audit, type Ctx, lit } from './context.ts';
import { findInteraction } from './interactions.ts';

const dropHandover = statement<{ message: string }>()((db, p) =>
  db.deleteFrom('handover').where('message_id', '=', p('message')),
);
const dropHeard = statement<{ message: string }>({ blind: true })((db, p) =>
  db.deleteFrom('handover').where('message_id', '=', p('message')),
);

const interactionOf = statement<{ message: string }>()((db, p) =>
  db
    .selectFrom('message')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .select(['interaction.id', 'interaction.account_id'])
    .where('message.id', '=', p('message')),
);

/** The flow has these messages: they are not handed over again. Where there is no `wa-inbound`, no plan begins (contract 5.1). */
export async function handed(ctx: Ctx, input: Commands['handed'][0]): Promise<null> {
  for (const message of input.messages) await ctx.tx.run(dropHeard, { message });
  for (const message of input.unheard ?? []) {
    if ((await ctx.tx.run(dropHandover, { message })) === 0) continue;
    const of = await ctx.tx.first(interactionOf, { message });
    if (of)
      await audit(ctx, 'plan-ended', 'system', {
        account: of.account_id,
        interaction: of.id,
        data: { reason: 'no wa-inbound' },
      });
  }
  if (ctx.settings.runtime !== undefined) await handOverFree(ctx, ctx.settings.runtime);
  return null;
}

const unhanded = statement()((db) =>
  db
    .selectFrom('handover')
    .innerJoin('message', 'message.id', 'handover.message_id')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .selectAll('message')
    .select(['handover.flags', 'interaction.account_id'])
    .orderBy('handover.message_id'),
);

/** Gives out again, in order, what was not handed over before a stop. */
export async function handOverAgain(ctx: Ctx): Promise<number> {
  const { runtime } = ctx.settings;
  if (runtime === undefined) return giveOut(ctx, await ctx.tx.all(unhanded, {}));
  const own = await giveOut(ctx, await ctx.tx.all(unhandedOf, { runtime }));
  return own + (await handOverFree(ctx, runtime));
}

const unhandedOf = statement<{ runtime: string }>()((db, p) =>
  db
    .selectFrom('handover')
    .innerJoin('message', 'message.id', 'handover.message_id')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .selectAll('message')
    .select(['handover.flags', 'interaction.account_id'])
    .where('handover.runtime', '=', p('runtime'))
    .orderBy('handover.message_id'),
);
const free = statement<{ runtime: string }>()((db, p) =>
  db
    .selectFrom('handover')
    .innerJoin('message', 'message.id', 'handover.message_id')
    .innerJoin('interaction', 'interaction.id', 'message.interaction_id')
    .selectAll('message')
    .select(['handover.flags', 'interaction.account_id'])
    .where('handover.runtime', 'is', null)
    // Never before the interaction's earlier ones, which another runtime may still have.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('handover as earlier')
            .select('earlier.message_id')
            .whereRef('earlier.interaction_id', '=', 'handover.interaction_id')
            .whereRef('earlier.message_id', '<', 'handover.message_id')
            .where('earlier.runtime', '<>', p('runtime')),
        ),
      ),
    )
    .orderBy('handover.message_id')
    .limit(lit(200)),
);

/** Of several runtimes this one gives out what none has, and what may go now that the earlier ones are handed over. */
export async function handOverFree(ctx: Ctx, runtime: string): Promise<number> {
  return giveOut(ctx, await ctx.tx.all(free, { runtime }));
}

async function giveOut(ctx: Ctx, rows: (MessageRow & { flags: string; account_id: string })[]): Promise<number> {
  let n = 0;
  for (const { flags, account_id, ...row } of rows) {
    const ix = await findInteraction(ctx, row.interaction_id);
    const account = await findAccount(ctx, account_id);
    if (!ix || !account) continue;
    // The plan has it already: it comes again from where it is in the plan, not from the start.
    if (row.id <= ix.plan_message) {
      await ctx.tx.run(dropHandover, { message: row.id });
      continue;
    }
    n++;
    const f = JSON.parse(flags) as { contact: boolean; interaction: boolean };
    const context = await fullContext(ctx, ix, account, row.id, f);
    ctx.effects.push({
      kind: 'handover',
      account: account_id,
      interaction: ix.id,
      handover: { message: messageView(row), context },
    });
  }
  return n;
}
