import { CoreError, type StepContext, type StepResult } from '../core/api.ts';
import type { EventDetail, EventView, Handover, InteractionView, MessageView, WhatsAppContext } from '../core/views.ts';

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
  const { location, button, reaction, repliedTo, forwarded, referral, error } = message;
  const shown: PlanMessage['whatsapp']['message'] = { id, providerId, direction, type, text, media, at, status };
  if (location) shown.location = location;
  if (button) shown.button = button;
  if (reaction) shown.reaction = reaction;
  if (repliedTo) shown.repliedTo = repliedTo;
  if (forwarded) shown.forwarded = forwarded;
  if (referral) shown.referral = referral;
  if (error) shown.error = error;
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

/**
 * The interaction that a message is about, with its plan position if it came from one.
 * @throws CoreError `no_interaction`
 */
export function interactionOf(msg: unknown): { interaction: string; plan?: { id: string; seq: number } } {
  const wa = (msg as { whatsapp?: { interaction?: { id?: unknown }; plan?: { id?: unknown; seq?: unknown } } })
    .whatsapp;
  const interaction = wa?.interaction?.id;
  if (typeof interaction !== 'string' || interaction === '')
    throw new CoreError('no_interaction', 400, 'msg.whatsapp.interaction.id names no interaction.');
  const { id, seq } = wa?.plan ?? {};
  return typeof id === 'string' && typeof seq === 'number' ? { interaction, plan: { id, seq } } : { interaction };
}

/** Writes what a node did to an interaction into the message, in place. A message that was current stays it. */
export function learn(msg: PlanMessage, view: InteractionView, seq?: { before: number; now: number }): PlanMessage {
  const wa = msg.whatsapp;
  const { status, agent, queue, tags, unread, windowClosesAt } = view;
  wa.interaction = { ...wa.interaction, status, agent, queue, tags, unread, windowClosesAt };
  wa.contact = { ...wa.contact, ...view.contact };
  if (seq && wa.plan?.seq === seq.before) wa.plan = { ...wa.plan, seq: seq.now };
  return msg;
}

/** Writes what a step found out into the message, in place: the rest of it is the user's. */
export function refresh(msg: PlanMessage, context: StepContext, step: StepResult): PlanMessage {
  const wa = msg.whatsapp;
  wa.interaction = { ...context.interaction, isNew: wa.interaction.isNew ?? false };
  // A watch takes messages that come from no plan, too.
  wa.plan = { id: wa.plan?.id ?? '', seq: context.plan.seq };
  wa.step = step;
  return msg;
}
