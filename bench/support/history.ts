/** A store with a history: conversations of years, put into the file directly. */
import { DatabaseSync } from 'node:sqlite';
import type { AccountConfig, QueueConfig } from '../../core/api.ts';
import { createHost } from '../../core/host/host.ts';
import { newId } from '../../store/ids.ts';
import { openSqlite } from '../../store/sqlite/open.ts';

const WORDS =
  'the bike order invoice refund battery please when where is my Tour 5 delivery Thursday saddle thank you hello brake light not working broken display code size colour back stock workshop appointment pick up tomorrow price offer card payment receipt return label address street number would like to know about another question sorry again since this morning customer service help'.split(
    ' ',
  );
const NAMES =
  'Marta Ferri Luis Ortega Anna Berg Jonas Keller Elif Aydin Priya Nair Tomasz Wilk Ines Carvalho Joren Sofie'.split(
    ' ',
  );
const DAY = 86_400_000;
const AGENTS = 40;

/** A small generator of its own, so that every run has the same history. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface History {
  account: string;
  /** An agent with an ordinary share. */
  agent: string;
  /** Number of a person with some conversations. */
  phone: string;
  /** A word of one message. */
  rare: string;
}

/** Fills a new file. Needs about a minute for a million messages. */
export async function writeHistory(
  file: string,
  { interactions, messages }: { interactions: number; messages: number },
  accounts: AccountConfig[],
  queues: QueueConfig[],
): Promise<History> {
  const host = await createHost({ store: await openSqlite(file), settings: { offlineAfter: 60 } });
  const synced = await host.run('syncConfig', { accounts, queues, nodes: null });
  for (let i = 0; i < AGENTS; i++)
    await host.run('createAgent', {
      ...{ username: `agent${i}`, name: `Agent ${i}`, role: i === 0 ? ('supervisor' as const) : ('agent' as const) },
      ...{ capacity: 5, passwordHash: '-' },
    });
  await host.close();
  const ids = accounts.map((a) => (synced.accounts[a.nodeId] as { id: string }).id);

  const random = randoms(7);
  const of = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const sentence = () => Array.from({ length: 4 + Math.floor(random() * 18) }, () => of(WORDS)).join(' ');
  const db = new DatabaseSync(file);
  db.exec('pragma synchronous = off; begin');
  const list = (db.prepare('select id from list limit 1').get() as { id: string }).id;
  const addContact = db.prepare('insert into contact (id, list_id, name, created_at) values (?, ?, ?, ?)');
  const addAddress = db.prepare("insert into address (address, contact_id, kind) values (?, ?, 'phone')");
  const addInteraction = db.prepare(
    `insert into interaction (id, account_id, contact_id, address, status, version, agent, queue_id, unread, tags, disposition, note,
     started_at, closed_at, assigned_at, first_assigned_at, last_message_at, last_message_id, last_message_text, last_message_type,
     last_message_direction) values (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'text', 'in')`,
  );
  const addMessage = db.prepare(
    "insert into message (id, interaction_id, version, direction, type, text, author, at, status) values (?, ?, 1, ?, 'text', ?, 'contact', ?, 'received')",
  );
  const contacts = Math.ceil(interactions / 3);
  const people = Array.from({ length: contacts }, (_, i) => ({
    id: '',
    phone: `+1202${String(5_000_000 + i)}`,
    name: `${of(NAMES)} ${of(NAMES)} ${i}`,
  }));
  const start = Date.now() - 700 * DAY;
  const step = (700 * DAY) / interactions;
  const perInteraction = messages / interactions;
  let written = 0;
  for (let i = 0; i < interactions; i++) {
    const at = Math.floor(start + i * step);
    const person = of(people);
    if (person.id === '') {
      person.id = newId(at);
      addContact.run(person.id, list, person.name, at);
      addAddress.run(person.phone, person.id);
    }
    const id = newId(at);
    // The newest hundredth is open; a person has one open conversation, so these have contacts of their own.
    const open = i > interactions * 0.99;
    const contact = open ? newId(at) : person.id;
    if (open) {
      addContact.run(contact, list, `Open ${i}`, at);
      addAddress.run(`+1303${String(5_000_000 + i)}`, contact);
    }
    let text = '';
    let message = '';
    while (written < (i + 1) * perInteraction) {
      text = sentence() + (written === Math.floor(messages / 2) ? ' quetzalcoatl' : '');
      message = newId(at);
      addMessage.run(message, id, written % 2 === 0 ? 'in' : 'out', text, at);
      written++;
    }
    const agent = open && i % 2 === 0 ? null : `agent${Math.floor(random() * AGENTS)}`;
    addInteraction.run(
      ...[id, ids[i % ids.length]!, contact, open ? `+1303${5_000_000 + i}` : person.phone, open ? 'open' : 'closed'],
      ...[agent, of(queues).nodeId, open ? 1 : 0, random() < 0.1 ? '["vip"]' : '[]', open ? '[]' : '["Sale"]', null],
      ...[at, open ? null : at + 3_600_000, at + 60_000, at + 60_000, at + 1_800_000, message, text.slice(0, 200)],
    );
  }
  db.exec('commit');
  db.close();
  return { account: ids[0]!, agent: 'agent7', phone: people.find((p) => p.id !== '')!.phone, rare: 'quetzalcoatl' };
}
