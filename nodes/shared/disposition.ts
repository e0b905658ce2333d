/** Outcomes of a conversation: a tree of at most three levels. */
import { records, text } from './coerce.ts';

export interface Disposition {
  name: string;
  children?: Disposition[];
}

export const MAX_LEVELS = 3;

/** Reads a saved tree: nameless entries and levels below the third are dropped, of two siblings with one name the first stays. */
export function readDispositions(value: unknown, level = 1): Disposition[] {
  const seen = new Set<string>();
  const tree: Disposition[] = [];
  for (const entry of records(value)) {
    const name = text(entry.name, '');
    if (name === '' || seen.has(name)) continue;
    seen.add(name);
    const children = level < MAX_LEVELS ? readDispositions(entry.children, level + 1) : [];
    tree.push(children.length > 0 ? { name, children } : { name });
  }
  return tree;
}

/** How many outcomes the tree has, all levels counted. */
export function countDispositions(tree: readonly Disposition[]): number {
  return tree.reduce((sum, entry) => sum + 1 + countDispositions(entry.children ?? []), 0);
}
