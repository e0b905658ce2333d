/**
 * What nodes of the plan do once (contract 3.3): a message may be handed over again after a restart, and its second way through the
 * flow must not send, tell or note anything a second time.
 */
import { createHash } from 'node:crypto';
import { statement } from '../store/store.ts';
import type { Actor } from './api.ts';
import type { Ctx } from './context.ts';

type NodeActor = Extract<Actor, { node: string }>;

/** `act.seq` of what is done once in the whole interaction: no position is behind it. */
const EVER = 2_147_483_647;
/** How long (ms) an act is kept after the plan has moved on: copies of the message may still be on their way through slow nodes. */
const KEPT = 3_600_000;

const find = statement<{ interaction: string; key: string }>()((db, p) =>
  db.selectFrom('act').select('message_id').where('interaction_id', '=', p('interaction')).where('key', '=', p('key')),
);
const insert = statement<{ interaction: string; key: string; seq: number; message: string | null; now: number }>()(
  (db, p) =>
    db.insertInto('act').values({
      interaction_id: p('interaction'),
      key: p('key'),
      seq: p('seq'),
      message_id: p('message'),
      at: p('now'),
    }),
);
const forget = statement<{ interaction: string; seq: number; before: number }>()((db, p) =>
  db
    .deleteFrom('act')
    .where('interaction_id', '=', p('interaction'))
    .where('seq', '<', p('seq'))
    .where('at', '<=', p('before')),
);
const move = statement<{ from: string; to: string }>()((db, p) =>
  db
    .updateTable('act')
    .set({ interaction_id: p('to') })
    .where('interaction_id', '=', p('from'))
    .where('key', 'not in', db.selectFrom('act').select('key').where('interaction_id', '=', p('to'))),
);
const drop = statement<{ interaction: string }>()((db, p) =>
  db.deleteFrom('act').where('interaction_id', '=', p('interaction')),
);

/** Something a node does, as it is remembered. */
export interface Act {
  /** The interaction whose plan position counts. */
  interaction: string;
  key: string;
  seq: number;
}

/** What a node does with this content at this plan position; null without one: then it may be done as often as it is asked for. */
export function atPosition(actor: NodeActor, interaction: string, content: string): Act | null {
  const { node, plan } = actor;
  if (!plan) return null;
  const key = createHash('sha256')
    .update(JSON.stringify([node, plan.id, plan.seq, content]))
    .digest('base64url');
  // A third of it tells a handful of acts apart.
  return { interaction, key: key.slice(0, 16), seq: plan.seq };
}

/** What a node does once in an interaction, whatever its content. */
export const inInteraction = (node: string, interaction: string): Act => ({
  interaction,
  key: `once ${node}`,
  seq: EVER,
});

/** The act as it was done, undefined if it was not. */
export async function done(ctx: Ctx, act: Act | null): Promise<{ message_id: string | null } | undefined> {
  return act ? ctx.tx.first(find, { interaction: act.interaction, key: act.key }) : undefined;
}

/** Remembers an act that was not done before, and forgets older ones that can hardly come again. */
export async function remember(ctx: Ctx, act: Act | null, message: string | null): Promise<void> {
  if (!act) return;
  if (act.seq !== EVER)
    await ctx.tx.run(forget, { interaction: act.interaction, seq: act.seq, before: ctx.now - KEPT });
  await ctx.tx.run(insert, { ...act, message, now: ctx.now });
}

/** The interaction was closed: nothing of the positions before `seq` comes again. What was done once in it stays done. */
export async function forgetActs(ctx: Ctx, interaction: string, seq: number): Promise<void> {
  await ctx.tx.run(forget, { interaction, seq, before: ctx.now });
}

/** After two interactions became one: what was done in either is done. */
export async function moveActs(ctx: Ctx, from: string, to: string): Promise<void> {
  await ctx.tx.run(move, { from, to });
  await ctx.tx.run(drop, { interaction: from });
}
