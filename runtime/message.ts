import { CoreError, type StepContext, type StepResult } from '../core/api.ts';
import type { EventDetail, EventView, Handover, MessageView, WhatsAppContext } from '../core/views.ts';

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
  const { version: _, interactionId: __, author: ___, ...shown } = message;
  return { topic, payload: message.text, whatsapp: { ...context, message: shown } };
}

/** `msg` as it leaves a `wa-events`. */
export interface EventMessage {
  topic: string;
  payload: Omit<EventView, 'id'>;
  whatsapp: Partial<Pick<WhatsAppContext, 'account' | 'contact' | 'interaction'>> & {
    message?: Omit<MessageView, 'version' | 'interactionId' | 'author'>;
  };
}

/** The message of one event: `payload` says what happened, `whatsapp` what it is about. */
export function messageOfEvent({ id: _, whatsapp, ...payload }: EventDetail): EventMessage {
  const { message, ...context } = whatsapp;
  if (!message) return { topic: payload.event, payload, whatsapp: context };
  const { version: __, interactionId: ___, author: ____, ...shown } = message;
  return { topic: payload.event, payload, whatsapp: { ...context, message: shown } };
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
