import { CoreError, type StepContext, type StepResult } from '../core/api.ts';
import type { Handover, MessageView, WhatsAppContext } from '../core/views.ts';

/** `msg` as it travels through a plan. */
export interface PlanMessage {
  _msgid?: string;
  topic?: unknown;
  payload?: unknown;
  whatsapp: WhatsAppContext & { message: Omit<MessageView, 'version' | 'interactionId' | 'author'>; step?: StepResult };
  [key: string]: unknown;
}

/** The message that leaves a `wa-inbound`. */
export function messageOf({ message, context }: Handover, topic = context.account.key): PlanMessage {
  const { id, providerId, direction, type, text, media, at, status } = message;
  const { location, button, reaction, repliedTo, error } = message;
  const shown: PlanMessage['whatsapp']['message'] = { id, providerId, direction, type, text, media, at, status };
  if (location) shown.location = location;
  if (button) shown.button = button;
  if (reaction) shown.reaction = reaction;
  if (repliedTo) shown.repliedTo = repliedTo;
  if (error) shown.error = error;
  return { topic, payload: message.text, whatsapp: { ...context, message: shown } };
}

/**
 * The plan's part of a message that enters a node.
 * @throws CoreError `no_interaction` if the message did not come from a plan
 */
export function planOf(msg: unknown): { interaction: string; plan: { id: string; seq: number } } {
  const wa = (msg as { whatsapp?: { interaction?: { id?: unknown }; plan?: { id?: unknown; seq?: unknown } } })
    .whatsapp;
  const interaction = wa?.interaction?.id;
  const id = wa?.plan?.id;
  const seq = wa?.plan?.seq;
  if (typeof interaction !== 'string' || typeof id !== 'string' || typeof seq !== 'number')
    throw new CoreError(
      'no_interaction',
      400,
      'msg.whatsapp has no interaction and plan: this node belongs behind a wa-inbound.',
    );
  return { interaction, plan: { id, seq } };
}

/** Writes what a step found out into the message, in place: the rest of it is the user's. */
export function refresh(msg: PlanMessage, context: StepContext, step: StepResult): PlanMessage {
  const wa = msg.whatsapp;
  wa.interaction = { ...context.interaction, isNew: wa.interaction.isNew };
  wa.plan = { id: wa.plan.id, seq: context.plan.seq };
  wa.step = step;
  return msg;
}
