import { types } from 'node:util';

/** A message as it waits in a step: JSON in which Buffer and Date come back as such. */

/** Bytes of JSON that a waiting message may have. */
export const MESSAGE_LIMIT = 1024 * 1024;

export class MessageTooLarge extends Error {
  readonly code = 'message_too_large';
}

const BUFFER = '$wa:buffer';
const DATE = '$wa:date';
/** Wraps an object of the user that looks like one of the two. */
const OBJECT = '$wa:object';

/**
 * @returns the text, and the paths of what could not be kept: circular parts, functions, maps, sets and the like, `req` and `res`
 * @throws MessageTooLarge over 1 MB
 */
export function serialise(msg: Record<string, unknown>): { text: string; dropped: string[] } {
  if (isPlain(msg, 0) && !('req' in msg) && !('res' in msg)) return { text: within(JSON.stringify(msg)), dropped: [] };
  const dropped: string[] = [];
  const plain: Record<string, unknown> = {};
  const ancestors: object[] = [msg];
  for (const key in msg) {
    const value = msg[key];
    if (key === 'req' || key === 'res') dropped.push(`msg.${key}`);
    else if (typeof value !== 'object' || value === null) {
      if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
        dropped.push(`msg.${key}`);
      else plain[key] = value;
    } else plain[key] = encode(value, `msg.${key}`, ancestors, dropped);
  }
  return { text: within(JSON.stringify(plain)), dropped };
}

/** @throws MessageTooLarge over 1 MB */
function within(text: string): string {
  if (text.length > MESSAGE_LIMIT || (text.length > MESSAGE_LIMIT / 3 && Buffer.byteLength(text) > MESSAGE_LIMIT))
    throw new MessageTooLarge(
      'A message of more than 1 MB cannot wait in a step. Remove what is large from msg first.',
    );
  return text;
}

/** Nesting beyond which the thorough way is taken: it may be a circle. */
const MAX_PLAIN_DEPTH = 20;

/** Whether JSON keeps a value as it is: most messages, found out at a fraction of the cost of taking them apart. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > MAX_PLAIN_DEPTH) return false;
  if (Array.isArray(value)) return value.every((v) => isPlain(v, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  const object = value as Record<string, unknown>;
  for (const key in object) {
    if (key.charCodeAt(0) === 36 || key === 'toJSON' || !isPlain(object[key], depth + 1)) return false;
  }
  return true;
}

/** What JSON would make an empty object of: better left out, with a word about it. */
function isBeyondJson(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value)
  );
}

function encode(value: unknown, path: string, ancestors: object[], dropped: string[]): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
      dropped.push(path);
      return undefined;
    }
    return value;
  }
  if (Buffer.isBuffer(value)) return { [BUFFER]: value.toString('base64') };
  if (types.isDate(value)) return { [DATE]: value.getTime() };
  if (ancestors.includes(value) || isBeyondJson(value)) {
    dropped.push(path);
    return undefined;
  }
  ancestors.push(value);
  let result: unknown;
  if (Array.isArray(value)) result = value.map((v, i) => encode(v, `${path}[${i}]`, ancestors, dropped));
  else {
    const object: Record<string, unknown> = {};
    const source = value as Record<string, unknown>;
    let tagged = false;
    for (const key of Object.keys(source)) {
      tagged ||= key.startsWith('$wa:');
      object[key] = encode(source[key], `${path}.${key}`, ancestors, dropped);
    }
    result = tagged ? { [OBJECT]: object } : object;
  }
  ancestors.pop();
  return result;
}

/** The message again. */
export function deserialise(text: string): Record<string, unknown> {
  const plain = JSON.parse(text) as Record<string, unknown>;
  // Most messages have none of the tags; then there is nothing to look for.
  return text.includes('"$wa:') ? (decodeProperties(plain) as Record<string, unknown>) : plain;
}

function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decode);
  const object = value as Record<string, unknown>;
  if (typeof object[BUFFER] === 'string') return Buffer.from(object[BUFFER], 'base64');
  if (DATE in object) return new Date(object[DATE] === null ? Number.NaN : Number(object[DATE]));
  if (OBJECT in object) return decodeProperties(object[OBJECT] as Record<string, unknown>);
  return decodeProperties(object);
}

function decodeProperties(object: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(object).map(([k, v]) => [k, decode(v)]));
}
