import type { Account, Answer } from '../types.ts';

/** What is put for an account's canned answers: those of the administration, with one of them changed, added or (null) taken away. */
export function answersWith(
  account: Account,
  former: Answer | null,
  now: { shortcut: string; text: string } | null,
): { cannedAnswers: { shortcut: string; text: string }[] } {
  const own = account.cannedAnswers
    .filter((one) => one.id !== null && one.id !== former?.id)
    .map(({ shortcut, text }) => ({ shortcut, text }));
  return { cannedAnswers: now ? [...own, now] : own };
}
