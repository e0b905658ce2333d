/** A store full of conversations with awkward texts, and what is true of them, kept beside it. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import fc from 'fast-check';
import pg from 'pg';
import { newId } from '../../../store/ids.ts';
import { databaseUrl, onPostgres } from '../../support/postgres.ts';
import { account, Centre, FakeClock, queue } from '../support.ts';

/** One interaction as it is, in plain values. Times are epoch ms. */
export interface Truth {
  id: string;
  status: 'open' | 'closed';
  unread: number;
  account: { id: string; key: string; name: string };
  contact: { id: string; name: string; list: string; addresses: string[] };
  address: string;
  agent: string | null;
  queue: string | null;
  tags: string[];
  disposition: string[];
  note: string | null;
  startedAt: number;
  closedAt: number | null;
  firstAssignedAt: number | null;
  lastMessageAt: number;
  unansweredSince: number | null;
  lastMessage: string;
  messages: string[];
}

export interface Filled {
  centre: Centre;
  truth: Truth[];
}

interface Row {
  table: string;
  values: Record<string, string | number | null>;
}

interface Filling {
  interactions: number;
  contacts: number;
  seed: number;
  indexed: number;
  word?: string;
}

export const NOW = new FakeClock().now();
const MINUTE = 60_000;

/** Pieces that texts, and values that are searched for, are made of. */
export const PIECES = [
  ...['anna', 'Ann', 'ANNA', 'b', '50%', 'a_b', '_', '%', "O'Brien", '"quoted"', '--', ';', '\\', '*', ' ', '\n'],
  ...[
    'Straße',
    'STRASSE',
    'ﬁne',
    'fine',
    'Ｆｕｌｌ',
    'full',
    'é',
    'e\u0301',
    'É',
    'ΟΔΟΣ',
    'οδος',
    'İstanbul',
    '中文字',
    '文',
  ],
  ...['😀', '👩‍👩‍👧', '\u0001', 'مرحبا', '\ufffd', '٣'],
  // PostgreSQL has no characters of value 0: they become U+FFFD there.
  ...(onPostgres ? [] : ['\0', 'a\0b']),
];
const texts = (most: number) =>
  fc.array(fc.constantFrom(...PIECES), { maxLength: most }).map((pieces) => pieces.join(''));
/** What the store makes of half a character. */
export const someText = texts(4);

const interaction = (contacts: number) =>
  fc.record({
    contact: fc.nat(contacts - 1),
    account: fc.nat(1),
    open: fc.boolean(),
    unread: fc.constantFrom(0, 0, 1, 7),
    agent: fc.constantFrom(null, null, 'anna', 'Ben', 'gone'),
    queue: fc.constantFrom(null, 'Sales', 'Süd'),
    tags: fc.uniqueArray(fc.constantFrom('vip', 'VIP ', 'refund', 'a%', 'größe'), { maxLength: 3 }),
    disposition: fc.constantFrom<string[]>([], ['Sale'], ['Sale', 'Won'], ['No', 'Later', 'ﬁne']),
    note: fc.option(texts(3)),
    /** Minutes before now: few values, so that many are equal. */
    started: fc.integer({ min: 60, max: 90 }),
    assigned: fc.option(fc.integer({ min: 30, max: 60 })),
    closed: fc.integer({ min: 1, max: 29 }),
    last: fc.integer({ min: 1, max: 60 }),
    waiting: fc.option(fc.integer({ min: 1, max: 60 })),
    messages: fc.array(texts(5), { minLength: 1, maxLength: 4 }),
  });
const contact = fc.record({ name: texts(3), list: fc.constantFrom('Default', 'VIPs'), userId: fc.boolean() });

/**
 * Fills a new store: `indexed` messages are in the full-text index, the rest is not. The same seed gives the same texts. `word` is added
 * to two of three messages.
 */
