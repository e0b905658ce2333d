/** Bodies of comma-separated values, and the lines they say. */
import type { ImportedLine, RowProblem } from '../core/administration/api.ts';
import { invalidRows } from '../core/administration/rows.ts';
import { type CsvRow, readCsv } from './csv.ts';
import { ApiError, type MaybeParsed, readText } from './json.ts';
import type { Bodies } from './schemas.ts';
import { checkBody } from './validation.ts';

/** Lines of one import. */
const MOST = 5000;

export interface CsvLine<Column extends string> {
  row: number;
  /** Cells that are there and not empty. */
  values: Partial<Record<Column, string>>;
}

const problem = (message: string, row = 1) =>
  new ApiError(400, 'invalid_csv', `Line ${row}: ${message}`, [{ row, message }]);

/**
 * The lines of a CSV body; its first line names the columns, in any order and case. What is wrong with single lines is in `problems`.
 * @throws ApiError 400 `invalid_csv` that names the line, 415 `unsupported_media_type`, 413 `too_large`
 */
export async function readLines<Column extends string>(
  req: MaybeParsed,
  columns: readonly Column[],
  required: readonly Column[],
): Promise<{ lines: CsvLine<Column>[]; problems: RowProblem[] }> {
  if (!/^text\/csv\s*(?:;|$)/i.test(req.headers['content-type'] ?? ''))
    throw new ApiError(415, 'unsupported_media_type', 'The body must be CSV (Content-Type: text/csv)');
  let rows: CsvRow[];
  try {
    rows = readCsv(await readText(req));
  } catch (error) {
    if (error instanceof RangeError) throw new ApiError(400, 'invalid_csv', error.message);
    throw error;
  }
  const [head, ...rest] = rows;
  if (!head) throw problem('the first line must name the columns');
  const names = head.cells.map((c) => c.trim().toLowerCase());
  const unknown = names.filter((n) => !columns.includes(n as Column));
  if (unknown.length > 0) throw problem(`unknown column ${unknown.join(', ')}; there are ${columns.join(', ')}`);
  const missing = required.filter((c) => !names.includes(c));
  if (missing.length > 0) throw problem(`the column ${missing.join(', ')} is missing`);
  if (new Set(names).size < names.length) throw problem('a column is named twice');
  if (rest.length > MOST) throw problem(`at most ${MOST} lines are imported at once`, MOST + 2);
  const problems: RowProblem[] = [];
  const lines = rest.map(({ line: row, cells }) => {
    if (cells.length > names.length) {
      const message = `has ${cells.length} cells, but there are ${names.length} columns`;
      problems.push({ row, column: null, code: 'too_many_cells', message });
    }
    const values: Partial<Record<Column, string>> = {};
    names.forEach((n, i) => {
      const value = cells[i]?.trim();
      if (value) values[n as Column] = value;
    });
    for (const column of required)
      if (values[column] === undefined)
        problems.push({ row, column, code: 'cell_missing', message: `"${column}" is missing` });
    return { row, values };
  });
  return { lines, problems };
}

/** A line as its schema says; null if it is not, and why among `problems`. */
export async function checkLine<K extends keyof Bodies>(
  name: K,
  row: number,
  value: object,
  problems: RowProblem[],
): Promise<Bodies[K] | null> {
  try {
    return await checkBody(name, value);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What is missing was found before, for the column.
    for (const { field, message } of error.details as { field: string; message: string }[])
      if (message !== 'is missing')
        problems.push({ row, column: field.split('.')[0] ?? null, code: 'invalid', message: `"${field}" ${message}` });
    return null;
  }
}

/** @throws CoreError 422 `invalid_row` with all of them in its details, if there are any */
export function mustBeRight(problems: readonly RowProblem[]): void {
  if (problems.length > 0) throw invalidRows(problems);
}

/** What an import would do, and all that stands against it, from top to bottom. */
export function preview(
  lines: readonly { row: number; key: string; name: string }[],
  known: readonly ImportedLine[],
  problems: readonly RowProblem[],
) {
  const made = new Map(known.map((line) => [line.row, line.made]));
  const shown = lines.map((line) => ({ ...line, made: made.get(line.row) ?? null }));
  return {
    created: shown.filter((line) => line.made === true).length,
    updated: shown.filter((line) => line.made === false).length,
    lines: shown,
    problems: [...problems].sort((a, b) => a.row - b.row),
  };
}
