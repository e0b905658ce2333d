import type { Kysely } from 'kysely';
import type { Schema } from '../../store/schema.ts';
import { statement } from '../../store/store.ts';
import type { Ctx } from '../context.ts';
import type { FieldName } from './language/fields.ts';
import { normalise } from './language/text.ts';

/** What may be read of an interaction while it is looked at; never more than the search asks for. */
const COLUMNS = {
  id: 'interaction.id',
  status: 'interaction.status',
  unread: 'interaction.unread',
  account: 'interaction.account_id',
  contact: 'interaction.contact_id',
  address: 'interaction.address',
  agent: 'interaction.agent',
  queue: 'interaction.queue_id',
  tags: 'interaction.tags',
  disposition: 'interaction.disposition',
  note: 'interaction.note',
  started: 'interaction.started_at',
  closed: 'interaction.closed_at',
  assigned: 'interaction.first_assigned_at',
  last: 'interaction.last_message_at',
  lastText: 'interaction.last_message_text',
  unanswered: 'interaction.unanswered_since',
  contactName: 'contact.name',
  list: 'contact.list_id',
} as const;

export type Column = keyof typeof COLUMNS;

/** A row as it is read, with those columns that were asked for. `addresses` is added if they are. */
export interface Row extends Record<Exclude<Column, 'id'>, unknown> {
  id: string;
  addresses: string[];
}

/** What ids stand for, normalised. These tables are small. */
export interface Names {
  accounts: Map<string, { key: string; name: string }>;
  queues: Map<string, string>;
  lists: Map<string, string>;
  agents: string[];
}

const accounts = statement()((db) => db.selectFrom('account').select(['id', 'key', 'name']));
const queues = statement()((db) => db.selectFrom('queue').select(['id', 'name']));
const lists = statement()((db) => db.selectFrom('list').select(['id', 'name']));
const agents = statement()((db) => db.selectFrom('agent').select('username'));

export async function readNames(ctx: Ctx): Promise<Names> {
  const named = (rows: { id: string; name: string }[]) => new Map(rows.map((r) => [r.id, normalise(r.name)]));
  return {
    accounts: new Map(
      (await ctx.tx.all(accounts, {})).map((a) => [a.id, { key: normalise(a.key), name: normalise(a.name) }]),
    ),
    queues: named(await ctx.tx.all(queues, {})),
    lists: named(await ctx.tx.all(lists, {})),
    agents: (await ctx.tx.all(agents, {})).map((a) => a.username),
  };
}

export interface Around {
  names: Names;
  /** Epoch ms up to which what still waits has waited. */
  now: number;
}

interface Reading<V> {
  columns: Column[];
  read(row: Row, around: Around): V;
}

const seconds = (from: number, to: number): number => Math.max(0, Math.floor((to - from) / 1000));
const entries = (json: unknown): string[] =>
  json === '[]' ? [] : (JSON.parse(json as string) as string[]).map(normalise);
const text = (value: unknown): string[] => (value ? [normalise(value as string)] : []);
const number = (value: unknown): number | null => (value === null ? null : Number(value));
const plainText = (column: Column): Reading<string[]> => ({ columns: [column], read: (row) => text(row[column]) });
const plainTime = (column: Column): Reading<number | null> => ({
  columns: [column],
  read: (row) => number(row[column]),
});

/** Fields that are texts: the texts an interaction has there, normalised; none if it is empty. */
export const TEXTS = {
  id: plainText('id'),
  status: plainText('status'),
  account: {
    columns: ['account'],
    read: (row, { names }) => {
      const account = names.accounts.get(row.account as string);
      return account ? [account.key, account.name] : [];
    },
  },
  'contact.name': plainText('contactName'),
  'contact.address': { columns: ['contact'], read: (row) => row.addresses.map(normalise) },
  'contact.list': { columns: ['list'], read: (row, { names }) => text(names.lists.get(row.list as string)) },
  agent: plainText('agent'),
  queue: { columns: ['queue'], read: (row, { names }) => text(names.queues.get(row.queue as string)) },
  tags: { columns: ['tags'], read: (row) => entries(row.tags) },
  disposition: { columns: ['disposition'], read: (row) => entries(row.disposition) },
  lastMessage: plainText('lastText'),
  note: plainText('note'),
} satisfies Partial<Record<FieldName, Reading<string[]>>>;

/** Fields that are numbers; times are epoch ms. null if there is none. */
export const NUMBERS = {
  read: { columns: ['unread'], read: (row) => (Number(row.unread) === 0 ? 1 : 0) },
  startedAt: plainTime('started'),
  closedAt: plainTime('closed'),
  lastMessageAt: plainTime('last'),
  unansweredSince: plainTime('unanswered'),
  /** From the start to the first agent; to the close or until now if there was none. */
  waitSeconds: {
    columns: ['started', 'assigned', 'closed'],
    read: (row, { now }) =>
      seconds(Number(row.started), number(row.assigned) ?? number(row.closed) ?? Math.max(now, Number(row.started))),
  },
  /** From the first agent to the close, or until now. */
  handleSeconds: {
    columns: ['assigned', 'closed'],
    read: (row, { now }) => (row.assigned === null ? null : seconds(Number(row.assigned), number(row.closed) ?? now)),
  },
} satisfies Partial<Record<FieldName, Reading<number | null>>>;

export const isText = (field: FieldName): field is keyof typeof TEXTS => Object.hasOwn(TEXTS, field);
export const isNumber = (field: FieldName): field is keyof typeof NUMBERS => Object.hasOwn(NUMBERS, field);

export function columnsOf(field: FieldName): Column[] {
  if (isText(field)) return TEXTS[field].columns;
  return isNumber(field) ? NUMBERS[field].columns : [];
}

/** Columns of what interactions are sorted by: of several texts the one that the conversation shows. */
export const sortColumns = (field: FieldName): Column[] =>
  field === 'contact.address' ? ['address'] : columnsOf(field);

/** What an interaction is sorted by; null stands at the end in both directions. */
export function sortValue(field: FieldName, row: Row, around: Around): string | number | null {
  if (isNumber(field)) return NUMBERS[field].read(row, around);
  if (field === 'contact.address') return text(row.address)[0] ?? null;
  if (field === 'account') return TEXTS.account.read(row, around)[0] ?? null;
  return isText(field) ? TEXTS[field].read(row, around).join(' ') || null : null;
}

/** Interactions with these columns. */
export function selectRows(db: Kysely<Schema>, columns: ReadonlySet<Column>) {
  const wanted = [...columns];
  const select = db
    .selectFrom('interaction')
    .$if(
      wanted.some((column) => COLUMNS[column].startsWith('contact.')),
      (q) => q.leftJoin('contact', 'contact.id', 'interaction.contact_id') as never,
    )
    .select(wanted.map((column) => `${COLUMNS[column]} as ${column}`) as never[]);
  return select as unknown as ReturnType<typeof asRows>;
}

/** The type of a query whose columns are only known when it is made. */
const asRows = (db: Kysely<Schema>) => db.selectFrom('interaction').select('interaction.id').$castTo<Row>();