export async function fill(
  file: string,
  { interactions, contacts, seed, indexed, word = '' }: Filling,
): Promise<Filled> {
  const accounts = [
    account({ nodeId: 'acc', key: 'SALES', name: 'Sales', agents: ['anna'] }),
    account({ nodeId: 'acc2', key: 'SÜD', name: 'Größe & Co', phone: '+12025550101', agents: ['*'], list: 'VIPs' }),
  ];
  const queues = [queue({ name: 'Sales' }), queue({ name: 'Süd' })];
  const first = await Centre.open({ file });
  const synced = await first.sync(accounts, queues);
  for (const [username, role] of [
    ['anna', 'agent'],
    ['Ben', 'agent'],
    ['gone', 'agent'],
    ['eve', 'supervisor'],
  ] as const)
    await first.host.run('createAgent', { username, name: username, role, capacity: 3, passwordHash: 'x' });
  await first.host.run('deleteAgent', { username: 'gone' });
  await first.host.close();

  const ids = ['acc', 'acc2'].map((node) => (synced.accounts[node] as { id: string }).id);
  const people = fc.sample(contact, { seed, numRuns: contacts }).map((c, i) => ({
    id: newId(NOW),
    name: c.name,
    list: c.list,
    addresses: [`+1202555${String(i).padStart(5, '0')}`, ...(c.userId ? [`US.${i}${'Ab'.repeat(1 + (i % 3))}`] : [])],
  }));
  const truth: Truth[] = [];
  const rows: Row[] = [];
  const again = await Centre.open({ file });
  const lists = new Map(
    (await again.rows<{ id: string; name: string }>('select id, name from list')).map((l) => [l.name, l.id]),
  );
  await again.host.close();
  for (const p of people) {
    rows.push({ table: 'contact', values: { id: p.id, list_id: lists.get(p.list)!, name: p.name, created_at: NOW } });
    for (const [i, address] of p.addresses.entries())
      rows.push({ table: 'address', values: { address, contact_id: p.id, kind: i === 0 ? 'phone' : 'user_id' } });
  }
  const open = new Set<string>();
  let written = 0;
  for (const r of fc.sample(interaction(contacts), { seed, numRuns: interactions })) {
    const person = people[r.contact]!;
    const place = `${person.id} ${r.account}`;
    const isOpen = r.open && !open.has(place);
    if (isOpen) open.add(place);
    const at = (minutes: number) => NOW - minutes * MINUTE;
    const messages = r.messages.map((text) => text + (written++ % 3 === 0 ? '' : word));
    const t: Truth = {
      id: newId(NOW),
      status: isOpen ? 'open' : 'closed',
      unread: isOpen ? r.unread : 0,
      account: { id: ids[r.account]!, key: accounts[r.account]!.key, name: accounts[r.account]!.name },
      contact: person,
      address: person.addresses.at(-1)!,
      agent: r.agent,
      queue: r.queue,
      tags: r.tags,
      disposition: isOpen ? [] : r.disposition,
      note: r.note,
      startedAt: at(r.started),
      closedAt: isOpen ? null : at(r.closed),
      firstAssignedAt: r.assigned === null ? null : at(r.assigned),
      lastMessageAt: at(r.last),
      unansweredSince: r.waiting === null ? null : at(r.waiting),
      lastMessage: messages.at(-1)!,
      messages,
    };
    truth.push(t);
    rows.push({
      table: 'interaction',
      values: {
        ...{ id: t.id, account_id: t.account.id, contact_id: person.id, address: t.address, status: t.status },
        ...{ version: 1, agent: t.agent, queue_id: t.queue === null ? null : `q-${t.queue}`, unread: t.unread },
        ...{ tags: JSON.stringify(t.tags), disposition: JSON.stringify(t.disposition), note: t.note },
        ...{ started_at: t.startedAt, closed_at: t.closedAt, first_assigned_at: t.firstAssignedAt },
        ...{ last_message_at: t.lastMessageAt, last_message_text: t.lastMessage, last_message_id: 'm' },
        ...{ last_message_type: 'text', last_message_direction: 'in', unanswered_since: t.unansweredSince },
      },
    });
    for (const text of t.messages)
      rows.push({
        table: 'message',
        values: {
          ...{ id: newId(NOW), interaction_id: t.id, version: 1, direction: 'in', type: 'text', text },
          ...{ author: 'contact', at: t.lastMessageAt, status: 'received' },
        },
      });
  }
  if (onPostgres) await insertPostgres(await databaseUrl(file), rows);
  else insertSqlite(file, rows);

  // The accounts have the lists they had.
  const centre = await Centre.open({ file });
  await centre.sync(accounts, queues);
  if (indexed > 0 && !(await centre.host.run('indexMessages', { batch: indexed })).more)
    throw new Error(`there are fewer than ${indexed} messages`);
  return { centre, truth };
}

function insertSqlite(file: string, rows: Row[]): void {
  const db = new DatabaseSync(file);
  db.exec('begin');
  const inserts = new Map<string, StatementSync>();
  for (const { table, values } of rows) {
    const names = Object.keys(values);
    const insert =
      inserts.get(table) ??
      db.prepare(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`);
    inserts.set(table, insert);
    insert.run(...Object.values(values));
  }
  db.exec('commit');
  db.close();
}

/** Rows of one table at a time, in the order in which the tables first come. */
async function insertPostgres(url: string, rows: Row[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const table of new Set(rows.map((row) => row.table))) {
    const all = rows.filter((row) => row.table === table).map(({ values }) => values);
    const names = Object.keys(all[0]!).join(', ');
    await client.query(
      `insert into ${table} (${names}) select ${names} from json_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(all)],
    );
  }
  await client.end();
}
