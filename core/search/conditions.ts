import type { Condition, Operator, Span } from './language/fields.ts';
import { type Around, isNumber, isText, NUMBERS, type Row, TEXTS } from './rows.ts';

export type Test = (row: Row) => boolean;

/** Operators that are the opposite of another. */
const OPPOSITES: Partial<Record<Operator, Operator>> = {
  notEquals: 'equals',
  notContains: 'contains',
  isNotEmpty: 'isEmpty',
};

/** Whether a condition holds for a row, for every field but `messages`, which is no part of a row. */
export function testOf(condition: Condition, around: Around): Test {
  const opposite = OPPOSITES[condition.operator];
  if (opposite) {
    const test = testOf({ ...condition, operator: opposite }, around);
    return (row) => !test(row);
  }
  const { field } = condition;
  if (field === 'account') return accountTest(condition, around);
  if (isText(field)) {
    const { read } = TEXTS[field];
    const test = textTest(condition);
    return (row) => test(read(row, around));
  }
  if (!isNumber(field)) throw new Error(`${field} is not read from a row`);
  const { read } = NUMBERS[field];
  const test = numberTest(condition);
  return (row) => test(read(row, around));
}

/** An account is also known by its id, but nobody means a part of that. */
function accountTest(condition: Condition, around: Around): Test {
  const test = textTest(condition);
  const byId = condition.operator === 'equals';
  const holds = new Map(
    [...around.names.accounts].map(([id, { key, name }]) => [id, test(byId ? [id, key, name] : [key, name])]),
  );
  return (row) => holds.get(row.account as string) ?? test([]);
}

/** Holds if one of the texts has it. */
function textTest({ operator, value }: Condition): (texts: string[]) => boolean {
  const part = value as string;
  switch (operator) {
    case 'equals':
      return (texts) => texts.includes(part) || (part === '' && texts.length === 0);
    case 'contains':
      return (texts) => texts.some((t) => t.includes(part)) || part === '';
    case 'startsWith':
      return (texts) => texts.some((t) => t.startsWith(part)) || part === '';
    case 'endsWith':
      return (texts) => texts.some((t) => t.endsWith(part)) || part === '';
    default:
      return (texts) => texts.length === 0;
  }
}

/** The numbers, epoch ms of times, that a condition holds for: both ends included. */
export function rangeOf({ operator, value }: Condition): { from: number; to: number } {
  const span = (of: unknown): Span => (typeof of === 'object' ? (of as Span) : { from: Number(of), to: Number(of) });
  switch (operator) {
    case 'before':
    case 'lessThan':
      return { from: Number.NEGATIVE_INFINITY, to: below(span(value).from) };
    case 'after':
    case 'greaterThan':
      return { from: above(span(value).to), to: Number.POSITIVE_INFINITY };
    case 'between': {
      const [from, to] = value as [unknown, unknown];
      return { from: span(from).from, to: span(to).to };
    }
    default:
      return span(value);
  }
}

/** The next whole numbers: all that is compared is whole. */
const below = (n: number): number => Math.ceil(n) - 1;
const above = (n: number): number => Math.floor(n) + 1;

function numberTest(condition: Condition): (n: number | null) => boolean {
  if (condition.operator === 'isEmpty') return (n) => n === null;
  const { from, to } = rangeOf(condition);
  return (n) => n !== null && from <= n && n <= to;
}
