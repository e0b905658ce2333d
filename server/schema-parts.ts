/** What the schemas of the API are made of. */
import Type, { type TSchema } from 'typebox';

export const closed = { additionalProperties: false } as const;
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const oneOf = <T extends string>(values: readonly T[]) => Type.Unsafe<T>({ type: 'string', enum: [...values] });
export const time = () => Type.String({ format: 'date-time' });
export const username = () =>
  Type.String({ pattern: '^[A-Za-z0-9._@-]{1,64}$', description: '1–64 letters, digits or . _ @ -' });
export const password = () => Type.String({ minLength: 8, maxLength: 200 });
export const role = () => oneOf(['agent', 'supervisor', 'admin'] as const);
export const capacity = () =>
  Type.Integer({ minimum: 1, maximum: 100, description: 'Open tabs and ringing offers at once' });
export const id = () => Type.String({ minLength: 1, maxLength: 200 });
export const name = () => Type.String({ minLength: 1, maxLength: 200 });
export const presence = () =>
  Type.Object({
    state: oneOf(['available', 'paused', 'offline'] as const),
    pause: nullable(Type.String()),
    since: time(),
  });
/** A page of a collection. */
export const page = {
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
};
export const next = () => nullable(Type.String({ description: 'Cursor of the next page; null at the end' }));
