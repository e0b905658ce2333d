/** What supervisors' calls carry: part of `schemas.ts`. */
import Type from 'typebox';
import { closed, oneOf } from './schema-parts.ts';

const timezone = () =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 100, default: 'UTC', description: 'IANA name' }));

export const superviseBodies = {
  assign: Type.Object({ agent: Type.String({ minLength: 1, maxLength: 200, description: 'A username' }) }, closed),
  forcePresence: Type.Object(
    {
      state: oneOf(['paused', 'offline'] as const),
      pause: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'The pause reason' })),
      release: Type.Optional(Type.Boolean({ description: 'With offline: hand back what is assigned; else it stays' })),
    },
    closed,
  ),
};

export const superviseQueries = {
  transcript: Type.Object({ tz: timezone() }, closed),
};
