/** JSON that knows where its parts stand: errors of its form and of its meaning can be shown where they are, in every browser. */

export interface Located {
  value: unknown;
  /** Lines, from 1, on which values begin, by their path: `conditions.0.operator`. The whole has the path ''. */
  lines: Map<string, number>;
}

/** JSON that cannot be read. Lines and columns count from 1. */
export class JsonError extends Error {
  readonly line: number;
  readonly column: number;
  constructor(line: number, column: number) {
    super(`is not valid JSON: line ${line}, column ${column}`);
    this.line = line;
    this.column = column;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has none of them in its texts
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS: readonly [string, unknown][] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
/** Nothing that a person writes is deeper. */
const DEEPEST = 100;

/** @throws JsonError where it ends to be JSON */
export function parseLocated(text: string): Located {
  const lines = new Map<string, number>();
  let at = 0;

  const lineOf = (position: number): number => text.slice(0, position).split('\n').length;
  const fail = (position = at): never => {
    throw new JsonError(lineOf(position), position - text.lastIndexOf('\n', position - 1));
  };
  const space = (): void => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const sign = (wanted: string): boolean => {
    space();
    if (text[at] !== wanted) return false;
    at++;
    return true;
  };
  const expect = (wanted: string): void => {
    if (!sign(wanted)) fail();
  };

  /** What stands between two brackets, separated by commas. */
  const list = (end: string, entry: (index: number) => void): void => {
    if (sign(end)) return;
    for (let i = 0; ; i++) {
      entry(i);
      if (sign(end)) return;
      expect(',');
    }
  };

  const parse = (path: string, depth: number): unknown => {
    space();
    if (depth > DEEPEST) fail();
    lines.set(path, lineOf(at));
    const below = (name: string | number): string => (path === '' ? String(name) : `${path}.${name}`);
    if (sign('{')) {
      const object: [string, unknown][] = [];
      list('}', () => {
        space();
        const name = match(STRING) ?? fail();
        const key = JSON.parse(name) as string;
        expect(':');
        object.push([key, parse(below(key), depth + 1)]);
      });
      return Object.fromEntries(object);
    }
    if (sign('[')) {
      const array: unknown[] = [];
      list(']', (i) => void array.push(parse(below(i), depth + 1)));
      return array;
    }
    const plain = match(STRING) ?? match(NUMBER);
    if (plain !== null) return JSON.parse(plain);
    for (const [word, value] of WORDS) {
      if (!text.startsWith(word, at)) continue;
      at += word.length;
      return value;
    }
    return fail();
  };

  const value = parse('', 0);
  space();
  if (at < text.length) fail();
  return { value, lines };
}

/** The line of a path, or of the nearest thing around it that is there. */
export function lineOfPath(lines: ReadonlyMap<string, number>, path: string): number {
  for (let around = path; around !== ''; around = around.slice(0, Math.max(0, around.lastIndexOf('.')))) {
    const line = lines.get(around);
    if (line !== undefined) return line;
  }
  return lines.get('') ?? 1;
}
