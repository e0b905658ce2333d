import { CoreError } from '../api.ts';
import { normalise } from '../search/language/text.ts';

/** A page of a collection: what comes after `cursor`, the `next` of the page before. */
export interface PageQuery {
  cursor?: string;
  /** 1–1000, default 200. */
  limit?: number;
}

export const limitOf = ({ limit }: PageQuery): number => Math.min(Math.max(limit ?? 200, 1), 1000);

/** Cuts rows, of which one more than `limit` was read, into a page. `key`: what the rows are ordered by. */
export function cut<R>(rows: R[], limit: number, key: (row: R) => string): { rows: R[]; next: string | null } {
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? key(page.at(-1)!) : null };
}

/** What two names have in common that may not stand beside each other. */
export const keyOf = (name: string): string => normalise(name.replace(/\s+/gu, ' ').trim());

/** A name as it is kept. @throws CoreError 400 `invalid_name` */
export function cleanName(name: string, field = 'name'): string {
  const clean = name.normalize('NFC').replace(/\s+/gu, ' ').trim();
  if (clean === '') throw new CoreError('invalid_name', 400, `"${field}" is empty.`, [{ field, message: 'is empty' }]);
  return clean;
}

export const taken = (code: string, what: string, field: string): CoreError =>
  new CoreError(code, 409, `There is ${what} already.`, [{ field, message: `there is ${what} already` }]);

export const missing = (what: string): CoreError => new CoreError('not_found', 404, `There is no ${what}.`);
