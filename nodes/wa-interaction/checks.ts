/** What cannot be right in a wa-interaction. Values that are found when a message comes can only be checked then. */
import { text } from '../shared/coerce.ts';
import { MAX_LEVELS } from '../shared/disposition.ts';
import { OPERATIONS, type Operation, withoutValue } from './config.ts';
import { MAX_PRIORITY } from './limits.ts';

/** Why the value does not fit, as a key below `errors.`, or null. */
export function valueProblem(values: Record<string, unknown>): string | null {
  const operation = OPERATIONS.find((word) => word === values.operation) ?? 'tag';
  const value = text(values.value, '');
  if (operation === 'unassign') return null;
  if (text(values.valueType, 'str') !== 'str') return value === '' ? 'expression' : null;
  if (value === '') return withoutValue(operation) ? null : operation;
  return fixedProblem(operation, value);
}

function fixedProblem(operation: Operation, value: string): string | null {
  switch (operation) {
    case 'tag':
    case 'untag':
      return value.split(',').every((tag) => tag.trim() === '') ? operation : null;
    case 'close': {
      const path = value.split('/');
      return path.length > MAX_LEVELS || path.some((name) => name.trim() === '') ? 'close' : null;
    }
    case 'priority':
      return Number.isInteger(Number(value)) && Math.abs(Number(value)) <= MAX_PRIORITY ? null : 'priority';
    default:
      return null;
  }
}
