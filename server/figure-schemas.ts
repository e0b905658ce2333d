/** The schemas of supervisors' figures: part of `schemas.ts`. */
import Type, { type Static } from 'typebox';
import { type NamedReport, REPORT_KEYS, REPORT_TABLES, type Realtime } from '../core/reports/api.ts';
import { closed, id, nullable, oneOf, presence, role, time } from './schema-parts.ts';

const zone = () =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 100, default: 'UTC', description: 'IANA name' }));
const moment = () =>
  Type.String({
    minLength: 1,
    maxLength: 50,
    description: 'A day of the time zone or a time: 2026-11-24, 2026-11-24T10:00:00Z',
  });
const by = () => oneOf(REPORT_KEYS);

export const figureQueries = {
  realtime: Type.Object(
    {
      within: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 86_400, default: 20, description: 'Seconds of the service level' }),
      ),
      tz: zone(),
    },
    closed,
  ),
  report: Type.Object(
    {
      from: moment(),
      to: moment(),
      by: by(),
      also: Type.Optional(
        Type.String({
          pattern: `^(${REPORT_KEYS.join('|')})(,(${REPORT_KEYS.join('|')}))*$`,
          description: `other groupings, separated by commas: ${REPORT_KEYS.join(', ')}`,
        }),
      ),
      tz: zone(),
      account: Type.Optional(id()),
      queue: Type.Optional(id()),
      format: Type.Optional(oneOf(['json', 'csv'] as const)),
      table: Type.Optional(oneOf(REPORT_TABLES)),
      bom: Type.Optional(Type.Boolean({ description: 'Begin with a byte order mark, which Excel needs' })),
    },
    closed,
  ),
};

const seconds = (description: string) => nullable(Type.Number({ description: `Average seconds: ${description}` }));
const outcome = Type.Object({
  started: Type.Integer({ description: 'Conversations that contacts began' }),
  answered: Type.Integer({ description: 'Of these, those that an agent got' }),
  abandoned: Type.Integer({ description: 'Of these, those that were closed, or whose plan ended, without any agent' }),
  serviceLevel: nullable(
    Type.Number({ description: 'Answered within the time, of the answered and abandoned ones: 0–1' }),
  ),
  wait: seconds('from the start to the first agent'),
  firstResponse: seconds('from the start to the first message of a person'),
  handling: seconds('from the first agent to the close'),
});
const queueNow = Type.Object({
  id: Type.String(),
  name: Type.String(),
  waiting: Type.Integer(),
  longestWait: Type.Number({ description: 'Seconds' }),
  nobody: nullable(Type.String({ description: 'Why nobody is asked for the one that waits longest' })),
  agents: Type.Object({ available: Type.Integer(), paused: Type.Integer(), offline: Type.Integer() }),
});
const agentNow = Type.Object({
  username: Type.String(),
  name: Type.String(),
  role: role(),
  presence: presence(),
  capacity: Type.Integer(),
  assigned: Type.Integer({ description: 'Open conversations of theirs' }),
  open: Type.Integer({ description: 'Those with an open tab' }),
  ringing: Type.Integer(),
  queues: Type.Array(Type.String()),
  handling: Type.Array(
    Type.Object({
      id: Type.String(),
      account: Type.String({ description: 'Key' }),
      contact: Type.String({ description: 'Name' }),
      queue: nullable(Type.String()),
      assignedAt: nullable(time()),
      unread: Type.Integer(),
      unansweredSince: nullable(time()),
    }),
    { description: 'What they have open' },
  ),
});

const spread = (description: string) =>
  Type.Object(
    {
      count: Type.Integer(),
      average: nullable(Type.Number()),
      p50: nullable(Type.Number()),
      p90: nullable(Type.Number()),
    },
    { description },
  );
const reportRow = Type.Object({
  key: Type.String({
    description: "Id, username, path, day, hour, hour of the day (00–23) or week day (1–7); '' = none",
  }),
  name: Type.String(),
  messagesIn: Type.Integer(),
  messagesOut: Type.Integer(),
  interactions: Type.Integer({ description: 'Begun in the time' }),
  answered: Type.Integer(),
  abandoned: Type.Integer(),
  transfers: Type.Integer({ description: 'By agent: of who transferred' }),
  waiting: spread('Seconds from the start to the first agent'),
  firstResponse: spread('Seconds from the start to the first message of a person'),
  handling: spread('Seconds from the first agent to the close'),
});
const leaf = { name: Type.String(), count: Type.Integer() };
const report = Type.Object({
  from: time(),
  to: Type.String({ format: 'date-time', description: 'Not in it any more' }),
  timezone: Type.String(),
  by: by(),
  rows: Type.Array(reportRow),
  total: reportRow,
  groups: Type.Record(Type.String(), Type.Array(reportRow), { description: 'By each grouping of `also`' }),
  undisposed: Type.Integer({ description: 'Closed ones without an outcome' }),
  dispositions: Type.Array(
    Type.Object({
      ...leaf,
      children: Type.Array(
        Type.Object({
          ...leaf,
          children: Type.Array(Type.Object({ ...leaf, children: Type.Array(Type.Unknown()) })),
        }),
      ),
    }),
  ),
  timeouts: Type.Array(
    Type.Object({
      node: Type.String({ description: 'Id of the step' }),
      name: nullable(Type.String({ description: "The node's name; null if there is none, or no such node any more" })),
      kind: Type.String(),
      queue: nullable(Type.String()),
      account: Type.String({ description: 'Key' }),
      count: Type.Integer(),
    }),
  ),
  busyHours: Type.Array(Type.Array(Type.Integer()), {
    description: 'Conversations that contacts began, by week day (first: Monday) and hour of the day',
  }),
  agents: Type.Array(
    Type.Object({
      username: Type.String(),
      name: Type.String(),
      available: Type.Integer({ description: 'Seconds' }),
      paused: Type.Integer({ description: 'Seconds' }),
      offline: Type.Integer({ description: 'Seconds' }),
      pauses: Type.Array(Type.Object({ name: Type.String(), count: Type.Integer(), seconds: Type.Integer() })),
      messagesOut: Type.Integer(),
      accepted: Type.Integer({ description: 'Offers made in the time' }),
      rejected: Type.Integer(),
      expired: Type.Integer(),
    }),
  ),
});

const realtime = Type.Object({
  at: time(),
  timezone: Type.String(),
  since: Type.String({ format: 'date-time', description: 'When today began' }),
  answerWithin: Type.Integer(),
  totals: Type.Object({
    open: Type.Integer(),
    unassigned: Type.Integer(),
    waiting: Type.Integer({ description: 'In queues' }),
    today: outcome,
  }),
  queues: Type.Array(Type.Object({ ...queueNow.properties, today: outcome })),
  agents: Type.Array(agentNow),
});

export const figureAnswers = { realtime, report };

type Documents<Documented, _Answered extends Documented> = Documented;
export type DocumentedFigures = [
  Documents<Static<typeof realtime>, Realtime>,
  Documents<Static<typeof report>, NamedReport>,
];
