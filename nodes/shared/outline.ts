/** A tree of outcomes as a list of lines with levels: what a person edits. Functions answer with new lists, the given ones stay. */
import { type Disposition, MAX_LEVELS } from './disposition.ts';

export interface OutlineLine {
  name: string;
  /** 1–3. */
  level: number;
}

/** The tree as lines, in reading order. */
export function flatten(tree: readonly Disposition[], level = 1): OutlineLine[] {
  return tree.flatMap((entry) => [{ name: entry.name, level }, ...flatten(entry.children ?? [], level + 1)]);
}

/** Lines as a tree; nameless lines are left out together with what stands below them. */
export function nest(lines: readonly OutlineLine[]): Disposition[] {
  const tree: Disposition[] = [];
  const path: Disposition[] = [];
  let dropped = Number.POSITIVE_INFINITY;
  for (const line of tidy(lines)) {
    if (line.level > dropped) continue;
    dropped = line.name.trim() === '' ? line.level : Number.POSITIVE_INFINITY;
    if (dropped !== Number.POSITIVE_INFINITY) continue;
    const entry: Disposition = { name: line.name.trim() };
    const parent = path[line.level - 2];
    if (parent) {
      parent.children ??= [];
      parent.children.push(entry);
    } else tree.push(entry);
    path.length = line.level - 1;
    path.push(entry);
  }
  return tree;
}

/** Levels made possible: the first line is on level 1, no line is more than one deeper than the line before. */
export function tidy(lines: readonly OutlineLine[]): OutlineLine[] {
  let before = 0;
  return lines.map((line) => {
    before = Math.max(1, Math.min(line.level, before + 1, MAX_LEVELS));
    return { name: line.name, level: before };
  });
}

/** Index after the last line that belongs to the line at `at`. */
export function endOf(lines: readonly OutlineLine[], at: number): number {
  const level = lines[at]?.level ?? 0;
  let end = at + 1;
  while (end < lines.length && lines[end]!.level > level) end++;
  return end;
}

/** Whether the line may go `by` levels deeper (negative: up), with what belongs to it. */
export function canShift(lines: readonly OutlineLine[], at: number, by: 1 | -1): boolean {
  const line = lines[at];
  if (!line) return false;
  if (by === -1) return line.level > 1;
  const deepest = Math.max(...lines.slice(at, endOf(lines, at)).map((entry) => entry.level));
  return at > 0 && line.level <= lines[at - 1]!.level && deepest < MAX_LEVELS;
}

/** The line and what belongs to it one level deeper or up; unchanged if that is not possible. */
export function shift(lines: readonly OutlineLine[], at: number, by: 1 | -1): OutlineLine[] {
  if (!canShift(lines, at, by)) return [...lines];
  const end = endOf(lines, at);
  return tidy(lines.map((line, index) => (index >= at && index < end ? { ...line, level: line.level + by } : line)));
}

/** Without the line and what belongs to it. */
export function remove(lines: readonly OutlineLine[], at: number): OutlineLine[] {
  return [...lines.slice(0, at), ...lines.slice(endOf(lines, at))];
}

/** With an empty line of this level at this place. */
export function insert(lines: readonly OutlineLine[], at: number, level: number): OutlineLine[] {
  return tidy([...lines.slice(0, at), { name: '', level }, ...lines.slice(at)]);
}

/**
 * The line at `from` and what belongs to it moved, so that it stands before the line that is at `to` now (`to` = length: at the end).
 * Dropped among the children of another line it becomes one of them, else it would take the following ones away.
 */
export function move(lines: readonly OutlineLine[], from: number, to: number): OutlineLine[] {
  const end = endOf(lines, from);
  if (to >= from && to <= end) return [...lines];
  const block = lines.slice(from, end);
  const rest = [...lines.slice(0, from), ...lines.slice(end)];
  const at = to > from ? to - block.length : to;
  const deeper = (rest[at]?.level ?? 1) - block[0]!.level;
  const fits = deeper > 0 && Math.max(...block.map((line) => line.level)) + deeper <= MAX_LEVELS;
  rest.splice(at, 0, ...(fits ? block.map((line) => ({ ...line, level: line.level + deeper })) : block));
  return tidy(rest);
}

/** Indexes of lines that have the name of an earlier sibling. */
export function repeated(lines: readonly OutlineLine[]): number[] {
  const bad: number[] = [];
  const names: Set<string>[] = [];
  lines.forEach((line, index) => {
    names.length = Math.min(names.length, line.level);
    while (names.length < line.level) names.push(new Set());
    const siblings = names[line.level - 1]!;
    const name = line.name.trim();
    if (name !== '' && siblings.has(name)) bad.push(index);
    siblings.add(name);
  });
  return bad;
}
