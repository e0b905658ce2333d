/** The schemas of the administration: part of `schemas.ts`, which says how they are used. */
import Type, { type Static } from 'typebox';
import type {
  AccountOverview,
  AgentOverview,
  CalendarView,
  CannedAnswerView,
  ContactOverview,
  NamedView,
  PauseView,
  QueueOverview,
} from '../core/administration/api.ts';
import type { AccountTest } from './flows.ts';
import {
  capacity,
  closed,
  id,
  name,
  next,
  nullable,
  oneOf,
  page,
  password,
  presence,
  role,
  time,
  username,
} from './schema-parts.ts';

const shortcut = () => Type.String({ minLength: 1, maxLength: 64 });
const text = () => Type.String({ minLength: 1, maxLength: 4096 });
const members = () =>
  Type.Array(Type.String({ pattern: '^([A-Za-z0-9._@-]{1,64}|\\*)$', description: 'a username, or * for everybody' }), {
    maxItems: 5000,
    uniqueItems: true,
  });
const ids = () => Type.Array(id(), { maxItems: 1000, uniqueItems: true });
const address = () => Type.String({ minLength: 1, maxLength: 200, description: 'A phone number, a user id' });

const clock = () => Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'a time such as 09:00' });
const whole = (minimum: number, maximum: number) =>
  Type.Array(Type.Integer({ minimum, maximum }), { minItems: 1, uniqueItems: true });
const rule = Type.Object(
  {
    always: Type.Optional(Type.Literal(true)),
    from: Type.Optional(clock()),
    to: Type.Optional(clock()),
    weekDays: Type.Optional(whole(1, 7)),
    monthDays: Type.Optional(whole(1, 31)),
    months: Type.Optional(whole(1, 12)),
    dates: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', description: 'a day: 2026-12-24' }),
        { minItems: 1 },
      ),
    ),
  },
  { ...closed, minProperties: 1, description: 'An absent part means any; the end minute is included' },
);
const rules = () => Type.Array(rule, { maxItems: 500 });
const minutes = () => Type.Integer({ minimum: 0, maximum: 10_080, description: 'Minutes; 0 = never' });
const timezone = () => Type.String({ maxLength: 100, description: "IANA name; '' = the server's" });

const agentParts = {
  name: Type.Optional(name()),
  role: Type.Optional(role()),
  capacity: Type.Optional(capacity()),
  accounts: Type.Optional(ids()),
  queues: Type.Optional(ids()),
};

/** Of what is changed at least one field. */
const change = { ...closed, minProperties: 1 } as const;

export const administrationBodies = {
  addAgent: Type.Object({ ...agentParts, username: username(), name: name(), password: password() }, closed),
  changeAgent: Type.Object(
    { ...agentParts, password: Type.Optional(password()), disabled: Type.Optional(Type.Boolean()) },
    change,
  ),
  /** A line of an import. */
  importedAgent: Type.Object({ ...agentParts, username: username(), password: Type.Optional(password()) }, closed),
  members: Type.Object({ agents: members() }, closed),
  cannedAnswers: Type.Object(
    { cannedAnswers: Type.Array(Type.Object({ shortcut: shortcut(), text: text() }, closed), { maxItems: 1000 }) },
    closed,
  ),
  createCannedAnswer: Type.Object({ shortcut: shortcut(), text: text() }, closed),
  updateCannedAnswer: Type.Object({ shortcut: Type.Optional(shortcut()), text: Type.Optional(text()) }, change),
  createPause: Type.Object(
    { name: Type.String({ minLength: 1, maxLength: 100 }), releaseAfter: Type.Optional(minutes()) },
    closed,
  ),
  updatePause: Type.Object(
    { name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), releaseAfter: Type.Optional(minutes()) },
    change,
  ),
  createCalendar: Type.Object(
    { name: name(), timezone: Type.Optional(timezone()), rules: rules(), holidays: Type.Optional(rules()) },
    closed,
  ),
  updateCalendar: Type.Object(
    {
      name: Type.Optional(name()),
      timezone: Type.Optional(timezone()),
      rules: Type.Optional(rules()),
      holidays: Type.Optional(rules()),
    },
    change,
  ),
  named: Type.Object({ name: name() }, closed),
  createContact: Type.Object({ address: address(), name: Type.Optional(name()), list: Type.Optional(name()) }, closed),
  mergeContact: Type.Object(
    {
      with: Type.Array(id(), { minItems: 1, maxItems: 20, uniqueItems: true }),
      name: Type.Optional(name()),
    },
    closed,
  ),
};

export const administrationQueries = {
  contacts: Type.Object(
    {
      ...page,
      search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of a name or an address' })),
      list: Type.Optional(name()),
    },
    closed,
  ),
  csv: Type.Object(
    {
      bom: Type.Optional(Type.Boolean({ description: 'Begin with a byte order mark, which Excel needs' })),
    },
    closed,
  ),
};

