/**
 * The schemas of the HTTP API: one definition gives the type, the check and the API document. Loaded with the first request that
 * needs one (TypeBox takes a noticeable part of a second on a small machine); elsewhere only its types are imported.
 */
import Type, { type Static } from 'typebox';
import type { Commands } from '../core/api.ts';
import { EVENT_NAMES } from '../core/events/names.ts';
import type { DeskView, EventView, InteractionView, MessageView, Presence } from '../core/views.ts';
import { FAILURE_REASONS, MESSAGE_TYPES, PROVIDER_NAMES } from '../providers/provider.ts';
import { TEMPLATE_STATES } from '../providers/template.ts';
import { accountBodies } from './account-schemas.ts';
import { administrationAnswers, administrationBodies, administrationQueries } from './administration-schemas.ts';
import { bulkBodies } from './bulk-schemas.ts';
import { figureAnswers, figureQueries } from './figure-schemas.ts';
import {
  capacity,
  closed,
  id,
  nullable,
  oneOf,
  page,
  password,
  presence as presenceParts,
  role,
  time,
  username,
} from './schema-parts.ts';
import { savedSearchAnswers, savedSearchBodies, searchBody } from './search-schema.ts';
import { superviseBodies, superviseQueries } from './supervise-schemas.ts';

/** Longest message text WhatsApp takes; providers may take less. */
const text = () => Type.String({ minLength: 1, maxLength: 4096 });

/** A template by its id, or its name if only one has it. */
const template = () =>
  Type.Object(
    {
      id: Type.String({ minLength: 1, maxLength: 600 }),
      variables: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 1024 }))),
    },
    closed,
  );

/** What calls carry. Unknown fields are refused. */
export const bodies = {
  nothing: Type.Object({}, closed),
  login: Type.Object(
    {
      username: Type.String({ minLength: 1, maxLength: 200 }),
      password: Type.String({ minLength: 1, maxLength: 200 }),
    },
    closed,
  ),
  changePassword: Type.Object({ current: Type.String({ minLength: 1, maxLength: 200 }), password: password() }, closed),
  presence: Type.Object(
    {
      state: oneOf(['available', 'paused'] as const),
      pause: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'The pause reason' })),
    },
    closed,
  ),
  sendMessage: Type.Object(
    { text: Type.Optional(text()), template: Type.Optional(template()) },
    { ...closed, minProperties: 1, maxProperties: 1 },
  ),
  looking: Type.Object(
    {
      connection: Type.String({ minLength: 1, maxLength: 100, description: 'As the stream said in `hello`' }),
      interaction: nullable(id()),
    },
    closed,
  ),
  tab: Type.Object({ open: Type.Boolean() }, closed),
  close: Type.Object(
    {
      disposition: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
          minItems: 1,
          maxItems: 3,
          description: 'Up to three levels',
        }),
      ),
      note: Type.Optional(Type.String({ maxLength: 10_000 })),
      lastMessageId: Type.Optional(id()),
    },
    closed,
  ),
  search: searchBody,
  ...savedSearchBodies,
  ...bulkBodies,
  ...superviseBodies,
  transfer: Type.Object(
    {
      agent: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'A username' })),
      queue: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'The name of a queue' })),
    },
    { ...closed, minProperties: 1, maxProperties: 1 },
  ),
  snooze: Type.Object(
    {
      until: Type.Unsafe<string | null>({
        type: ['string', 'null'],
        pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})$',
        description: 'an ISO 8601 time with its zone',
      }),
    },
    closed,
  ),
  note: Type.Object({ text: Type.String({ minLength: 1, maxLength: 10_000 }) }, closed),
  tags: Type.Object(
    {
      tags: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 200,
        description: 'All tags from now on: at most 50 of at most 64 characters; repeated ones count once',
      }),
    },
    closed,
  ),
  start: Type.Object(
    {
      account: Type.String({ minLength: 1, maxLength: 200, description: 'The id of the account' }),
      address: Type.String({
        minLength: 1,
        maxLength: 200,
        pattern: '\\S',
        description: 'Where the contact is reached',
      }),
      text: Type.Optional(text()),
      template: Type.Optional(template()),
    },
    // Three fields: one of `text` and `template`.
    { ...closed, minProperties: 3, maxProperties: 3 },
  ),
  contact: Type.Object(
    {
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      list: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'Made if there is none of that name' }),
      ),
    },
    { ...closed, minProperties: 1 },
  ),
  createAgent: Type.Object(
    {
      username: username(),
      name: Type.String({ minLength: 1, maxLength: 200 }),
      password: password(),
      role: Type.Optional(role()),
      capacity: Type.Optional(capacity()),
    },
    closed,
  ),
  updateAgent: Type.Object(
    {
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      password: Type.Optional(password()),
      role: Type.Optional(role()),
      capacity: Type.Optional(capacity()),
      disabled: Type.Optional(Type.Boolean()),
    },
    { ...closed, minProperties: 1 },
  ),
  ...administrationBodies,
  ...accountBodies,
  simulator: Type.Object(
    {
      account: Type.Union([
        id(),
        Type.Object(
          {
            id: id(),
            key: Type.Optional(Type.String({ maxLength: 200 })),
            name: Type.Optional(Type.String({ maxLength: 200 })),
            phone: Type.Optional(Type.String({ maxLength: 200 })),
          },
          { ...closed, description: 'An account that is not deployed yet, as far as the dialog is filled in' },
        ),
      ]),
      provider: Type.Optional(oneOf(PROVIDER_NAMES)),
    },
    closed,
  ),
};

