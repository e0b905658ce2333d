/** Comma-separated values (RFC 4180), written so that a spreadsheet takes no cell for a formula, and read. */

export const BOM = '\uFEFF';
export const CSV = 'text/csv; charset=utf-8';

/** What one line says, cell by cell. */
export type Cells = readonly (string | number | null)[];

const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/**
 * What a spreadsheet would evaluate (`=`, `+`, `-`, `@`, a tab or line break in front) gets an apostrophe before it; a plain number, a
 * phone number included, says what it says. (`escape_formulas` of the library would mark these too.)
 */
const harmless = (value: string): string => (/^[=+\-@\t\r\n]/.test(value) && !NUMBER.test(value) ? `'${value}` : value);

/** Gives what writes lines, each with its end. The library is loaded with the first file. */
export async function csvWriter(): Promise<(lines: readonly Cells[]) => string> {
  const { stringify } = await import('csv-stringify/sync');
  const options = { record_delimiter: '\r\n', quoted_match: /[\r\n]/, cast: { string: harmless } };
  return (lines) => stringify(lines as Cells[] as (string | number | null)[][], options);
}

/** What the apostrophe of a cell hides, for what is read again. */
const bare = (text: string): string => (/^'[=+\-@\t\r\n]/.test(text) ? text.slice(1) : text);

export interface CsvRow {
  /** Where it begins, 1 = the first line. */
  line: number;
  cells: string[];
}

/**
 * Reads rows separated by commas or, if the first line has more of them, semicolons. Empty lines are left out.
 * @throws RangeError with the line of a quote that is not closed
 */
export function readCsv(text: string): CsvRow[] {
  const source = text.startsWith(BOM) ? text.slice(1) : text;
  const first = source.split(/\r?\n/, 1)[0] ?? '';
  const separator = first.split(';').length > first.split(',').length ? ';' : ',';
  const rows: CsvRow[] = [];
  let row: CsvRow = { line: 1, cells: [] };
  let value = '';
  let quoted = false;
  let line = 1;
  let opened = 1;
  const endCell = () => {
    row.cells.push(bare(value));
    value = '';
  };
  const endRow = () => {
    endCell();
    if (row.cells.some((c) => c.trim() !== '')) rows.push(row);
    row = { line, cells: [] };
  };
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (char === '\n') line++;
    if (quoted) {
      if (char !== '"') value += char;
      else if (source[i + 1] === '"') {
        value += '"';
        i++;
      } else quoted = false;
    } else if (char === '"' && value === '') {
      quoted = true;
      opened = line;
    } else if (char === separator) endCell();
    else if (char === '\n') endRow();
    else if (char !== '\r') value += char;
  }
  if (quoted) throw new RangeError(`A quote that begins in line ${opened} does not end.`);
  endRow();
  return rows;
}
