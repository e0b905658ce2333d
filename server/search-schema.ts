/** What a search is in the API; what it may ask for stands in the core. */
import Type, { type Static } from 'typebox';
import { FIELD_NAMES, FIELDS, LONGEST_PAGE, OPERATORS, PAGE, SORTABLE } from '../core/search/language/fields.ts';
import type { SavedSearch } from '../core/search/language/saved.ts';
import { closed, name, next, nullable, oneOf, time } from './schema-parts.ts';

const moment = () => Type.String({ description: 'A day or a time: 2026-11-24, 2026-11-24T10:00:00Z' });
const operatorsOfTypes = () => FIELD_NAMES.map((name) => `${name}: ${OPERATORS[FIELDS[name]].join(', ')}`).join('; ');

export const searchBody = Type.Object(
  {
    startDate: Type.Optional(Type.Object({ from: Type.Optional(moment()), to: Type.Optional(moment()) }, closed)),
    read: Type.Optional(Type.Boolean({ description: 'false: has unread messages' })),
    status: Type.Optional(oneOf(['open', 'closed'] as const)),
    account: Type.Optional(Type.String({ description: 'Id, key or name' })),
    agent: Type.Optional(nullable(Type.String({ description: 'Username; null: unassigned' }))),
    tags: Type.Optional(Type.Array(Type.String(), { description: 'Has all of them' })),
    match: Type.Optional(oneOf(['all', 'any'] as const)),
    conditions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            field: Type.Optional(Type.String({ description: `One of ${FIELD_NAMES.join(', ')}` })),
            operator: Type.Optional(Type.String({ description: operatorsOfTypes() })),
            value: Type.Optional(
              Type.Unknown({ description: 'Text, number, true or false, a time; of `between` a list of two' }),
            ),
            enabled: Type.Optional(Type.Boolean({ default: true })),
          },
          closed,
        ),
        { description: 'Without an enabled one nothing more is asked' },
      ),
    ),
    sort: Type.Optional(
      Type.Object(
        {
          field: Type.Optional(Type.String({ description: `One of ${SORTABLE.join(', ')}` })),
          direction: Type.Optional(oneOf(['asc', 'desc'] as const)),
        },
        { ...closed, description: 'By the start, newest first, if absent. What has no value stands at the end' },
      ),
    ),
    cursor: Type.Optional(nullable(Type.String({ description: '`next` of the page before' }))),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_PAGE, default: PAGE })),
  },
  closed,
);

const { cursor: _cursor, limit: _limit, ...asked } = searchBody.properties;
/** A search without its page. */
const wholeSearch = Type.Object(asked, {
  ...closed,
  description: 'Can be sent to /api/interactions/search, and given to wa-query, as it is',
});

export const savedSearchBodies = {
  savedSearch: Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 80 }),
      shared: Type.Optional(Type.Boolean({ default: false, description: 'Whether all supervisors see it' })),
      search: wholeSearch,
    },
    closed,
  ),
};

const savedSearch = Type.Object({
  id: Type.String(),
  name: name(),
  owner: Type.String({ description: 'Username' }),
  shared: Type.Boolean(),
  search: wholeSearch,
  updatedAt: time(),
});
export const savedSearchAnswers = {
  savedSearch,
  savedSearches: Type.Object({ searches: Type.Array(savedSearch), next: next() }),
};

type Documents<Documented, _Answered extends Documented> = Documented;
export type DocumentedSearches = [Documents<Static<typeof savedSearch>, SavedSearch>];
