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

const ofAgents = (agents: string[]) => (agents.length > 0 ? assignedTo(agents) : eb.lit(false));

/** Unassigned. Open and closed ones stand in an index each. */
const ofNobody = () =>
  eb.or(
    (['open', 'closed'] as const).map((status) =>
      eb.and([eb('interaction.status', '=', lit(status)), eb('interaction.agent', 'is', lit(null))]),
    ),
  );

/** Operators that need a text to be there. */
const SOME: ReadonlySet<string> = new Set(['equals', 'contains', 'startsWith', 'endsWith', 'isNotEmpty']);

export const ofContacts = (contacts: string[]): Expression<SqlBool> => among('interaction.contact_id', contacts);

/**
 * A condition as the database can apply it before rows are read, or null if it has no part in that. It lets all rows pass for which the
 * condition holds; whether it holds is decided afterwards, in one place.
 */
export function narrow(condition: Condition, around: Around): Expression<SqlBool> | null {
  const { field, operator, value } = condition;
  switch (field) {
    case 'id':
      return operator === 'equals' ? eb('interaction.id', '=', value as string) : null;
    case 'status':
      // Partial indexes need the literal.
      return eb('interaction.status', operator === 'equals' ? '=' : '<>', lit(value as 'open' | 'closed'));
    case 'read':
      return eb('interaction.unread', (operator === 'equals') === value ? '=' : '>', 0);
    case 'account': {
      const test = testOf(condition, around);
      const ids = [...around.names.accounts.keys()].filter((account) => test({ account } as unknown as Row));
      return among('interaction.account_id', ids);
    }
    case 'agent':
      if (operator === 'isEmpty') return ofNobody();
      if (operator === 'isNotEmpty') return eb('interaction.agent', 'is not', null);
      if (operator !== 'equals' || value === '') return null;
      return ofAgents(around.names.agents.filter((username) => normalise(username) === value));
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
