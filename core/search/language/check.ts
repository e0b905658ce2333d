/** Reads a search of contract 6.4 and says what is wrong with it, and where. Used by the command, and by the dialog of wa-query. */
import {
  type Condition,
  FIELD_NAMES,
  FIELDS,
  type FieldName,
  isField,
  LONGEST_PAGE,
  MOST_CONDITIONS,
  OPERATOR_NAMES,
  OPERATORS,
  type Operator,
  PAGE,
  type Search,
  SHORTEST_PART,
  SORTABLE,
  type Sort,
  type Span,
} from './fields.ts';
import { lengthOf, normalise } from './text.ts';
import { readTime } from './time.ts';

export type ProblemCode = 'unknown_field' | 'unknown_operator' | 'invalid_value' | 'too_short' | 'invalid_search';

/** Something that is not right: where (`conditions.0.operator`), and the sentence that says why, with what goes into it. */
export interface Problem {
  at: string;
  code: ProblemCode;
  key: keyof typeof SENTENCES;
  values: Record<string, string | number>;
}

/** Why something is not right. The dialog has these sentences in its own language. */
export const SENTENCES = {
  object: 'must be an object',
  list: 'must be a list',
  unknown: 'is not part of a search',
  oneOf: 'must be one of __list__',
  flag: 'must be true or false',
  text: 'must be text',
  textOrNull: 'must be text, or null for unassigned',
  number: 'must be a number',
  time: 'must be a day or a time, such as "2026-11-24" or "2026-11-24T10:00:00Z"',
  pair: 'must be a list of two values, from and to',
  missing: 'is missing',
  field: '"__name__" is not a field. Fields are __list__',
  operator: '"__name__" is not an operator. Operators are __list__',
  operatorOfField: '"__field__" has no operator "__name__". It has __list__',
  short: 'must have at least __least__ characters',
  sortable: 'cannot be sorted by',
  range: 'must be a whole number from __least__ to __most__',
  tooMany: 'has more than __most__ conditions',
} as const;

/** A problem as a sentence in English. */
export function say({ at, key, values }: Problem): string {
  const text = SENTENCES[key].replace(/__(\w+)__/g, (_, name: string) => String(values[name]));
  return at === '' ? `The search ${text}.` : `${at}: ${text}.`;
}

type Found = Problem[];
type Raw = Record<string, unknown>;

/** Texts of errors stay readable, whatever was sent. */
const shown = (name: unknown): string => {
  const text = typeof name === 'string' ? name : (JSON.stringify(name) ?? String(name));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const add = (
  found: Found,
  at: string,
  code: ProblemCode,
  key: Problem['key'],
  values: Problem['values'] = {},
): undefined => {
  found.push({ at, code, key, values });
  return undefined;
};

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

function onlyKnown(raw: Raw, known: readonly string[], within: string, found: Found): void {
  for (const name of Object.keys(raw))
    if (!known.includes(name) && raw[name] !== undefined)
      add(found, `${within}${shown(name)}`, 'invalid_search', 'unknown');
}

const PARTS = [
  ...['startDate', 'read', 'status', 'account', 'agent', 'tags', 'match', 'conditions', 'sort', 'cursor', 'limit'],
];
const NEWEST_FIRST: Sort = { field: 'startedAt', direction: 'desc' };

/** The search, or what is wrong with it. Disabled conditions may be unfinished. */
export function checkSearch(raw: unknown): { search: Search } | { problems: Problem[] } {
  const found: Found = [];
  if (!isObject(raw)) {
    add(found, '', 'invalid_search', 'object');
    return { problems: found };
  }
  onlyKnown(raw, PARTS, '', found);
  const search: Search = {
    filters: readFilters(raw, found),
    match: readWord(raw.match, ['all', 'any'], 'match', found) ?? 'all',
    conditions: readConditions(raw.conditions, found),
    sort: readSort(raw.sort, found),
    cursor: null,
    limit: PAGE,
  };
  if (raw.cursor !== undefined && raw.cursor !== null) {
    if (typeof raw.cursor === 'string') search.cursor = raw.cursor;
    else add(found, 'cursor', 'invalid_value', 'text');
  }
  if (raw.limit !== undefined) {
    const limit = raw.limit;
    if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= LONGEST_PAGE)
      search.limit = limit;
    else add(found, 'limit', 'invalid_value', 'range', { least: 1, most: LONGEST_PAGE });
  }
  return found.length > 0 ? { problems: found } : { search };
}

function readWord<W extends string>(value: unknown, words: readonly W[], at: string, found: Found): W | undefined {
  if (value === undefined) return undefined;
  if (words.includes(value as W)) return value as W;
  return add(found, at, 'invalid_value', 'oneOf', { list: words.join(', ') });
}

/** The fixed parts of a search are conditions that hold whatever `match` says. */
function readFilters(raw: Raw, found: Found): Condition[] {
  const filters: Condition[] = [];
  const filter = (field: FieldName, value: unknown, at: string) => {
    if (value === undefined) return;
    const condition = readValue(field, 'equals', value, at, found);
    if (condition) filters.push(condition);
  };
  if (raw.startDate !== undefined) filters.push(...readRange(raw.startDate, found));
  filter('read', raw.read, 'read');
  filter('status', raw.status, 'status');
  filter('account', raw.account, 'account');
  if (raw.agent === null) filters.push({ field: 'agent', operator: 'isEmpty', value: null });
  else if (raw.agent !== undefined && typeof raw.agent !== 'string') add(found, 'agent', 'invalid_value', 'textOrNull');
  else filter('agent', raw.agent, 'agent');
  if (Array.isArray(raw.tags)) for (const [i, tag] of raw.tags.entries()) filter('tags', tag ?? null, `tags.${i}`);
  else if (raw.tags !== undefined) add(found, 'tags', 'invalid_value', 'list');
  return filters;
}

