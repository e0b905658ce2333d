import { timeOfDay } from '../shared/time.ts';
import type { CannedAnswer, Interaction } from '../shared/types.ts';
import { contactName } from './presentation.ts';

/** What stands before the caret: a slash at the start of the text or after a space, and what follows it. */
export function slashBefore(text: string, caret: number): { from: number; search: string } | undefined {
  const found = /(?:^|\s)\/(\S*)$/.exec(text.slice(0, caret));
  const search = found?.[1];
  return search === undefined ? undefined : { from: caret - search.length - 1, search };
}

/** The answers for an account that match: those whose shortcut begins so, then those that contain it. */
export function findAnswers(answers: readonly CannedAnswer[], account: string, search: string): CannedAnswer[] {
  const word = search.toLocaleLowerCase();
  const mine = answersOf(answers, account);
  const shortcut = (one: CannedAnswer) => shortcutOf(one).toLocaleLowerCase();
  const starts = mine.filter((one) => shortcut(one).startsWith(word));
  const contains = mine.filter(
    (one) => !starts.includes(one) && `${shortcut(one)} ${one.text.toLocaleLowerCase()}`.includes(word),
  );
  return [...starts, ...contains];
}

/** The answers of an account (its key) and those of all. */
export function answersOf(answers: readonly CannedAnswer[], account: string): CannedAnswer[] {
  return answers.filter((one) => !one.account || one.account === account);
}

export const shortcutOf = ({ shortcut }: CannedAnswer): string => shortcut.replace(/^\//, '');

/** What `{{…}}` of an answer stands for: the variables of notifications, as far as they mean something in an answer. */
export function variablesOf(item: Interaction, agent: string, now: number): Record<string, string> {
  const { account, contact, queue } = item;
  return {
    'account.name': account.name,
    'account.key': account.key,
    'contact.name': contactName(contact),
    'contact.address': contact.address,
    'contact.phone': contact.phone ?? contact.address,
    'contact.list': contact.list,
    queue: queue ?? '',
    agent,
    time: timeOfDay(now),
    'interaction.id': item.id,
    from: contact.phone ?? contact.address,
    key: account.key,
  };
}

/** An answer with its variables filled in. What is none stays as it is, so that somebody notices. */
export function fillAnswer(text: string, variables: Record<string, string>): string {
  return text.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (whole, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? '') : whole,
  );
}
