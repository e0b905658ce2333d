/**
 * Message templates as this pack sees them, whichever provider keeps them: one text with `{{name}}` where its variables go. The names
 * say where a value belongs: `1` or `order` in the body, `header.1` in the header, `header.image` is the address of the header's file,
 * `button.0` what a URL button's address ends with.
 */
import type { Json } from './json.ts';
import { objectAt, objectsAt, textAt } from './json.ts';

/** `session`: never submitted for approval, so it may be sent while the 24-hour window is open. */
export const TEMPLATE_STATES = ['approved', 'session', 'pending', 'rejected', 'paused', 'disabled', 'unknown'] as const;
export type TemplateState = (typeof TEMPLATE_STATES)[number];

export interface Template {
  /** What it is chosen and sent by: Twilio's ContentSid; elsewhere `name:language`. */
  id: string;
  name: string;
  language: string;
  category: string;
  state: TemplateState;
  /** Why it was rejected, in the provider's words; '' if it was not or is not said. */
  reason: string;
  /** Header, body and footer, a line each, with `{{name}}` for each variable. */
  text: string;
  /** Names of the variables in the order in which they appear. */
  variables: string[];
  /** Why this pack cannot send it; '' if it can. */
  unsupported: string;
}

/** What of a template travels with a message: all that its provider needs to send it. */
export interface TemplateUse {
  id: string;
  name: string;
  language: string;
  variables: Record<string, string>;
}

const PLACE = /\{\{\s*([\w.]+)\s*\}\}/g;

/** Names of the variables in a text, each once, in order. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(PLACE)].map((match) => match[1]!))];
}

/** The text with the variables filled in. */
export function fillTemplate({ text }: Pick<Template, 'text'>, variables: Record<string, string>): string {
  return text.replace(PLACE, (place, name: string) => (Object.hasOwn(variables, name) ? variables[name]! : place));
}

/** Names of variables that have no value. */
export function missingVariables(template: Pick<Template, 'variables'>, values: Record<string, string>): string[] {
  return template.variables.filter((name) => !Object.hasOwn(values, name) || values[name]!.trim() === '');
}

const STATES: Record<string, TemplateState> = {
  approved: 'approved',
  unsubmitted: 'session',
  received: 'pending',
  pending: 'pending',
  in_progress: 'pending',
  in_appeal: 'pending',
  draft: 'pending',
  submitted: 'pending',
  rejected: 'rejected',
  paused: 'paused',
  limit_exceeded: 'paused',
  disabled: 'disabled',
  archived: 'disabled',
  deleted: 'disabled',
  pending_deletion: 'disabled',
};

/** The common word for a provider's. */
export function templateState(word: string): TemplateState {
  const known = word.toLowerCase();
  return Object.hasOwn(STATES, known) ? STATES[known]! : 'unknown';
}

/** What a value in the header or body is called: prefixed with where it stands. */
const named = (prefix: string, text: string): string =>
  text.replace(PLACE, (_, name: string) => `{{${prefix}${name}}}`);

const MEDIA_HEADERS = ['image', 'video', 'document'];

/**
 * A template in WhatsApp's own components, as Meta and Sinch list it.
 * Source: https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
 */
export function readComponents(components: Json[]): Pick<Template, 'text' | 'variables' | 'unsupported'> {
  const lines: string[] = [];
  const media: string[] = [];
  const buttons: string[] = [];
  let unsupported = '';
  for (const part of components) {
    const type = textAt(part, 'type').toUpperCase();
    const text = textAt(part, 'text');
    if (type === 'HEADER') {
      const format = (textAt(part, 'format') || (text ? 'TEXT' : '')).toLowerCase();
      if (format === 'text') lines.push(named('header.', text));
      else if (MEDIA_HEADERS.includes(format)) media.push(`header.${format}`);
      else unsupported = `a header of the kind ${format || 'unknown'}`;
    } else if (type === 'BODY' || type === 'FOOTER') {
      if (text) lines.push(text);
    } else if (type === 'BUTTONS') {
      for (const [index, button] of objectsAt(part, 'buttons').entries()) {
        if (variablesIn(textAt(button, 'url')).length > 0) buttons.push(`button.${index}`);
        if (['FLOW', 'CATALOG', 'MPM', 'OTP'].includes(textAt(button, 'type').toUpperCase()))
          unsupported = `a button of the kind ${textAt(button, 'type').toLowerCase()}`;
      }
    } else if (type !== '') unsupported = `a part of the kind ${type.toLowerCase()}`;
  }
  const text = lines.join('\n');
  return { text, variables: [...media, ...variablesIn(text), ...buttons], unsupported };
}

/** A template as Meta and Sinch list it: known by its name and language. */
export function readTemplate(item: Json, state: string, components: Json[]): Template | undefined {
  const name = textAt(item, 'name');
  const language = textAt(item, 'language');
  if (!name || !language) return undefined;
  const rejected = textAt(item, 'rejected_reason');
  return {
    id: `${name}:${language}`,
    name,
    language,
    category: textAt(item, 'category').toLowerCase(),
    state: templateState(state),
    reason: rejected === 'NONE' ? '' : rejected,
    ...readComponents(components),
  };
}

/** Variables by the place they belong to: `['1', 'x']` of the header, the body, or the buttons, in order. */
export function variablesAt(use: TemplateUse, place: 'header' | 'body' | 'button'): [string, string][] {
  const parts = Object.entries(use.variables).flatMap(([name, value]): [string, string][] => {
    const at = /^(header|button)\.(.+)$/.exec(name);
    if ((at?.[1] ?? 'body') !== place) return [];
    return [[at?.[2] ?? name, value]];
  });
  return parts.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The object that holds the components of a template of Sinch. */
export const detailsOf = (item: Json): Json[] => objectsAt(objectAt(item, 'details') ?? item, 'components');
