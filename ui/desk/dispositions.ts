import type { Disposition } from '../shared/types.ts';

/** A chosen outcome and its names joined, for the search. */
export interface Outcome {
  path: string[];
  words: string;
}

/** The children under a path; an unknown path has none. */
export function childrenOf(list: readonly Disposition[], path: readonly string[]): readonly Disposition[] {
  let level = list;
  for (const name of path) level = level.find((item) => item.name === name)?.children ?? [];
  return level;
}

/** A path may be chosen when nothing lies below it. */
export function isComplete(list: readonly Disposition[], path: readonly string[]): boolean {
  return path.length > 0 && childrenOf(list, path).length === 0;
}

/** Every outcome whose names contain all words of the search, in the order of the list. */
export function findOutcomes(list: readonly Disposition[], search: string): Outcome[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found: Outcome[] = [];
  const walk = (level: readonly Disposition[], path: string[]) => {
    for (const item of level) {
      const here = [...path, item.name];
      if (item.children?.length) walk(item.children, here);
      else found.push({ path: here, words: here.join(' ').toLocaleLowerCase() });
    }
  };
  walk(list, []);
  return found.filter((outcome) => words.every((word) => outcome.words.includes(word)));
}

/** Reads what the server keeps: names without text and levels below the third are left out. */
export function readDispositions(value: unknown, depth = 1): Disposition[] {
  if (!Array.isArray(value) || depth > 3) return [];
  return value
    .filter((item): item is { name: string; children?: unknown } => typeof item?.name === 'string' && item.name !== '')
    .map((item) => ({ name: item.name, children: readDispositions(item.children, depth + 1) }));
}