/** What may stand in the query. */
export const queries = {
  nothing: Type.Object({}, closed),
  ...administrationQueries,
  ...superviseQueries,
  ...figureQueries,
  page: Type.Object(page, closed),
  leave: Type.Object(
    { release: Type.Optional(Type.Boolean({ description: 'Hand back what is assigned; else it stays' })) },
    closed,
  ),
  templates: Type.Object({ refresh: Type.Optional(Type.Boolean()) }, closed),
  messages: Type.Object(
    {
      before: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'A message id' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    },
    closed,
  ),
  audit: Type.Object(
    {
      account: Type.Optional(id()),
      interaction: Type.Optional(id()),
      event: Type.Optional(oneOf(EVENT_NAMES)),
      actor: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'A username, "contact", "system" or a node id' }),
      ),
      from: Type.Optional(Type.String({ minLength: 1, maxLength: 50, description: 'ISO 8601, inclusive' })),
      to: Type.Optional(Type.String({ minLength: 1, maxLength: 50, description: 'ISO 8601, exclusive' })),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    closed,
  ),
  events: Type.Object(
    {
      watch: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'An interaction to follow (supervisors)' }),
      ),
      /** On the supervisor's screens nothing rings. */
      screen: Type.Optional(oneOf(['desk', 'supervisor'] as const)),
    },
    closed,
  ),
};

export type Bodies = { [K in keyof typeof bodies]: Static<(typeof bodies)[K]> };
export type Queries = { [K in keyof typeof queries]: Static<(typeof queries)[K]> };

// What is answered. These only document; `core/views.ts` has the types, and the end of this file has the compiler compare them.

