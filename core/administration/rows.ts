/** What is wrong with lines of an import: all of it at once. */
import { CoreError } from '../api.ts';
import type { RowProblem } from './api.ts';

/** A refusal that has every problem in its details, and the first one in its message. */
export function invalidRows(problems: readonly RowProblem[]): CoreError {
  const sorted = [...problems].sort((a, b) => a.row - b.row);
  const [first] = sorted;
  const more = sorted.length > 1 ? ` (and ${sorted.length - 1} more)` : '';
  return new CoreError('invalid_row', 422, `Line ${first?.row}: ${first?.message}${more}`, sorted);
}
