import { sameDay } from '../shared/time.ts';
import type { Message } from '../shared/types.ts';

/** A line of a conversation as it is shown. */
export type Line =
  | { kind: 'day'; key: string; at: number }
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
  const byId = new Map(messages.map((message) => [message.id, message]));
  const reactions = new Map<string, Map<string, string>>();
  for (const { reaction, author } of messages) {
    if (!reaction || !byId.has(reaction.to)) continue;
    const on = reactions.get(reaction.to) ?? new Map<string, string>();
    // Without an emoji it takes the former one back.
    if (reaction.emoji) on.set(author, reaction.emoji);
    else on.delete(author);
    reactions.set(reaction.to, on);
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
