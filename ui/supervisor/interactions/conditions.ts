import {
  FIELDS,
  type FieldName,
  OPERATORS,
  type Operator,
  SHORTEST_PART,
} from '../../../core/search/language/fields.ts';
import { lengthOf } from '../../../core/search/language/text.ts';
import type { Supervisor } from '../useSupervisor.ts';
import { localOf, momentOf } from '../zone.ts';

/** A condition of contract 6.4; a disabled one is kept and not searched for. */
export interface Condition {
  field: FieldName;
  operator: Operator;
  value?: unknown;
  enabled: boolean;
}
export interface Advanced {
  match: 'all' | 'any';
  conditions: readonly Condition[];
}
export const NO_CONDITIONS: Advanced = { match: 'all', conditions: [] };

/** What a value is asked with. `day`: whole days are compared, which the server counts in UTC. */
export type Input = 'none' | 'text' | 'choice' | 'number' | 'moment' | 'day';

const CHOICES: readonly FieldName[] = ['agent', 'account', 'queue', 'contact.list', 'status', 'read'];

export function inputOf(field: FieldName, operator: Operator): Input {
  if (operator === 'isEmpty' || operator === 'isNotEmpty') return 'none';
  const type = FIELDS[field];
  if (type === 'number') return 'number';
  const same = operator === 'equals' || operator === 'notEquals';
  if (type === 'time') return same ? 'day' : 'moment';
  return same && CHOICES.includes(field) ? 'choice' : 'text';
}

export const operatorsOf = (field: FieldName): readonly Operator[] => OPERATORS[FIELDS[field]];

/** What there is to choose from, as value and name. */
export function choicesOf(field: FieldName, { around, t }: Pick<Supervisor, 'around' | 't'>): [string, string][] {
  const { accounts, queues, lists, names } = around.value;
  switch (field) {
    case 'agent':
      return Object.entries(names).map(([username, name]) => [username, name || username]);
    case 'account':
      return accounts.map(({ key, name }) => [key, `${key} · ${name}`]);
    case 'queue':
      return queues.map((name) => [name, name]);
    case 'contact.list':
      return lists.map((name) => [name, name]);
    case 'status':
      return ['open', 'closed'].map((one) => [one, t(`interactions.${one}`)]);
    default:
      return [
        ['true', t('interactions.isRead')],
        ['false', t('interactions.isUnread')],
      ];
  }
}

/** The value that was written into fields, or the key of what is wrong with it. */
export function readValue(
  field: FieldName,
  operator: Operator,
  written: readonly string[],
  zone: string,
): { value?: unknown } | { problem: string } {
  const input = inputOf(field, operator);
  if (input === 'none') return {};
  const parts = written.slice(0, operator === 'between' ? 2 : 1);
  if (input === 'text') {
    const [text = ''] = parts;
    if (FIELDS[field] === 'messages' && lengthOf(text) < SHORTEST_PART) return { problem: 'short' };
    return { value: text };
  }
  if (parts.some((part) => part.trim() === '')) return { problem: 'missing' };
  const values = parts.map((part) => {
    if (input === 'number') return Number(part);
    if (input === 'moment') return momentOf(part, zone);
    return field === 'read' ? part === 'true' : part;
  });
  if (values.some((value) => typeof value === 'number' && !Number.isFinite(value))) return { problem: 'missing' };
  const sent = input === 'moment' ? values.map((value) => new Date(value as number).toISOString()) : values;
  return { value: operator === 'between' ? sent : sent[0] };
}

/** The value as it stands in the fields of the editor. */
export function writtenOf({ field, operator, value }: Condition, zone: string): string[] {
  const moment = inputOf(field, operator) === 'moment';
  return (Array.isArray(value) ? value : [value ?? '']).map((one) =>
    moment && one ? localOf(Date.parse(String(one)), zone) : String(one),
  );
}

/** The value in words. */
export function valueText(condition: Condition, supervisor: Supervisor): string {
  const { t, language, timeZone } = supervisor;
  const { field, operator } = condition;
  const input = inputOf(field, operator);
  if (input === 'none') return '';
  const parts = writtenOf(condition, timeZone.value).map((part) => {
    if (input === 'choice') return choicesOf(field, supervisor).find(([value]) => value === part)?.[1] ?? part;
    if (input === 'text') return t('interactions.quoted', { text: part });
    if (input === 'number') return new Intl.NumberFormat(language.value).format(Number(part));
    const style =
      input === 'day' ? ({ dateStyle: 'medium' } as const) : ({ dateStyle: 'medium', timeStyle: 'short' } as const);
    const at = Date.parse(input === 'day' ? `${part}T00:00Z` : `${part}Z`);
    return new Intl.DateTimeFormat(language.value, { ...style, timeZone: 'UTC' }).format(at);
  });
  return parts.join(' – ');
}
