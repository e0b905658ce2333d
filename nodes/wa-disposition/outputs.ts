/** The outputs of a wa-disposition: one for each outcome of the first level, in order, then one for everything else. */

/** The output for a chosen outcome. Nothing chosen, or something of another list, leaves by the last one. */
export function outputOf(first: readonly { name: string }[], path: readonly string[] | undefined): number {
  const at = first.findIndex(({ name }) => name === path?.[0]);
  return at < 0 ? first.length : at;
}

/**
 * Where the outputs go when the list is edited, so that wires stay with their outcome: the editor's form, old index → new index, -1 for
 * one that is gone, and a name for each that is new. An outcome that was renamed in its place keeps its wires.
 */
export function outputMap(before: readonly string[], after: readonly string[]): Record<string, number> {
  const map: Record<string, number> = {};
  const taken = new Set<number>();
  const assign = (from: number, to: number): void => {
    map[from] = to;
    taken.add(to);
  };
  before.forEach((name, from) => {
    const to = after.indexOf(name);
    if (to >= 0) assign(from, to);
  });
  for (let from = 0; from < before.length; from++) {
    if (map[from] !== undefined) continue;
    const isNew = from < after.length && !before.includes(after[from]!);
    if (isNew && !taken.has(from)) assign(from, from);
    else map[from] = -1;
  }
  assign(before.length, after.length);
  for (let to = 0; to < after.length; to++) if (!taken.has(to)) map[`new${to}`] = to;
  return map;
}
