import { visible } from '../access.ts';
import { type Commands, CoreError } from '../api.ts';
import type { Ctx } from '../context.ts';
import { getMessage } from '../outgoing.ts';
import { mediaOf } from './content.ts';

/** What is known of a file, for who sees the conversation that it is in. */
export async function mediaFile(
  ctx: Ctx,
  { message, index, username }: Commands['mediaFile'][0],
): Promise<Commands['mediaFile'][1]> {
  const row = await getMessage(ctx, message);
  if (username !== null) await visible(ctx, row.interaction_id, username);
  const of = mediaOf(row)[index];
  if (!of) throw new CoreError('not_found', 404, `Message ${message} has no file ${index}.`);
  const { state = 'failed', hash = '', size = 0, contentType = '', fileName = '' } = of;
  return { state: hash === '' && state === 'ready' ? 'failed' : state, hash, size, contentType, fileName };
}