const presence = presenceParts();
const contact = Type.Object({
  id: Type.String(),
  address: Type.String(),
  phone: nullable(Type.String()),
  userId: nullable(Type.String()),
  name: Type.String(),
  list: Type.String(),
});
const messageType = oneOf(MESSAGE_TYPES);
const interaction = Type.Object({
  id: Type.String(),
  version: Type.Integer(),
  status: oneOf(['open', 'closed'] as const),
  account: Type.Object({ id: Type.String(), key: Type.String(), name: Type.String() }),
  contact,
  agent: nullable(Type.String()),
  queue: nullable(Type.String()),
  tags: Type.Array(Type.String()),
  disposition: Type.Array(Type.String()),
  unread: Type.Integer(),
  lastMessage: nullable(
    Type.Object({ id: Type.String(), text: Type.String(), type: messageType, direction: Type.String(), at: time() }),
  ),
  startedAt: time(),
  closedAt: nullable(time()),
  unansweredSince: nullable(time()),
  windowClosesAt: nullable(time()),
  tabOpen: Type.Boolean(),
  snoozedUntil: nullable(time()),
  waiting: nullable(
    Type.Object({
      node: nullable(Type.String({ description: 'Null: a transfer or a hand-back, which belong to no node' })),
      kind: oneOf(['route', 'queue', 'agent', 'transfer', 'return'] as const),
      queue: nullable(Type.String()),
      agent: nullable(Type.String({ description: 'Who is asked by name' })),
      since: time(),
      until: nullable(time()),
    }),
  ),
  closing: Type.Optional(
    Type.Object(
      { dispositions: Type.Array(Type.Unknown()), mandatory: Type.Boolean() },
      { description: 'What closing it asks for, where the flow says something else than the account' },
    ),
  ),
  optOut: Type.Optional(
    Type.Object(
      { at: time(), by: oneOf(['contact', 'provider'] as const) },
      { description: 'The contact wants no messages from the account' },
    ),
  ),
});
const message = Type.Object({
  id: Type.String(),
  version: Type.Integer(),
  interactionId: Type.String(),
  providerId: nullable(Type.String()),
  direction: oneOf(['in', 'out', 'note', 'system'] as const),
  type: messageType,
  text: Type.String(),
  media: Type.Array(
    Type.Object({
      url: Type.String(),
      contentType: Type.Optional(Type.String()),
      fileName: Type.Optional(Type.String()),
      size: Type.Optional(Type.Integer()),
      state: oneOf(['waiting', 'ready', 'failed'] as const),
      error: Type.Optional(Type.String({ description: 'Why it could not be fetched' })),
    }),
  ),
  location: Type.Optional(
    Type.Object({
      latitude: Type.Number(),
      longitude: Type.Number(),
      name: Type.Optional(Type.String()),
      address: Type.Optional(Type.String()),
    }),
  ),
  button: Type.Optional(Type.Object({ id: Type.Optional(Type.String()), text: Type.Optional(Type.String()) })),
  reaction: Type.Optional(Type.Object({ to: Type.String(), emoji: Type.String() })),
  repliedTo: Type.Optional(Type.String()),
  forwarded: Type.Optional(oneOf(['once', 'often'] as const)),
  referral: Type.Optional(
    Type.Object(
      {
        headline: Type.Optional(Type.String()),
        body: Type.Optional(Type.String()),
        url: Type.Optional(Type.String()),
        id: Type.Optional(Type.String()),
      },
      { description: 'The ad or post that it began with' },
    ),
  ),
  author: Type.String({ description: 'A username, "contact" or "system"' }),
  at: time(),
  status: oneOf(['queued', 'sent', 'delivered', 'read', 'failed', 'received', 'ambiguous'] as const),
  error: Type.Optional(Type.Object({ code: Type.String(), reason: oneOf(FAILURE_REASONS) })),
});
const offer = Type.Object({
  id: Type.String(),
  interaction,
  queue: nullable(Type.String()),
  createdAt: time(),
  expiresAt: nullable(time()),
  notification: Type.Object({ text: Type.String(), sound: Type.Boolean(), shake: Type.Boolean() }),
});
const agentName = Type.Object({ username: Type.String(), name: Type.String(), role: role() });
const desk = Type.Object({
  agent: Type.Object({ username: Type.String(), name: Type.String(), role: role(), capacity: Type.Integer() }),
  presence,
  pauses: Type.Array(Type.String()),
  offers: Type.Array(offer),
  tabs: Type.Array(interaction),
  assigned: Type.Array(interaction),
  unassigned: Type.Array(interaction),
  disposing: Type.Array(Type.String(), { description: 'Ids of what is being closed' }),
  queues: Type.Array(
    Type.Object({ name: Type.String(), waiting: Type.Integer(), longestWait: Type.Number({ description: 'Seconds' }) }),
  ),
  cannedAnswers: Type.Array(
    Type.Object({
      shortcut: Type.String(),
      text: Type.String(),
      account: nullable(Type.String({ description: 'The key of its account; null: of every one' })),
    }),
  ),
  lists: Type.Array(Type.String(), { description: 'Names of the lists that contacts are in' }),
  accounts: Type.Array(
    Type.Object({
      id: Type.String(),
      key: Type.String(),
      name: Type.String(),
      color: Type.String(),
      mandatoryDisposition: Type.Boolean(),
      dispositions: Type.Array(Type.Unknown()),
      maxText: Type.Integer({ description: 'Characters that a message may have at most' }),
    }),
  ),
});

