import { computed, type Ref } from 'vue';
import type { Agent, Member } from '../types.ts';
import { EVERYBODY } from '../types.ts';

/** Usernames that the administration has added, of a list of members. */
export const addedHere = (members: readonly Member[]): string[] =>
  members.filter((one) => one.sources.includes('admin')).map((one) => one.username);

/** Agents who can still be added to members, found by a text. */
export function useAddable(agents: () => readonly Agent[], members: () => readonly Member[], find: Ref<string>) {
  const free = computed(() => {
    const there = new Set(addedHere(members()));
    return agents()
      .filter((one) => !there.has(one.username))
      .sort((a, b) => a.name.localeCompare(b.name));
  });
  const found = computed(() => {
    const wanted = find.value.trim().toLocaleLowerCase();
    return free.value.filter((one) => `${one.name} ${one.username}`.toLocaleLowerCase().includes(wanted));
  });
  const everybody = computed(() => addedHere(members()).includes(EVERYBODY));
  return { free, found, everybody };
}
