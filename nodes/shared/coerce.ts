/**
 * Reads saved node properties. Flows are written by people, imported from elsewhere, filled by `nodeDefaults` of the settings file, and
 * `${ENV}` strings arrive as text: nothing may be trusted to have its type. Every function answers with the wanted type, never throws.
 */

export const MAX_SECONDS = 2_147_483;

type Raw = Record<string, unknown>;

/** The raw properties, or none for whatever is not an object. */
export function record(raw: unknown): Raw {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Raw) : {};
}

/** Text, trimmed; numbers become text; anything else is the fallback. */
export function text(value: unknown, fallback: string): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return fallback;
}

/** Text as it was written: templates keep their spaces and line breaks. */
export function verbatim(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : text(value, fallback);
}

/** Text of which only the listed words are allowed. */
export function word<T extends string>(value: unknown, words: readonly T[], fallback: T): T {
  return words.includes(value as T) ? (value as T) : fallback;
}

/** Boolean; the strings `true`/`false`, `yes`/`no`, `1`/`0` count, as environment variables are strings. */
export function flag(value: unknown, fallback: boolean): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return fallback;
  const written = String(value).trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(written)) return true;
  if (['false', 'no', 'off', '0'].includes(written)) return false;
  return fallback;
}

/** Whole number within the range: fractions are rounded, what is outside is moved to the nearest end, what is no number is the fallback. */
export function whole(value: unknown, min: number, max: number, fallback: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return fallback;
  return Math.min(max, Math.max(min, Math.round(number)));
}

/** Texts without empty ones and repetitions. A single string is read as a comma-separated list. */
export function texts(value: unknown, fallback: readonly string[]): string[] {
  const list = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(list)) return [...fallback];
  return [...new Set(list.map((entry) => text(entry, '')).filter((entry) => entry !== ''))];
}

/** A number or its text as a number, NaN for everything else: `Number` throws for some objects. */
export function toNumber(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** Whole numbers within the range, ascending, without repetitions; undefined if none is left. */
export function wholes(value: unknown, min: number, max: number): number[] | undefined {
  const list = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(list)) return undefined;
  const kept = list.map(toNumber).filter((number) => Number.isInteger(number) && number >= min && number <= max);
  return kept.length > 0 ? [...new Set(kept)].sort((a, b) => a - b) : undefined;
}

/** A list of objects; entries that are none are dropped. */
export function records(value: unknown): Raw[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
}
