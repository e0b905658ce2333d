import { type Expression, expressionBuilder, type SqlBool } from 'kysely';
import type { Schema } from '../../store/schema.ts';
import { assignedTo } from '../access.ts';
import { lit } from '../context.ts';
import { rangeOf, testOf } from './conditions.ts';
import type { Condition } from './language/fields.ts';
import { normalise } from './language/text.ts';
import type { Around, Row } from './rows.ts';

const TIMES = {
  startedAt: 'interaction.started_at',
  closedAt: 'interaction.closed_at',
  lastMessageAt: 'interaction.last_message_at',
  unansweredSince: 'interaction.unanswered_since',
} as const;

const eb = expressionBuilder<Schema, 'interaction'>();

const among = (column: 'interaction.account_id' | 'interaction.contact_id', values: string[]) =>
  values.length > 0 ? eb(column, 'in', values) : eb.lit(false);

const ofAgents = (agents: string[], byStart: boolean) => {
  if (agents.length === 0) return eb.lit(false);
  return byStart ? eb('interaction.agent', 'in', agents) : assignedTo(agents);
};

/** When what is searched for began, as far as other conditions say so. */
export interface Start {
  from: number;
  to: number;
}

const RANGES: ReadonlySet<string> = new Set(['equals', 'before', 'after', 'between']);

/** What conditions that all have to hold say of the start. */
export function startOf(conditions: Condition[]): Start {
  const start = { from: 0, to: Number.MAX_SAFE_INTEGER };
  for (const condition of conditions) {
    if (condition.field !== 'startedAt' || !RANGES.has(condition.operator)) continue;
    const { from, to } = rangeOf(condition);
    start.from = Math.max(start.from, from);
    start.to = Math.min(start.to, to);
  }
  return start;
}

/**
 * Open and closed ones stand in an index each. What is said of the contact is true of all, and what is said of the start of all that are
 * meant: SQLite takes an index for one side of an `or` only if it can begin at a place in it.
 */
const ofEither = (condition: Expression<SqlBool>, { from, to }: Start): Expression<SqlBool> =>
  eb.or([
    eb.and([eb('interaction.status', '=', lit('open')), condition, eb('interaction.contact_id', '>', lit(''))]),
    eb.and([
      ...[eb('interaction.status', '=', lit('closed')), condition],
      ...[eb('interaction.started_at', '>=', from), eb('interaction.started_at', '<=', to)],
    ]),
  ]);

/** Operators that need a text to be there. */
const SOME: ReadonlySet<string> = new Set(['equals', 'contains', 'startsWith', 'endsWith', 'isNotEmpty']);

export const ofContacts = (contacts: string[]): Expression<SqlBool> => among('interaction.contact_id', contacts);

const EXACT: ReadonlySet<string> = new Set([
  ...['status', 'read', 'account', 'agent', 'startedAt', 'closedAt', 'lastMessageAt', 'unansweredSince'],
]);

/** Whether what `narrow` makes of a condition is all of it, so that no row has to be looked at. */
export const isExact = (condition: Condition, around: Around): boolean =>
  EXACT.has(condition.field) && narrow(condition, around, null) !== null;

/**
 * A condition as the database can apply it before rows are read, or null if it has no part in that. It lets all rows pass for which the
 * condition holds; whether it holds is decided afterwards, in one place. It is put so that an index finds the few it holds for; without
 * `start` so that the database reads by the start, because it holds for many.
 */
export function narrow(condition: Condition, around: Around, start: Start | null): Expression<SqlBool> | null {
  const either = (plain: Expression<SqlBool>) => (start ? ofEither(plain, start) : plain);
  const { field, operator, value } = condition;
  switch (field) {
    case 'id':
      return operator === 'equals' ? eb('interaction.id', '=', value as string) : null;
    case 'status':
      // Partial indexes need the literal.
      return eb('interaction.status', operator === 'equals' ? '=' : '<>', lit(value as 'open' | 'closed'));
    case 'read':
      if ((operator === 'equals') === value) return eb('interaction.unread', '=', 0);
      return either(eb('interaction.unread', '>', lit(0)));
    case 'account': {
      const test = testOf(condition, around);
      const ids = [...around.names.accounts.keys()].filter((account) => test({ account } as unknown as Row));
      return ids.length < around.names.accounts.size ? either(among('interaction.account_id', ids)) : eb.lit(true);
    }
    case 'agent':
      if (operator === 'isEmpty') return either(eb('interaction.agent', 'is', lit(null)));
      if (operator === 'isNotEmpty') return eb('interaction.agent', 'is not', null);
      if (operator !== 'equals' || value === '') return null;
      return ofAgents(
        around.names.agents.filter((username) => normalise(username) === value),
        start === null,
      );
    case 'tags':
      // Without an index over tags themselves: the few that have some.
      return SOME.has(operator) && (operator === 'isNotEmpty' || value !== '')
        ? eb('interaction.tags', '<>', lit('[]'))
        : null;
    case 'startedAt':
    case 'closedAt':
    case 'lastMessageAt':
    case 'unansweredSince': {
      if (operator === 'isEmpty') return eb(TIMES[field], 'is', null);
      if (operator === 'isNotEmpty') return eb(TIMES[field], 'is not', null);
      if (operator === 'notEquals') return null;
      const { from, to } = rangeOf(condition);
      return eb.and([
        eb(TIMES[field], '>=', Math.max(from, Number.MIN_SAFE_INTEGER)),
        eb(TIMES[field], '<=', Math.min(to, Number.MAX_SAFE_INTEGER)),
      ]);
    }
    default:
      return null;
  }
}
