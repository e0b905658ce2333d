/** Bodies of comma-separated values, and the lines they say. */

import { type CsvRow, readCsv } from './csv.ts';
import { ApiError, type MaybeParsed, readText } from './json.ts';

/** Lines of one import. */
const MOST = 5000;

export interface ImportLine<Column extends string> {
  row: number;
  /** Cells that are there and not empty. */
  values: Partial<Record<Column, string>>;
}

const problem = (message: string, row = 1) =>
  new ApiError(400, 'invalid_csv', `Line ${row}: ${message}`, [{ row, message }]);

/**
 * The lines of a CSV body; its first line names the columns, in any order and case.
 * @throws ApiError 400 `invalid_csv` that names the line, 415 `unsupported_media_type`, 413 `too_large`
 */
export async function readLines<Column extends string>(
  req: MaybeParsed,
  columns: readonly Column[],
  required: readonly Column[],
): Promise<ImportLine<Column>[]> {
  if (!/^text\/csv\s*(?:;|$)/i.test(req.headers['content-type'] ?? ''))
    throw new ApiError(415, 'unsupported_media_type', 'The body must be CSV (Content-Type: text/csv)');
  let rows: CsvRow[];
  try {
    rows = readCsv(await readText(req));
  } catch (error) {
    if (error instanceof RangeError) throw new ApiError(400, 'invalid_csv', error.message);
    throw error;
  }
  const [head, ...lines] = rows;
  if (!head) throw problem('the first line must name the columns');
  const names = head.cells.map((c) => c.trim().toLowerCase());
  const unknown = names.filter((n) => !columns.includes(n as Column));
  if (unknown.length > 0) throw problem(`unknown column ${unknown.join(', ')}; there are ${columns.join(', ')}`);
  const missing = required.filter((c) => !names.includes(c));
  if (missing.length > 0) throw problem(`the column ${missing.join(', ')} is missing`);
  if (new Set(names).size < names.length) throw problem('a column is named twice');
  if (lines.length > MOST) throw problem(`at most ${MOST} lines are imported at once`, MOST + 2);
  return lines.map(({ line, cells }) => {
    if (cells.length > names.length)
      throw problem(`has ${cells.length} cells, but there are ${names.length} columns`, line);
    const values: Partial<Record<Column, string>> = {};
    names.forEach((n, i) => {
      const value = cells[i]?.trim();
      if (value) values[n as Column] = value;
    });
    const absent = required.find((c) => values[c] === undefined);
    if (absent !== undefined) throw problem(`"${absent}" is missing`, line);
    return { row: line, values };
  });
}
