import type { Api } from '../shared/api.ts';

/** ms: what the contact sees lasts longer. */
const EVERY = 10_000;

/** Tells the contact that the agent writes, while they do. It may fail unseen. */
export function useTyping({ api, may }: { api: Api; may: (id: string) => boolean }) {
  let last = { id: '', at: 0 };
  return (id: string): void => {
    const now = Date.now();
    if (!may(id) || (last.id === id && now - last.at < EVERY)) return;
    last = { id, at: now };
    api.typing(id).catch(() => {});
  };
}
