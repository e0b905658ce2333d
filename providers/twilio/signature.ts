import { createHash, createHmac } from 'node:crypto';
import { parse as parseQuery, stringify as stringifyQuery } from 'node:querystring';
import type { ProviderAccount, WebhookRequest } from '../provider.ts';
import { sameText } from '../secure.ts';
import { type Form, formOf } from './form.ts';

/** HMAC-SHA1 in Base64 always has this length. */
const SIGNATURE_LENGTH = 28;

/**
 * Checks `X-Twilio-Signature`: HMAC-SHA1 with the auth token over the public URL and all parameters, sorted by name.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security. The URL is tried as configured first; only if that
 * fails the variants that Twilio's own validators accept are tried.
 */
export function verifyTwilio(account: ProviderAccount, request: WebhookRequest): boolean {
  const header = request.headers['x-twilio-signature'];
  if (typeof header !== 'string' || header.length !== SIGNATURE_LENGTH || !account.authToken) return false;
  try {
    const { url } = request;
    const signed = signedParameters(request);
    if (signed === undefined) return false;
    if (sameText(header, hmac(account.authToken, url + signed))) return true;
    for (const variant of urlVariants(url)) {
      if (sameText(header, hmac(account.authToken, variant + signed))) return true;
    }
    return false;
  } catch {
    return false;
  }
}

/** The signature Twilio would send; used by the simulator and by tests. `url` as Twilio was given it, without a fragment. */
export function signTwilio(authToken: string, url: string, body: Buffer): string {
  const form = formOf({ headers: {}, url, body, now: 0 });
  return hmac(authToken, url + sortedParameters(form));
}

function hmac(key: string, data: string): string {
  return createHmac('sha1', key).update(data).digest('base64');
}

/** What follows the URL in the signed text; undefined if the body does not match a `bodySHA256` in the URL. */
function signedParameters(request: WebhookRequest): string | undefined {
  if (!request.url.includes('bodySHA256=')) return sortedParameters(formOf(request));
  // A body that is no form is covered by its hash in the signed URL instead.
  const claimed = /[?&]bodySHA256=([0-9a-f]{64})(?:&|$)/i.exec(request.url)?.[1];
  const actual = createHash('sha256').update(request.body).digest('hex');
  return claimed && sameText(claimed.toLowerCase(), actual) ? '' : undefined;
}

/** The names of the last form, and where each of them is when they are sorted: a provider writes the same ones in the same order. */
let lastNames: string[] = [];
let lastOrder: number[] = [];

function sortedOrder(names: string[]): number[] {
  const same = names.length === lastNames.length && names.every((name, i) => name === lastNames[i]);
  if (!same) {
    lastNames = names;
    lastOrder = names.map((_, i) => i).sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
  }
  return lastOrder;
}

function sortedParameters(form: Form): string {
  const { names, values, fields } = form;
  if (fields.size !== names.length) return sortedRepeated(names, values);
  let text = '';
  for (const i of sortedOrder(names)) text += names[i]! + values[i]!;
  return text;
}

/** Repeated names: each distinct value once, sorted, each after its name. */
function sortedRepeated(names: string[], values: string[]): string {
  const distinct = new Map<string, Set<string>>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const set = distinct.get(name);
    if (set) set.add(values[i]!);
    else distinct.set(name, new Set([values[i]!]));
  }
  let text = '';
  for (const name of [...distinct.keys()].sort()) {
    for (const value of [...distinct.get(name)!].sort()) text += name + value;
  }
  return text;
}

const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)((?:[^/?#]*@)?)(\[[^\]]*\]|[^/?#:]*)((?::\d*)?)([/?#].*)?$/is;

/**
 * The other spellings of a URL that Twilio may have signed: without its port, with the standard port, and both as a URL
 * parser and the legacy query encoder write them. A port that is missing here and is not the standard one cannot be guessed.
 */
function urlVariants(url: string): Set<string> {
  const variants = new Set<string>();
  addPortVariants(variants, url);
  const normalised = URL.parse(url)?.href;
  if (normalised !== undefined) {
    addPortVariants(variants, normalised);
    const query = normalised.indexOf('?');
    if (query !== -1 && query < normalised.length - 1) {
      const legacy = stringifyQuery(parseQuery(normalised.slice(query + 1)));
      addPortVariants(variants, `${normalised.slice(0, query)}?${legacy}`);
    }
  }
  variants.delete(url);
  return variants;
}

function addPortVariants(variants: Set<string>, url: string): void {
  variants.add(url);
  const parts = PARTS.exec(url);
  if (!parts) return;
  const [, scheme = '', user = '', host = '', port = '', rest = ''] = parts;
  variants.add(scheme + user + host + rest);
  if (!port) variants.add(`${scheme}${user}${host}:${scheme.toLowerCase() === 'https://' ? 443 : 80}${rest}`);
}
