/** What the values of a wa-interaction mean. A value that cannot be used is an error that says what and where. */
import { CoreError } from '../../core/api.ts';
import { MAX_LEVELS } from '../shared/disposition.ts';
import { MAX_PRIORITY } from './limits.ts';

/** A value as it was found, and where, for an error. */
export interface Found {
  value: unknown;
  /** Such as `msg.payload`. */
  where: string;
}

/**
 * One text; numbers count as such.
 * @throws CoreError `value_missing`, `value_invalid`
 */
export function oneText({ value, where }: Found, what: string): string {
  if (value === undefined || value === null || value === '')
    throw new CoreError('value_missing', 400, `${where} gives no ${what}.`);
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new CoreError('value_invalid', 400, `${where} gives no text for the ${what}.`);
  if (text.trim() === '') throw new CoreError('value_missing', 400, `${where} gives no ${what}.`);
  return text.trim();
}

/**
 * Tags: one, several with commas between, or a list.
 * @throws CoreError `value_missing`, `value_invalid`
 */
export function tags(found: Found): string[] {
  const list = Array.isArray(found.value) ? found.value : oneText(found, 'tag').split(',');
  const names = list.map((value) => (value === '' ? '' : oneText({ ...found, value }, 'tag'))).filter((name) => name);
  if (names.length === 0) throw new CoreError('value_missing', 400, `${found.where} gives no tag.`);
  return names;
}

/**
 * A disposition: `Level 1/Level 2`, or a list of names; nothing is none.
 * @throws CoreError `value_invalid`
 */
export function disposition({ value, where }: Found): string[] {
  if (value === undefined || value === null || value === '') return [];
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split('/') : [value];
  const path = list.map((name) => (typeof name === 'string' ? name.trim() : ''));
  if (path.length > MAX_LEVELS || path.some((name) => name === ''))
    throw new CoreError(
      'value_invalid',
      400,
      `${where} gives no disposition: one to three names, as a list or with / between them.`,
    );
  return path;
}

/**
 * A whole number.
 * @throws CoreError `value_missing`, `value_invalid`
 */
export function priority({ value, where }: Found): number {
  if (value === undefined || value === null || value === '')
    throw new CoreError('value_missing', 400, `${where} gives no priority.`);
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) > MAX_PRIORITY)
    throw new CoreError(
      'value_invalid',
      400,
      `${where} gives no priority: a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}.`,
    );
  return number;
}
