/** The templates of the simulated business, and how each provider lists them. */
import { createHash } from 'node:crypto';
import type { SimulatedMessage } from './types.ts';

export type SimulatedTemplateState = 'approved' | 'unsubmitted' | 'pending' | 'rejected' | 'paused' | 'disabled';

export interface SimulatedTemplate {
  name: string;
  /** As WhatsApp writes it: `en`, `en_US`. */
  language: string;
  category: 'utility' | 'marketing';
  state: SimulatedTemplateState;
  /** Why it was rejected. */
  reason?: string;
  header?: string;
  /** With `{{1}}` for variables. */
  body: string;
  footer?: string;
}

/** What a new simulator has: one of each kind that matters. */
export const FIRST_TEMPLATES: SimulatedTemplate[] = [
  {
    name: 'order_update',
    language: 'en_US',
    category: 'utility',
    state: 'approved',
    body: 'Hi {{1}}, your order {{2}} has been shipped and should arrive tomorrow.',
  },
  {
    name: 'appointment',
    language: 'en_US',
    category: 'utility',
    state: 'approved',
    header: 'Your appointment',
    body: 'Hello {{1}}, we look forward to seeing you on {{2}} at {{3}}.',
    footer: 'Reply to change it',
  },
  {
    name: 'we_have_news',
    language: 'en_US',
    category: 'utility',
    state: 'approved',
    body: 'Hello, we have an answer to your question. Reply to this message and we continue here.',
  },
  { name: 'autumn_sale', language: 'en_US', category: 'marketing', state: 'paused', body: 'Our sale begins, {{1}}!' },
  {
    name: 'lottery',
    language: 'en_US',
    category: 'marketing',
    state: 'rejected',
    reason: 'ABUSIVE_CONTENT',
    body: 'You have won {{1}}!',
  },
];

/** By this Twilio knows it. */
export const contentSid = ({ name, language }: SimulatedTemplate): string =>
  `HX${createHash('sha256').update(`${name}:${language}`).digest('hex').slice(0, 32)}`;

const PLACE = /\{\{(\w+)\}\}/g;
const placesIn = (text: string): string[] => [...new Set([...text.matchAll(PLACE)].map((match) => match[1]!))];

const find = (all: SimulatedTemplate[], id: string): SimulatedTemplate | undefined =>
  all.find((one) => id === contentSid(one) || id === `${one.name}:${one.language}`);

/** Why a use of a template is refused: its state, `unknown` or `variables`; null if it is not. */
export function refusalOf(all: SimulatedTemplate[], id: string, variables: Record<string, string>): string | null {
  const template = find(all, id);
  if (!template) return 'unknown';
  if (template.state !== 'approved' && template.state !== 'unsubmitted') return template.state;
  const names = placesIn(template.body).concat(placesIn(template.header ?? '').map((name) => `header.${name}`));
  const same = names.length === Object.keys(variables).length && names.every((name) => variables[name]);
  return same ? null : 'variables';
}

/** What the phone shows of it. */
export function withText(all: SimulatedTemplate[], use: NonNullable<SimulatedMessage['template']>): string {
  const template = find(all, use.id);
  if (!template) return '';
  const fill = (text: string, prefix = '') =>
    text.replace(PLACE, (_, name: string) => use.variables[prefix + name] ?? '');
  return [fill(template.header ?? '', 'header.'), fill(template.body), template.footer].filter(Boolean).join('\n');
}

/** Twilio's Content API. */
export function contentList(all: SimulatedTemplate[], accountSid: string, url: string): object {
  const contents = all.map((one) => ({
    sid: contentSid(one),
    account_sid: accountSid,
    friendly_name: one.name,
    language: one.language,
    variables: Object.fromEntries(placesIn(one.body).map((name) => [name, `sample ${name}`])),
    types: one.header
      ? { 'whatsapp/card': { header_text: one.header, body: one.body, footer: one.footer ?? '' } }
      : { 'twilio/text': { body: one.body } },
    approval_requests: {
      name: one.name,
      category: one.category.toUpperCase(),
      content_type: 'twilio/text',
      status: one.state,
      rejection_reason: one.reason ?? '',
      allow_category_change: true,
    },
    date_created: '2026-01-01T00:00:00Z',
    date_updated: '2026-01-01T00:00:00Z',
  }));
  const page = `${url}?PageSize=50&Page=0`;
  const meta = {
    page: 0,
    page_size: 50,
    first_page_url: page,
    previous_page_url: null,
    next_page_url: null,
    url: page,
  };
  return { contents, meta: { ...meta, key: 'contents' } };
}

function componentsOf({ header, body, footer }: SimulatedTemplate): object[] {
  return [
    ...(header ? [{ type: 'HEADER', format: 'TEXT', text: header }] : []),
    { type: 'BODY', text: body },
    ...(footer ? [{ type: 'FOOTER', text: footer }] : []),
  ];
}

/** Sinch's Provisioning API. */
export function sinchList(all: SimulatedTemplate[]): object {
  const templates = all.map((one) => ({
    name: one.name,
    language: one.language,
    category: one.category.toUpperCase(),
    state: one.state.toUpperCase(),
    details: { components: componentsOf(one) },
  }));
  return { templates, totalSize: templates.length, pageSize: 100 };
}

/** Meta's Graph API. */
export function metaList(all: SimulatedTemplate[]): object {
  const data = all.map((one, index) => ({
    id: String(900_000_000_000_000 + index),
    name: one.name,
    language: one.language,
    category: one.category.toUpperCase(),
    status: one.state.toUpperCase(),
    rejected_reason: one.reason ?? 'NONE',
    components: componentsOf(one),
  }));
  return { data, paging: { cursors: { before: 'MA', after: 'MQ' } } };
}

const STATES: SimulatedTemplateState[] = ['approved', 'unsubmitted', 'pending', 'rejected', 'paused', 'disabled'];

/** A list as the simulator's API takes it; what is not said is filled in. @returns null for what is none */
export function readTemplates(value: unknown): SimulatedTemplate[] | null {
  if (!Array.isArray(value)) return null;
  const read: SimulatedTemplate[] = [];
  for (const one of value as Record<string, unknown>[]) {
    if (typeof one !== 'object' || one === null) return null;
    const { name, language = 'en_US', state = 'approved', category, body, header, footer, reason } = one;
    if (typeof name !== 'string' || !/^[a-z0-9_]{1,512}$/.test(name) || typeof body !== 'string' || body === '')
      return null;
    if (typeof language !== 'string' || !STATES.includes(state as SimulatedTemplateState)) return null;
    const template: SimulatedTemplate = {
      name,
      language,
      category: category === 'marketing' ? 'marketing' : 'utility',
      state: state as SimulatedTemplateState,
      body,
    };
    if (typeof header === 'string' && header) template.header = header;
    if (typeof footer === 'string' && footer) template.footer = footer;
    if (typeof reason === 'string' && reason) template.reason = reason;
    read.push(template);
  }
  return read;
}
