import type { Commands } from '../api.ts';
import type { Ctx } from '../context.ts';
import { beat, bury, tidy } from './leases.ts';
import { livingRuntimes, noteNodes } from './nodes.ts';

/** Every how many signs of life it is tidied up. */
const TIDY_EVERY = 10;

/** A runtime's sign of life. */
export async function runtimeBeat(ctx: Ctx, input: Commands['runtimeBeat'][0]): Promise<Commands['runtimeBeat'][1]> {
  const { runtime, active, deployed, count } = input;
  const wasGone = await beat(ctx, runtime, active && deployed ? new Set(deployed) : null);
  if (wasGone && deployed) await noteNodes(ctx, runtime, deployed);
  const living = (await livingRuntimes(ctx)).map(({ id }) => id);
  if (living[0] === runtime && count % TIDY_EVERY === 0) await tidy(ctx);
  return { living };
}

/** A runtime stops: others take over at once. */
export async function runtimeLeaves(ctx: Ctx, input: Commands['runtimeLeaves'][0]): Promise<null> {
  await bury(ctx, input.runtime);
  return null;
}
