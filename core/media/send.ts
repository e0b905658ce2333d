/** Files that go out. */
import type { ProviderName } from '../../providers/provider.ts';
import { actionable, mustBeOpen } from '../access.ts';
import type { Commands } from '../api.ts';
import { type AccountRow, findAccount, messageView } from '../build-views.ts';
import type { Ctx } from '../context.ts';
import type { InteractionRow } from '../interactions.ts';
import { answered, checkText, checkWindow, enqueue, firstAnswer, getMessage, keepAnswer } from '../outgoing.ts';
import type { KeptMedia } from './content.ts';

type In<K extends keyof Commands> = Commands[K][0];
type Out<K extends keyof Commands> = Promise<Commands[K][1]>;

async function accountOf(ctx: Ctx, ix: InteractionRow): Promise<AccountRow> {
  return (await findAccount(ctx, ix.account_id)) as AccountRow;
}

export async function mayAttach(ctx: Ctx, input: In<'mayAttach'>): Out<'mayAttach'> {
  const { interaction, username, idempotencyKey: key } = input;
  const { ix } = await actionable(ctx, interaction, username);
  const provider = (await accountOf(ctx, ix)).provider as ProviderName;
  const message = (await firstAnswer(ctx, username, interaction, key)) ?? null;
  if (!message) {
    mustBeOpen(ix);
    checkWindow(ctx, ix);
  }
  return { provider, message };
}

export async function sendFile(ctx: Ctx, input: In<'sendFile'>): Out<'sendFile'> {
  const { username, text, textAfter, file, type, idempotencyKey: key } = input;
  const first = await firstAnswer(ctx, username, input.interaction, key);
  if (first) return { message: first };
  const { ix } = await actionable(ctx, input.interaction, username);
  checkText(await accountOf(ctx, ix), textAfter ?? text);
  const media: KeptMedia[] = [{ ...file, state: 'ready' }];
  const id = await enqueue(ctx, ix, { author: username, type, text, content: { media } });
  if (textAfter) await enqueue(ctx, ix, { author: username, type: 'text', text: textAfter, content: null });
  await keepAnswer(ctx, username, ix.id, key, id);
  await answered(ctx, ix, username);
  return { message: messageView(await getMessage(ctx, id)) };
}
