/** What can be wrong with a webhook: in what it says, and in how it is written. */
import fc from 'fast-check';
import type { Fields } from '../../providers/fixtures/case.ts';

export interface Change {
  what: 'drop' | 'rename' | 'replace' | 'double' | 'move';
  /** Which of all places it concerns, counted around. */
  at: number;
  value: unknown;
}

/** How the bytes come: whole, or changed by this. */
export type Wire = (whole: Buffer) => Buffer;

const NAMES = [
  '',
  'id',
  'type',
  'text',
  'from',
  'messages',
  'Body',
  '__proto__',
  'constructor',
  'toString',
  'ключ',
  '\0',
];
const deep = (levels: number): unknown => JSON.parse(`${'[{"a":'.repeat(levels)}null${'}]'.repeat(levels)}`);
const STRANGE: unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    -1e-308,
    Number.MAX_SAFE_INTEGER + 2,
    '',
    ' ',
    '0',
    '-1',
    'null',
    'NaN',
    '1e999',
  ],
  ...[[], {}, [[]], [null], [[], {}], { id: 'x' }, { __proto__: null, length: -1 }, deep(50), deep(300)],
  ...['\0', 'a\0b', '\ud83d', '\udeb2\ud83d', '\u202eabc', '\ufeff', '👩🏽‍🔧', 'ͣ'.repeat(300), '\r\nSet-Cookie: a=b'],
  ...[
    '../../etc/passwd',
    'file:///etc/passwd',
    'http://169.254.169.254/',
    "'; drop table message; --",
    '<script>1</script>',
  ],
  ...['{{constructor}}', '%00', '%', '=&=', 'STOP', 'whatsapp:', 'whatsapp:+0', '+12025550167', 'IT.40718821009355216'],
  ...['x'.repeat(600), '9'.repeat(400), '2026-99-99T00:00:00Z', '-271821-04-20T00:00:00Z', '99999999999999999999'],
];
const HUGE = [
  'y'.repeat(150_000),
  '✓'.repeat(60_000),
  Array.from({ length: 3000 }, (_, i) => ({ id: `wamid.huge${i}` })),
];

const value = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...STRANGE) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

export const change: fc.Arbitrary<Change> = fc.record({
  what: fc.constantFrom('drop', 'rename', 'replace', 'replace', 'replace', 'double', 'move'),
  at: fc.nat(10_000),
  value: fc.oneof({ weight: 150, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom(...HUGE) }),
});

const asIs: Wire = (whole) => whole;
const cut =
  (share: number): Wire =>
  (whole) =>
    whole.subarray(0, Math.floor(whole.length * share));
const between = (share: number, bytes: Buffer): Wire => {
  return (whole) => {
    const at = Math.floor(whole.length * share);
    return Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at)]);
  };
};
const bytes = fc.constantFrom(
  ...[[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0], [0xef, 0xbb, 0xbf], [0x26], [0x2c]].map(
    (list) => Buffer.from(list),
  ),
);
const encodings: Wire[] = [
  (whole) => Buffer.from(whole.toString(), 'latin1'),
  (whole) => Buffer.from(whole.toString(), 'utf16le'),
  (whole) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), whole]),
  (whole) => Buffer.concat([whole, whole]),
  (whole) => Buffer.from(JSON.stringify(whole.toString())),
  (whole) => Buffer.from(`[${whole.toString()}]`),
  () => Buffer.alloc(0),
  () => Buffer.from('['.repeat(100_000)),
  () => Buffer.from('{"a":'.repeat(50_000)),
  (whole) => Buffer.from(whole.toString().replace('{', `{"x":${'['.repeat(50_000)}${']'.repeat(50_000)},`)),
];

export const wire: fc.Arbitrary<Wire> = fc.oneof(
  { weight: 30, arbitrary: fc.constant(asIs) },
  { weight: 3, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map(cut) },
  { weight: 3, arbitrary: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), bytes).map(([s, b]) => between(s, b)) },
  { weight: 2, arbitrary: fc.constantFrom(...encodings) },
);

type Holder = Record<string, unknown> | unknown[];
interface Place {
  holder: Holder;
  key: string;
}

/** Every place of a value that holds another. */
function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Holder;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    placesIn((holder as Record<string, unknown>)[key], found);
  }
  return found;
}

const copyOf = (value: unknown): unknown => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

/** Changes a JSON value in its place; gives what it is then. */
export function changeJson(whole: object, changes: readonly Change[]): object {
  for (const { what, at, value } of changes) {
    const places = placesIn(whole);
    if (places.length === 0) return whole;
    const { holder, key } = places[at % places.length]!;
    const inside = holder as Record<string, unknown>;
    const set = (name: string, given: unknown) =>
      Object.defineProperty(inside, name, { value: given, enumerable: true, writable: true, configurable: true });
    const rest = () => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete inside[key]);
    if (what === 'replace') set(key, copyOf(value));
    else if (what === 'drop') rest();
    else if (what === 'rename') {
      const held = inside[key];
      rest();
      if (Array.isArray(holder)) holder.unshift(held);
      else set(NAMES[at % NAMES.length]!, held);
    } else if (what === 'double') {
      const copy = copyOf(inside[key]);
      if (Array.isArray(holder)) holder.splice(Number(key), 0, copy);
      else set(key, [copy, copyOf(copy)]);
    } else {
      const other = places[(at * 7 + 3) % places.length]!;
      const taken = copyOf((other.holder as Record<string, unknown>)[other.key]);
      set(key, taken);
    }
    // What contains itself many times over would be larger than any webhook.
    if (JSON.stringify(whole).length > 800_000) return {};
  }
  return whole;
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined'));
const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

/** A form with the changes, written as forms are. */
export function changeForm(fields: Fields, changes: readonly Change[]): string {
  const pairs = Object.entries(fields);
  for (const { what, at, value } of changes) {
    if (pairs.length === 0) break;
    const index = at % pairs.length;
    const pair = pairs[index]!;
    if (what === 'replace') pairs[index] = [pair[0], asText(value)];
    else if (what === 'drop') pairs.splice(index, 1);
    else if (what === 'rename') pairs[index] = [NAMES[at % NAMES.length]!, pair[1]];
    else if (what === 'double') pairs.splice(index, 0, [pair[0], at % 2 ? asText(value) : pair[1]]);
    else pairs[index] = [pair[0], pairs[(at * 7 + 3) % pairs.length]![1]];
  }
  return pairs.map(([name, text]) => `${encode(name)}=${encode(text)}`).join('&');
}
