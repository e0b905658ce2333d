/** What is wrong with an account's values and where: for validators, for the reasons under the fields and for the marks on the sections. */
import * as check from '../shared/checks.ts';
import { text } from '../shared/coerce.ts';
import { MAX_RATE } from './config.ts';

export const SECTIONS = [
  'settings',
  'notifications',
  'transfer',
  'advanced',
  'dispositions',
  'answers',
  'agents',
] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface AccountProblem {
  field: string;
  /** Null: the field stands above the sections. */
  section: SectionName | null;
  /** Key of the reason below `errors.`. */
  key: string;
  values?: Record<string, string>;
  /** A warning does not make the node invalid. */
  warning?: true;
}

/** Another account, as far as it can collide with this one. */
export interface OtherAccount {
  name: string;
  key: string;
  phone: string;
  provider: string;
}

type Values = Record<string, unknown>;

const bare = (phone: unknown): string => text(phone, '').replace(/[\s().-]/g, '');

/** All problems of the properties. `values` are raw: what stands in the fields or in the flow. */
export function accountProblems(values: Values, others: readonly OtherAccount[]): AccountProblem[] {
  return [...identity(values, others), ...connection(values), ...numbers(values), ...membership(values)].filter(
    (problem) => !check.isEnvironment(values[problem.field]),
  );
}

function identity(values: Values, others: readonly OtherAccount[]): AccountProblem[] {
  const problems: AccountProblem[] = [];
  const settings = (key: string, field: string, more: Record<string, string> = {}): void => {
    problems.push({ field, section: field === 'name' ? null : 'settings', key, values: more });
  };
  if (text(values.name, '') === '') settings('nameRequired', 'name');

  const key = text(values.key, '');
  const keyTaken = others.find((other) => key !== '' && other.key.toLowerCase() === key.toLowerCase());
  if (key === '') settings('keyRequired', 'key');
  else if (!/^[A-Za-z0-9]{1,5}$/.test(key)) settings('key', 'key');
  else if (keyTaken) settings('keyTaken', 'key', { name: keyTaken.name });

  const reason = check.phone(values.phone);
  const phone = bare(values.phone);
  const phoneTaken = others.find((other) => bare(other.phone) === phone && other.provider === values.provider);
  if (reason) settings(reason, 'phone');
  else if (phoneTaken) settings('phoneTaken', 'phone', { name: phoneTaken.name });
  return problems;
}

const SINCH_HOST = /^(us|eu|br)\.conversation\.api\.sinch\.com$/;

function connection(values: Values): AccountProblem[] {
  const problems: AccountProblem[] = [];
  const provider = text(values.provider, '');
  const baseUrl = text(values.baseUrl, '');
  const push = (field: string, key: string, section: SectionName = 'settings'): void => {
    problems.push({ field, section, key });
  };

  if (provider === 'sinch' && baseUrl === '') push('baseUrl', 'baseUrlRequired');
  else if (check.baseUrl(baseUrl)) push('baseUrl', 'url');
  else if (baseUrl !== '' && !check.isEnvironment(baseUrl)) {
    const host = new URL(baseUrl).hostname.toLowerCase();
    if (host.endsWith('.whatsapp.api.sinch.com')) push('baseUrl', 'sinchRetired');
    else if (provider === 'sinch' && host.endsWith('sinch.com') && !SINCH_HOST.test(host))
      push('baseUrl', 'sinchRegion');
  }
  if (provider === 'sinch' && text(values.appId, '') === '') push('appId', 'appIdRequired');
  if (provider === 'meta') {
    const reason = phoneNumberId(text(values.appId, ''), bare(values.phone));
    if (reason) push('appId', reason);
  }

  const color = text(values.color, '');
  if (color !== '' && !/^#[0-9a-f]{6}$/i.test(color)) push('color', 'color');

  if (check.baseUrl(values.domain)) push('domain', 'url', 'advanced');
  else {
    const why = check.unreachable(values.domain);
    if (why) problems.push({ field: 'domain', section: 'advanced', key: why, warning: true });
  }
  return problems;
}

/** People enter the number itself first: Meta's id of it has digits as well. */
function phoneNumberId(id: string, phone: string): string | undefined {
  if (id === '') return 'phoneNumberIdRequired';
  return /^\d+$/.test(id) && `+${id}` !== phone ? undefined : 'phoneNumberId';
}

function numbers(values: Values): AccountProblem[] {
  const problems: AccountProblem[] = [];
  const seconds: [string, SectionName][] = [
    ['waitForAgent', 'settings'],
    ['waitForQueue', 'settings'],
    ['transferToAgentTimeout', 'transfer'],
    ['transferToQueueTimeout', 'transfer'],
  ];
  for (const [field, section] of seconds) {
    if (check.seconds(values[field], 1)) problems.push({ field, section, key: 'seconds' });
  }
  if (check.wholeNumber(values.reopenMinutes, 0, 10_080)) {
    problems.push({ field: 'reopenMinutes', section: 'settings', key: 'reopenMinutes' });
  }
  if (check.wholeNumber(values.autoCloseHours, 0, 8_760)) {
    problems.push({ field: 'autoCloseHours', section: 'settings', key: 'autoCloseHours' });
  }
  // An account of an older version has none.
  if (values.rate !== undefined && check.wholeNumber(values.rate, 1, MAX_RATE))
    problems.push({ field: 'rate', section: 'advanced', key: 'rate' });
  return problems;
}

function membership(values: Values): AccountProblem[] {
  const agents = values.agents;
  const empty = Array.isArray(agents) ? agents.length === 0 : text(agents, '') === '';
  return empty ? [{ field: 'agents', section: 'agents', key: 'noAgents', warning: true }] : [];
}

/**
 * Problems of the credentials, which Node-RED keeps apart: only an open dialog can see whether they are filled.
 * `values` has the provider and what stands in the credential fields.
 */
export function credentialProblems(values: Values): AccountProblem[] {
  const needed: Record<string, [string, string][]> = {
    twilio: [
      ['accountSid', 'accountSidRequired'],
      ['authToken', 'authTokenRequired'],
    ],
    sinch: [
      ['accountSid', 'projectIdRequired'],
      ['authToken', 'accessKeyRequired'],
      ['webhookSecret', 'sinchSecretRequired'],
    ],
    meta: [
      ['authToken', 'accessTokenRequired'],
      ['webhookSecret', 'metaSecretRequired'],
      ['verifyToken', 'verifyTokenRequired'],
    ],
  };
  return (needed[text(values.provider, '')] ?? [])
    .filter(([field]) => text(values[field], '') === '')
    .map(([field, key]) => ({ field, section: 'settings', key }));
}
