import { unescape as lenientUnescape } from 'node:querystring';
import { storable } from '../json.ts';
import type { WebhookRequest } from '../provider.ts';

/** The decoded parameters of a form body. All of them are kept: the signature covers known and unknown ones alike. */
export interface Form {
  /** Names in the order of the body, repeated ones included. */
  names: string[];
  /** The value of each name. */
  values: string[];
  /** The last value of each name, fit to be kept. */
  fields: Map<string, string>;
}

/** Checking the signature and reading the message, one right after the other, need the same parameters: decoded once. */
let lastBody: Buffer | null = null;
let lastForm: Form | null = null;

/** The parameters of a request's body. */
export function formOf({ body }: WebhookRequest): Form {
  if (lastBody !== body || !lastForm) {
    lastForm = decodeForm(body);
    lastBody = body;
  }
  return lastForm;
}

/** Decodes `application/x-www-form-urlencoded`. Never throws: what is no valid escape is taken leniently. */
export function decodeForm(body: Buffer): Form {
  const text = body.toString('utf8');
  const names: string[] = [];
  const values: string[] = [];
  const fields = new Map<string, string>();
  const unfit = text.includes('%00') || text.includes('\0');
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    if (end > start) {
      let equals = text.indexOf('=', start);
      if (equals === -1 || equals > end) equals = end;
      const name = decode(text.slice(start, equals));
      const value = decode(text.slice(equals + 1, end));
      names.push(name);
      values.push(value);
      fields.set(name, unfit ? storable(value) : value);
    }
    start = end + 1;
  }
  return { names, values, fields };
}

function decode(text: string): string {
  const spaced = text.indexOf('+') === -1 ? text : text.replaceAll('+', ' ');
  if (spaced.indexOf('%') === -1) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return lenientUnescape(spaced);
  }
}
