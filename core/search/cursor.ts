import { CoreError } from '../api.ts';
import type { Sort } from './language/fields.ts';

/** Where a page ended: after this value and id. */
export interface Position {
  value: string | number | null;
  id: string;
}

/** What a cursor carries: the place, and the time of the first page, so that what waits does not overtake while pages are turned. */
export interface Cursor extends Position {
  now: number;
}

export function writeCursor(sort: Sort, { value, id, now }: Cursor): string {
  return Buffer.from(JSON.stringify([sort.field, sort.direction, value, id, now])).toString('base64url');
}

/** @throws CoreError 400 `invalid_cursor` if it is none, or one of another order */
export function readCursor(sort: Sort, written: string): Cursor {
  try {
    const [field, direction, value, id, now] = JSON.parse(Buffer.from(written, 'base64url').toString()) as unknown[];
    const isValue = value === null || typeof value === 'string' || typeof value === 'number';
    if (field === sort.field && direction === sort.direction && isValue && typeof id === 'string')
      if (Number.isSafeInteger(now)) return { value, id, now: now as number };
  } catch {
    // Said below.
  }
  throw new CoreError(
    'invalid_cursor',
    400,
    'cursor: is not one of a search in this order; begin with the first page.',
    [{ field: 'cursor', message: 'is not one of a search in this order' }],
  );
}

/** Compares two places in an order: what has no value stands at the end, whatever the direction; ids decide between equals. */
export function comparePositions({ direction }: Sort): (a: Position, b: Position) => number {
  const sign = direction === 'asc' ? 1 : -1;
  return (a, b) => {
    if (a.value === b.value) return a.id === b.id ? 0 : a.id < b.id ? -sign : sign;
    if (a.value === null) return 1;
    if (b.value === null) return -1;
    return a.value < b.value ? -sign : sign;
  };
}