const ALWAYS: [Span, Span] = [
  { from: Number.MIN_SAFE_INTEGER, to: Number.MIN_SAFE_INTEGER },
  { from: Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER },
];

function readRange(raw: unknown, found: Found): Condition[] {
  if (!isObject(raw)) {
    add(found, 'startDate', 'invalid_value', 'object');
    return [];
  }
  onlyKnown(raw, ['from', 'to'], 'startDate.', found);
  const end = (name: 'from' | 'to') =>
    raw[name] === undefined ? undefined : readSpan(raw[name], `startDate.${name}`, found);
  const value: [Span, Span] = [end('from') ?? ALWAYS[0], end('to') ?? ALWAYS[1]];
  return [{ field: 'startedAt', operator: 'between', value }];
}

function readConditions(raw: unknown, found: Found): Condition[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    add(found, 'conditions', 'invalid_search', 'list');
    return [];
  }
  if (raw.length > MOST_CONDITIONS) {
    add(found, 'conditions', 'invalid_search', 'tooMany', { most: MOST_CONDITIONS });
    return [];
  }
  return raw.flatMap((one: unknown, i) => readCondition(one, `conditions.${i}`, found) ?? []);
}

function readCondition(raw: unknown, at: string, found: Found): Condition | undefined {
  if (!isObject(raw)) return add(found, at, 'invalid_search', 'object');
  onlyKnown(raw, ['field', 'operator', 'value', 'enabled'], `${at}.`, found);
  const { field, operator, value, enabled = true } = raw;
  if (typeof enabled !== 'boolean') return add(found, `${at}.enabled`, 'invalid_value', 'flag');
  if (!enabled) return undefined;
  if (field === undefined) return add(found, `${at}.field`, 'unknown_field', 'missing');
  if (!isField(field))
    return add(found, `${at}.field`, 'unknown_field', 'field', { name: shown(field), list: FIELD_NAMES.join(', ') });
  if (operator === undefined) return add(found, `${at}.operator`, 'unknown_operator', 'missing');
  const own: readonly string[] = OPERATORS[FIELDS[field]];
  if (!OPERATOR_NAMES.includes(operator as Operator))
    return add(found, `${at}.operator`, 'unknown_operator', 'operator', {
      name: shown(operator),
      list: own.join(', '),
    });
  if (!own.includes(operator as Operator))
    return add(found, `${at}.operator`, 'unknown_operator', 'operatorOfField', {
      field,
      name: operator as string,
      list: own.join(', '),
    });
  return readValue(field, operator as Operator, value, `${at}.value`, found);
}

function readValue(
  field: FieldName,
  operator: Operator,
  value: unknown,
  at: string,
  found: Found,
): Condition | undefined {
  if (operator === 'isEmpty' || operator === 'isNotEmpty') return { field, operator, value: null };
  if (value === undefined || value === null) return add(found, at, 'invalid_value', 'missing');
  const type = FIELDS[field];
  const one = (part: unknown, where: string): string | boolean | number | Span | undefined => {
    switch (type) {
      case 'boolean':
        return typeof part === 'boolean' ? part : add(found, where, 'invalid_value', 'flag');
      case 'number':
        return typeof part === 'number' && Number.isFinite(part) ? part : add(found, where, 'invalid_value', 'number');
      case 'time':
        return readSpan(part, where, found);
      case 'status':
        return readWord(part, ['open', 'closed'], where, found);
      default:
        return typeof part === 'string' ? normalise(part) : add(found, where, 'invalid_value', 'text');
    }
  };
  if (operator === 'between') {
    const pair = isObject(value) ? [value.from, value.to] : value;
    if (!Array.isArray(pair) || pair.length !== 2) return add(found, at, 'invalid_value', 'pair');
    const [from, to] = [one(pair[0], `${at}.0`), one(pair[1], `${at}.1`)];
    if (from === undefined || to === undefined) return undefined;
    return { field, operator, value: [from, to] as [number, number] | [Span, Span] };
  }
  const read = one(value, at);
  if (read === undefined) return undefined;
  if (type === 'messages' && lengthOf(read as string) < SHORTEST_PART)
    return add(found, at, 'too_short', 'short', { least: SHORTEST_PART });
  return { field, operator, value: read };
}

function readSpan(value: unknown, at: string, found: Found): Span | undefined {
  const span = typeof value === 'string' ? readTime(value) : null;
  return span ?? add(found, at, 'invalid_value', 'time');
}

function readSort(raw: unknown, found: Found): Sort {
  if (raw === undefined) return NEWEST_FIRST;
  if (!isObject(raw)) {
    add(found, 'sort', 'invalid_search', 'object');
    return NEWEST_FIRST;
  }
  onlyKnown(raw, ['field', 'direction'], 'sort.', found);
  const direction = readWord(raw.direction, ['asc', 'desc'], 'sort.direction', found) ?? 'asc';
  const { field } = raw;
  if (field === undefined) add(found, 'sort.field', 'unknown_field', 'missing');
  else if (!isField(field))
    add(found, 'sort.field', 'unknown_field', 'field', { name: shown(field), list: SORTABLE.join(', ') });
  else if (!SORTABLE.includes(field)) add(found, 'sort.field', 'unknown_field', 'sortable');
  else return { field, direction };
  return NEWEST_FIRST;
}
