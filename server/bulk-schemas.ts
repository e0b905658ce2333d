/** What calls about many interactions carry: part of `schemas.ts`. */
import Type from 'typebox';
import { EXPORT_COLUMNS, USUAL_COLUMNS } from '../core/bulk/columns.ts';
import { closed, id, oneOf } from './schema-parts.ts';
import { searchBody } from './search-schema.ts';

/** Either these, or all that a search finds, whatever its page. */
const chosen = {
  ids: Type.Optional(Type.Array(id(), { minItems: 1, maxItems: 20_000, uniqueItems: true })),
  search: Type.Optional(searchBody),
};

export const bulkBodies = {
  exportInteractions: Type.Object(
    {
      ...chosen,
      columns: Type.Optional(
        Type.Array(oneOf(EXPORT_COLUMNS), {
          minItems: 1,
          uniqueItems: true,
          description: `In this order; ${USUAL_COLUMNS.join(', ')} if absent`,
        }),
      ),
      timezone: Type.Optional(Type.String({ minLength: 1, maxLength: 100, default: 'UTC', description: 'IANA name' })),
      bom: Type.Optional(Type.Boolean({ description: 'Begin with a byte order mark, which Excel needs' })),
    },
    closed,
  ),
  deleteInteractions: Type.Object(
    {
      ...chosen,
      expectedTotal: Type.Optional(
        Type.Integer({ minimum: 0, description: 'With a search: as many as were shown to who confirmed' }),
      ),
    },
    closed,
  ),
};
