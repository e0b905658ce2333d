/** What a search may ask for: the fields of an interaction, their types, and what each type can be asked (contract 6.4). */

/** Types of fields and their operators. */
export const OPERATORS = {
  text: ['equals', 'notEquals', 'contains', 'notContains', 'startsWith', 'endsWith', 'isEmpty', 'isNotEmpty'],
  /** Several texts: an operator holds if it holds for one of them, its negation if it holds for none. */
  texts: ['equals', 'notEquals', 'contains', 'notContains', 'startsWith', 'endsWith', 'isEmpty', 'isNotEmpty'],
  status: ['equals', 'notEquals'],
  boolean: ['equals', 'notEquals'],
  time: ['equals', 'notEquals', 'before', 'after', 'between', 'isEmpty', 'isNotEmpty'],
  number: ['equals', 'notEquals', 'greaterThan', 'lessThan', 'between', 'isEmpty', 'isNotEmpty'],
  /** The texts of all messages. */
  messages: ['contains', 'notContains'],
} as const;

export type FieldType = keyof typeof OPERATORS;
export type Operator = (typeof OPERATORS)[FieldType][number];

export const FIELDS = {
  id: 'text',
  status: 'status',
  read: 'boolean',
  account: 'text',
  'contact.name': 'text',
  'contact.address': 'texts',
  'contact.list': 'text',
  agent: 'text',
  queue: 'text',
  tags: 'texts',
  disposition: 'texts',
  startedAt: 'time',
  closedAt: 'time',
  lastMessageAt: 'time',
  unansweredSince: 'time',
  lastMessage: 'text',
  waitSeconds: 'number',
  handleSeconds: 'number',
  messages: 'messages',
  note: 'text',
} as const satisfies Record<string, FieldType>;

export type FieldName = keyof typeof FIELDS;

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];
/** All operators, each once. */
export const OPERATOR_NAMES = [...new Set(Object.values(OPERATORS).flat())] as Operator[];
/** A conversation has no one place among others by its messages. */
export const SORTABLE = FIELD_NAMES.filter((name) => FIELDS[name] !== 'messages');

export const isField = (name: unknown): name is FieldName => typeof name === 'string' && Object.hasOwn(FIELDS, name);

/** A moment or, if only a day was given, all of it (UTC): epoch ms, both ends included. */
export interface Span {
  from: number;
  to: number;
}

/** One condition as it is evaluated. `value` is normalised text, a flag, a number or a span; of `between` two of them. */
export interface Condition {
  field: FieldName;
  operator: Operator;
  value: string | boolean | number | Span | [number, number] | [Span, Span] | null;
}

export interface Sort {
  field: FieldName;
  direction: 'asc' | 'desc';
}

/** A search that was found right. */
export interface Search {
  /** What the interaction must have in any case: date range, read, status, account, agent, tags. */
  filters: Condition[];
  match: 'all' | 'any';
  /** The enabled ones. */
  conditions: Condition[];
  sort: Sort;
  cursor: string | null;
  limit: number;
}

/** Interactions of one page, if the search does not say, and at most. */
export const PAGE = 50;
export const LONGEST_PAGE = 1000;
/** Characters that `contains` over messages needs. */
export const SHORTEST_PART = 3;
export const MOST_CONDITIONS = 100;
