import { sameDay } from '../shared/time.ts';
import type { Interaction, Message } from '../shared/types.ts';

/** A line of a conversation as it is shown. */
export type Line =
  | { kind: 'day'; key: string; at: number }
  /** An earlier conversation; `open`: its messages follow. */
  | { kind: 'past'; key: string; item: Interaction; open: boolean }
  /** Where the conversation itself begins below earlier ones. */
  | { kind: 'begin'; key: string; at: number }
  | {
      kind: 'message';
      key: string;
      message: Message;
      first: boolean;
      reactions: string[];
      quoted: Message | undefined;
    };

/** Consecutive messages of one author stand closer if no more than this lies between them, in ms. */
const CLOSE = 5 * 60_000;

/** Puts day marks between messages, hangs reactions on what they react to, and finds what a message replies to. */
export function threadLines(messages: readonly Message[], timeZone?: string): Line[] {
  const byId = new Map<string, Message>();
  // WhatsApp names what is meant by its own ids.
  for (const message of messages) {
    if (message.providerId) byId.set(message.providerId, message);
    byId.set(message.id, message);
  }
  const reactions = new Map<string, Map<string, string>>();
  for (const { reaction, author } of messages) {
    const meant = reaction && byId.get(reaction.to);
    if (!meant) continue;
    const on = reactions.get(meant.id) ?? new Map<string, string>();
    // Without an emoji it takes the former one back.
    if (reaction.emoji) on.set(author, reaction.emoji);
    else on.delete(author);
    reactions.set(meant.id, on);
  }
  const lines: Line[] = [];
  let before: Message | undefined;
  for (const message of messages) {
    if (message.reaction && byId.has(message.reaction.to)) continue;
    const at = Date.parse(message.at);
    const newDay = !before || !sameDay(Date.parse(before.at), at, timeZone);
    if (newDay) lines.push({ kind: 'day', key: `day-${message.id}`, at });
    const first =
      newDay ||
      before?.direction !== message.direction ||
      before.author !== message.author ||
      at - Date.parse(before.at) > CLOSE;
    lines.push({
      kind: 'message',
      key: message.id,
      message,
      first,
      reactions: [...(reactions.get(message.id)?.values() ?? [])],
      quoted: message.repliedTo ? byId.get(message.repliedTo) : undefined,
    });
    before = message;
  }
  return lines;
}

/** An earlier conversation with what was read of it. */
export interface PastThread {
  item: Interaction;
  messages: readonly Message[];
}

/**
 * A conversation below the earlier ones that are shown.
 * @param next the earlier one that can be shown next, above all
 * @param shown those whose messages are shown, the newest first
 */
export function linesWithPast(
  own: readonly Message[],
  startedAt: string,
  next: Interaction | undefined,
  shown: readonly PastThread[],
): Line[] {
  const lines: Line[] = next ? [{ kind: 'past', key: `past-${next.id}`, item: next, open: false }] : [];
  for (const { item, messages } of [...shown].reverse()) {
    lines.push({ kind: 'past', key: `past-${item.id}`, item, open: true });
    for (const line of threadLines(messages)) lines.push(line);
  }
  if (shown.length > 0) lines.push({ kind: 'begin', key: 'begin', at: Date.parse(startedAt) });
  for (const line of threadLines(own)) lines.push(line);
  return lines;
}

/** The likely height of a line that was never shown, px. */
export function likelyHeight(line: Line | undefined): number {
  if (line?.kind !== 'message') return 34;
  const { text, media = [] } = line.message;
  const shown = media.map(({ contentType = '' }) => (/^(image|video)\//.test(contentType) ? 218 : 56));
  return 44 + Math.floor(text.length / 48) * 20 + shown.reduce((sum, height) => sum + height, 0);
}
