import type { Ctx } from '../context.ts';
import type { InteractionRow } from '../interactions.ts';
import { endStep } from '../plan/end.ts';
import { nextRoutePhase } from './route.ts';
import { returnTransfer } from './transfer.ts';

/** A step that nobody accepted ends, whatever its kind. The caller knows that the position is `at`. */
export async function endUnanswered(ctx: Ctx, ix: InteractionRow, outcome: string): Promise<void> {
  if (ix.step_kind === 'route' || ix.step_kind === 'return') return nextRoutePhase(ctx, ix);
  if (ix.step_kind === 'transfer') return returnTransfer(ctx, ix, outcome);
  await endStep(ctx, ix, 1, outcome, null);
}