const auditEvent = Type.Object({
  id: Type.String(),
  event: oneOf(EVENT_NAMES),
  at: time(),
  actor: Type.String(),
  account: nullable(Type.String()),
  interaction: nullable(Type.String()),
  data: nullable(Type.Record(Type.String(), Type.Unknown())),
});

export const answers = {
  error: Type.Object({
    error: Type.Object({ code: Type.String(), message: Type.String(), details: Type.Optional(Type.Unknown()) }),
  }),
  agent: Type.Object({ agent: agentName }),
  presence: Type.Object({ presence }),
  desk,
  interaction,
  oneInteraction: Type.Object({ interaction }),
  oneMessage: Type.Object({ message }),
  released: Type.Object({ released: Type.Integer({ description: 'How many interactions' }) }),
  started: Type.Object({ interaction, message }),
  templates: Type.Object({
    templates: Type.Array(
      Type.Object({
        id: id(),
        name: Type.String(),
        language: Type.String(),
        category: Type.String(),
        state: oneOf(TEMPLATE_STATES),
        reason: Type.String({ description: 'Why it was rejected' }),
        text: Type.String({ description: 'With {{name}} for each variable' }),
        variables: Type.Array(Type.String()),
        unsupported: Type.String({ description: 'Why it cannot be sent from here; empty if it can' }),
      }),
    ),
    listedAt: nullable(time()),
    error: nullable(Type.String({ description: 'Why the last listing failed' })),
  }),
  messages: Type.Object({ messages: Type.Array(message), more: Type.Boolean() }),
  earlier: Type.Object({ interactions: Type.Array(interaction), more: Type.Boolean() }),
  targets: Type.Object({
    agents: Type.Array(
      Type.Object({
        username: Type.String(),
        name: Type.String(),
        presence,
        load: Type.Integer({ description: 'Open tabs and ringing offers' }),
        capacity: Type.Integer(),
        ready: Type.Boolean({ description: 'Could be offered it now' }),
      }),
    ),
    queues: Type.Array(
      Type.Object({
        name: Type.String(),
        waiting: Type.Integer(),
        ready: Type.Integer({ description: 'How many of its agents could be offered it now' }),
      }),
    ),
    allowed: Type.Object({ agent: Type.Boolean(), queue: Type.Boolean() }, { description: 'What the account allows' }),
  }),
  colleagues: Type.Object({ colleagues: Type.Array(Type.Object({ username: Type.String(), name: Type.String() })) }),
  contact: Type.Object({ contact }),
  search: Type.Object({
    interactions: Type.Array(interaction),
    next: nullable(Type.String({ description: 'Cursor of the next page; null at the end' })),
    total: Type.Integer({ description: 'Counts to 10,000' }),
    totalExact: Type.Boolean(),
  }),
  ...savedSearchAnswers,
  audit: Type.Object({ audit: Type.Array(auditEvent), next: nullable(Type.String()) }),
  ...administrationAnswers,
  ...figureAnswers,
  health: Type.Object({ status: Type.Literal('ok') }),
  document: Type.Object({}),
};

export type Answers = { [K in keyof typeof answers]: Static<(typeof answers)[K]> };

// The compiler compares what is documented with what the core answers: a shape changed there and not here does not compile.
type Documents<Documented, _Answered extends Documented> = Documented;
export type Documented = [
  Documents<Answers['desk'], DeskView>,
  Documents<Answers['interaction'], InteractionView>,
  Documents<Answers['search'], Commands['search'][1]>,
  Documents<Answers['oneMessage']['message'], MessageView>,
  Documents<Answers['targets'], Commands['transferTargets'][1]>,
  Documents<Answers['presence']['presence'], Presence>,
  Documents<Answers['audit']['audit'][number], EventView>,
];
