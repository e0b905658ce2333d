import { statement } from '../../store/store.ts';
import { audit, type Ctx, lit } from '../context.ts';
import { type InteractionRow, setAgent } from '../interactions.ts';
import { endInteraction, endPlan } from './end.ts';

const stepNodes = statement()((db) =>
  db
    .selectFrom('interaction')
    .select('step_node')
    .distinct()
    .where('plan_position', '<>', lit('none'))
    .where('step_node', 'is not', null),
);
const inStep = statement<{ node: string }>()((db, p) =>
  db.selectFrom('interaction').selectAll().where('step_node', '=', p('node')).where('plan_position', '<>', lit('none')),
);

const rewire = statement<{ node: string; wired: string }>()((db, p) =>
  db
    .updateTable('interaction')
    .set({ step_wired: p('wired') })
    .where('step_node', '=', p('node'))
    .where('plan_position', '<>', lit('none'))
    .where('step_wired', '<>', p('wired')),
);

/** What waits in a step leaves it by the outputs as they are wired now, not as they were when it came. */
export async function rewireSteps(ctx: Ctx, wired: Record<string, string>): Promise<void> {
  for (const { step_node: node } of await ctx.tx.all(stepNodes, {})) {
    if (node !== null && wired[node] !== undefined) await ctx.tx.run(rewire, { node, wired: wired[node] });
  }
}

/** Steps whose node was removed from the deployed configuration end: nobody has the interaction, it is unread. */
export async function dropOrphanedSteps(ctx: Ctx, nodes: Set<string>): Promise<void> {
  for (const { step_node: node } of await ctx.tx.all(stepNodes, {})) {
    if (node === null || nodes.has(node)) continue;
    for (const ix of await ctx.tx.all(inStep, { node })) await orphan(ctx, ix, node);
  }
}

async function orphan(ctx: Ctx, ix: InteractionRow, node: string): Promise<void> {
  if (ix.plan_position === 'between') return endPlan(ctx, ix, 'node removed');
  if (ix.plan_position !== 'at') return;
  const agent = ix.agent;
  await endInteraction(ctx, ix, 'rescinded');
  await setAgent(ctx, ix, null, false, null);
  await audit(ctx, 'step-orphaned', 'system', { account: ix.account_id, interaction: ix.id, data: { node, agent } });
}