const source = () => oneOf(['flow', 'admin'] as const);
const member = Type.Object({
  username: Type.String({ description: '* = everybody' }),
  sources: Type.Array(source(), { description: 'Named by the flow, added in the administration' }),
});
const membership = Type.Object({ id: Type.String(), sources: Type.Array(source()) });
const cannedAnswer = Type.Object({ id: Type.String(), shortcut: Type.String(), text: Type.String() });
const accountAnswer = Type.Object({
  id: nullable(Type.String({ description: 'Null: of the flow' })),
  shortcut: Type.String(),
  text: Type.String(),
});
const administeredAgent = Type.Object({
  username: Type.String(),
  name: Type.String(),
  role: role(),
  capacity: Type.Integer(),
  disabled: Type.Boolean(),
  presence: presence(),
  accounts: Type.Array(membership),
  queues: Type.Array(membership),
});
const administeredAccount = Type.Object({
  id: Type.String(),
  key: Type.String(),
  name: Type.String(),
  phone: Type.String(),
  provider: Type.String(),
  deployed: Type.Boolean(),
  health: Type.Object({
    lastInboundAt: nullable(time()),
    lastError: nullable(Type.String()),
    pendingSends: Type.Integer({ description: 'Counts to 10,000' }),
  }),
  agents: Type.Array(member),
  cannedAnswers: Type.Array(accountAnswer),
});
const administeredQueue = Type.Object({
  id: Type.String(),
  name: Type.String(),
  strategy: Type.String(),
  agentTimeout: Type.Integer({ description: 'Seconds' }),
  weight: Type.Integer(),
  deployed: Type.Boolean(),
  agents: Type.Array(member),
});
const pause = Type.Object({ id: Type.String(), name: Type.String(), releaseAfter: minutes() });
const calendar = Type.Object({
  id: Type.String(),
  name: Type.String(),
  timezone: timezone(),
  rules: Type.Array(rule),
  holidays: Type.Array(rule),
});
const named = Type.Object({ id: Type.String(), name: Type.String() });
const administeredContact = Type.Object({
  id: Type.String(),
  name: Type.String(),
  list: Type.String(),
  addresses: Type.Array(Type.Object({ address: Type.String(), kind: oneOf(['phone', 'user_id', 'other'] as const) })),
  createdAt: time(),
});

export const administrationAnswers = {
  administeredAgent,
  administeredAgents: Type.Object({ agents: Type.Array(administeredAgent), next: next() }),
  administeredAccount,
  receiveUrl: Type.Object({ receiveUrl: Type.String() }),
  accountTest: Type.Object({
    ok: Type.Boolean(),
    problems: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })),
    checks: Type.Array(
      Type.Object({
        what: oneOf(['credentials', 'number', 'webhook', 'address']),
        state: oneOf(['ok', 'failed', 'unknown']),
        message: Type.String(),
      }),
    ),
    lastInboundAt: nullable(time()),
    lastError: nullable(Type.String()),
  }),
  administeredAccounts: Type.Object({ accounts: Type.Array(administeredAccount), next: next() }),
  administeredQueues: Type.Object({ queues: Type.Array(administeredQueue), next: next() }),
  members: Type.Object({ agents: Type.Array(member) }),
  accountAnswers: Type.Object({ cannedAnswers: Type.Array(accountAnswer) }),
  cannedAnswer,
  cannedAnswers: Type.Object({ cannedAnswers: Type.Array(cannedAnswer), next: next() }),
  pause,
  pauses: Type.Object({ pauses: Type.Array(pause), next: next() }),
  calendar,
  calendars: Type.Object({ calendars: Type.Array(calendar), next: next() }),
  named,
  tags: Type.Object({ tags: Type.Array(named), next: next() }),
  lists: Type.Object({ lists: Type.Array(named), next: next() }),
  administeredContact,
  contacts: Type.Object({ contacts: Type.Array(administeredContact), next: next() }),
  imported: Type.Object({ created: Type.Integer(), updated: Type.Integer() }),
  importPreview: Type.Object({
    created: Type.Integer(),
    updated: Type.Integer(),
    lines: Type.Array(
      Type.Object({
        row: Type.Integer({ description: '1 = the first line of the file' }),
        key: Type.String({ description: 'The username, the address' }),
        name: Type.String(),
        made: nullable(Type.Boolean({ description: 'False: there already, and changed. Null: not known' })),
      }),
    ),
    problems: Type.Array(
      Type.Object({
        row: Type.Integer(),
        column: nullable(Type.String({ description: 'Null: the line as a whole' })),
        code: Type.String(),
        message: Type.String(),
        value: Type.Optional(Type.String({ description: 'What is not known' })),
      }),
    ),
  }),
};

type Answers = { [K in keyof typeof administrationAnswers]: Static<(typeof administrationAnswers)[K]> };
type Documents<Documented, _Answered extends Documented> = Documented;
export type DocumentedAdministration = [
  Documents<Answers['administeredAgent'], AgentOverview>,
  Documents<Answers['administeredAccount'], AccountOverview>,
  Documents<Answers['accountTest'], AccountTest>,
  Documents<Answers['administeredQueues']['queues'][number], QueueOverview>,
  Documents<Answers['pause'], PauseView>,
  Documents<Answers['calendar'], CalendarView>,
  Documents<Answers['named'], NamedView>,
  Documents<Answers['cannedAnswer'], CannedAnswerView>,
  Documents<Answers['administeredContact'], ContactOverview>,
];
