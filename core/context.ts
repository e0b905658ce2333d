import { sql } from 'kysely';
import { newId } from '../store/ids.ts';
import { statement, type Tx } from '../store/store.ts';
import type { Effect } from './api.ts';
import type { AuditEvent } from './events/names.ts';
import type { InteractionRow } from './interactions.ts';
import type { MessageView } from './views.ts';

/** Settings of the engine that commands need. */
export interface CoreSettings {
  /** Seconds without a live desk connection before an agent counts as offline. */
  offlineAfter: number;
  /** Closed conversations are deleted after this many days; absent or 0 = never. */
  retentionDays?: number;
  /** This runtime, where several share a store; absent if it is alone with it. */
  runtime?: string;
}

/** What changed in this transaction and has to be shown on desks. Collected as ids, read once at the end (`publish.ts`). */
export interface Changes {
  interactions: Set<string>;
  /** Of these, whose that were somebody's to take are not any more, or again. */
  reassigned: Set<string>;
  /** Interactions that are gone, into another one or erased: as they were, closed. */
  merged: Map<string, InteractionRow>;
  messages: Map<string, { event: 'message' | 'message-status'; view?: MessageView }>;
  offersMade: Set<string>;
  /** `by`: the username of who took it instead. */
  offersEnded: { id: string; agent: string; reason: string; by: string | undefined }[];
  presence: Set<string>;
  queues: boolean;
}

/** All that a command gets: one transaction, the time, and where its consequences go. */
export interface Ctx {
  readonly tx: Tx;
  /** Epoch ms; commands have no clock of their own. */
  readonly now: number;
  readonly settings: CoreSettings;
  readonly effects: Effect[];
  readonly changes: Changes;
  /** Agents who may take something now; matched when the command is done (`routing/match.ts`). */
  readonly freed: Set<string>;
  /** Interactions that wait for an agent since this command; matched after those agents, who may have something more urgent to take. */
  readonly waiting: Set<string>;
  /** Agents who left: what rings for them, and of those who are gone for good what they have, is dealt with when the command is done. */
  readonly left: Map<string, 'away' | 'gone'>;
  /** Agents who stopped disposing something; they are in the state before, if that was all, when the command is done. */
  readonly disposed: Set<string>;
  /** Rows of accounts that were read in this transaction (`findAccount`). */
  readonly accounts: Map<string, unknown>;
  /** Whether somebody follows the events from now on; null = as before. */
  listening: boolean | null;
}

export function newContext(tx: Tx, now: number, settings: CoreSettings): Ctx {
  return {
    tx,
    now,
    settings,
    effects: [],
    changes: {
      interactions: new Set(),
      reassigned: new Set(),
      merged: new Map(),
      messages: new Map(),
      offersMade: new Set(),
      offersEnded: [],
      presence: new Set(),
      queues: false,
    },
    freed: new Set(),
    waiting: new Set(),
    left: new Map(),
    disposed: new Set(),
    accounts: new Map(),
    listening: null,
  };
}

/**
 * A literal inside a statement. SQLite uses a partial index only if the condition stands in the query as a literal, not as a
 * parameter; and with a parameter that is compared with a column of such a condition it plans the query anew at every run, which costs
 * more than running it.
 */
export const lit = <T extends string | number | null>(value: T) => sql.lit(value);

const insertAudit = statement<{
  id: string;
  at: number;
  event: string;
  actor: string;
  account: string | null;
  interaction: string | null;
  data: string | null;
}>({ blind: true })((db, p) =>
  db.insertInto('audit').values({
    id: p('id'),
    at: p('at'),
    event: p('event'),
    actor: p('actor'),
    account_id: p('account'),
    interaction_id: p('interaction'),
    data: p('data'),
  }),
);

/**
 * Writes an event of contract 5.8 into the audit log. What a row of its own records with time and author already (a message, an
 * interaction's start, an offer's start) is not written a second time.
 * `actor`: a username, `contact`, `system` or a node id.
 */
export async function audit(
  ctx: Ctx,
  event: AuditEvent,
  actor: string,
  about: { account?: string | null; interaction?: string | null; data?: unknown } = {},
): Promise<void> {
  await ctx.tx.run(insertAudit, {
    id: newId(ctx.now),
    at: ctx.now,
    event,
    actor,
    account: about.account ?? null,
    interaction: about.interaction ?? null,
    data: about.data === undefined ? null : JSON.stringify(about.data),
  });
}
