/** What a search means, said again in the plainest way: every interaction is looked at, with all that is known of it. */
import { NOW, type Truth } from './data.ts';

export interface Asked {
  startDate?: { from?: string; to?: string };
  read?: boolean;
  status?: string;
  account?: string;
  agent?: string | null;
  tags?: string[];
  match?: 'all' | 'any';
  conditions?: { field: string; operator: string; value?: unknown; enabled?: boolean }[];
  sort?: { field: string; direction?: 'asc' | 'desc' };
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase();
const seconds = (ms: number) => Math.floor(ms / 1000);

function whatIs(t: Truth, field: string): string[] | number | boolean | null {
  const some = (text: string | null) => (text ? [fold(text)] : []);
  switch (field) {
    case 'id':
      return [t.id];
    case 'status':
      return [t.status];
    case 'read':
      return t.unread === 0;
    case 'account':
      return [fold(t.account.key), fold(t.account.name)];
    case 'contact.name':
      return some(t.contact.name);
    case 'contact.address':
      return t.contact.addresses.map(fold);
    case 'contact.list':
      return some(t.contact.list);
    case 'agent':
      return some(t.agent);
    case 'queue':
      return some(t.queue);
    case 'tags':
      return t.tags.map(fold);
    case 'disposition':
      return t.disposition.map(fold);
    case 'lastMessage':
      return some(t.lastMessage);
    case 'note':
      return some(t.note);
    case 'messages':
      return t.messages.map(fold);
    case 'startedAt':
      return t.startedAt;
    case 'closedAt':
      return t.closedAt;
    case 'lastMessageAt':
      return t.lastMessageAt;
    case 'unansweredSince':
      return t.unansweredSince;
    case 'waitSeconds':
      return seconds((t.firstAssignedAt ?? t.closedAt ?? NOW) - t.startedAt);
    case 'handleSeconds':
      return t.firstAssignedAt === null ? null : seconds((t.closedAt ?? NOW) - t.firstAssignedAt);
    default:
      throw new Error(field);
  }
}

const ms = (value: unknown) => (typeof value === 'number' ? value : Date.parse(value as string));

function holds(t: Truth, { field, operator, value }: NonNullable<Asked['conditions']>[number]): boolean {
  const has = whatIs(t, field);
  if (operator === 'isEmpty') return has === null || (Array.isArray(has) && has.length === 0);
  if (operator === 'isNotEmpty') return !holds(t, { field, operator: 'isEmpty' });
  if (operator === 'notEquals') return !holds(t, { field, operator: 'equals', value });
  if (operator === 'notContains') return !holds(t, { field, operator: 'contains', value });
  if (typeof has === 'boolean') return has === value;
  if (Array.isArray(has)) {
    const wanted = fold(value as string);
    // An empty text is a text too: it is, contains, begins and ends with nothing.
    const all = has.length === 0 ? [''] : has;
    if (operator === 'equals' && field === 'account' && t.account.id === wanted) return true;
    if (operator === 'equals') return all.includes(wanted);
    if (operator === 'contains') return all.some((text) => text.includes(wanted));
    if (operator === 'startsWith') return all.some((text) => text.startsWith(wanted));
    if (operator === 'endsWith') return all.some((text) => text.endsWith(wanted));
    throw new Error(operator);
  }
  if (has === null) return false;
  if (operator === 'equals') return has === ms(value);
  if (operator === 'greaterThan' || operator === 'after') return has > ms(value);
  if (operator === 'lessThan' || operator === 'before') return has < ms(value);
  const [from, to] = value as [unknown, unknown];
  return ms(from) <= has && has <= ms(to);
}

/** Contract 6.3: whose conversations an agent sees. `anna` is in both accounts, `Ben` in the second; nothing rings. */
function contactsOf(username: string, all: Truth[]): Set<string> {
  const mayTake = (t: Truth) => t.agent === null && (username === 'anna' || t.account.key === 'SÜD');
  return new Set(
    all.filter((t) => t.status === 'open' && (t.agent === username || mayTake(t))).map((t) => t.contact.id),
  );
}

/** The ids that are found, in their order. */
export function expected(all: Truth[], asked: Asked, username: string | null): string[] {
  const { startDate, read, status, account, agent, tags, conditions = [], match = 'all' } = asked;
  const people = username === null || username === 'eve' ? null : contactsOf(username, all);
  const enabled = conditions.filter((c) => c.enabled !== false);
  const found = all.filter(
    (t) =>
      (!people || t.agent === username || people.has(t.contact.id)) &&
      (startDate?.from === undefined || t.startedAt >= ms(startDate.from)) &&
      (startDate?.to === undefined || t.startedAt <= ms(startDate.to)) &&
      (read === undefined || (t.unread === 0) === read) &&
      (status === undefined || t.status === status) &&
      (account === undefined || holds(t, { field: 'account', operator: 'equals', value: account })) &&
      (agent === undefined ||
        (agent === null ? t.agent === null : holds(t, { field: 'agent', operator: 'equals', value: agent }))) &&
      (tags ?? []).every((tag) => t.tags.map(fold).includes(fold(tag))) &&
      (enabled.length === 0 ||
        (match === 'all' ? enabled.every((c) => holds(t, c)) : enabled.some((c) => holds(t, c)))),
  );
  const { field, direction = 'asc' } = asked.sort ?? { field: 'startedAt', direction: 'desc' as const };
  const place = (t: Truth): string | number | null => {
    if (field === 'contact.address') return fold(t.address);
    const value = whatIs(t, field);
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (!Array.isArray(value)) return value;
    return field === 'account' ? value[0]! : value.join(' ') || null;
  };
  const sign = direction === 'asc' ? 1 : -1;
  return found
    .map((t) => ({ id: t.id, at: place(t) }))
    .sort((a, b) => {
      if (a.at === b.at) return a.id < b.id ? -sign : sign;
      if (a.at === null) return 1;
      if (b.at === null) return -1;
      return a.at < b.at ? -sign : sign;
    })
    .map(({ id }) => id);
}
