import express, { type Request, type RequestHandler } from 'express';

/** Reads a body as text, whatever its type; up to `limit`. */
export function textBody(limit: string): RequestHandler {
  return express.text({ type: () => true, limit, defaultCharset: 'utf-8' });
}

/** The body as text, "" if there is none. */
export function bodyOf(request: Request): string {
  const body: unknown = request.body;
  return typeof body === 'string' ? body : '';
}

/** The body as a JSON object, or null if it is none. */
export function jsonOf(request: Request): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bodyOf(request));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The query exactly as sent; names such as `DateSent>` are nothing for a nesting parser. */
export function queryOf(request: Request): URLSearchParams {
  const mark = request.originalUrl.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : request.originalUrl.slice(mark + 1));
}

/** User and password of HTTP Basic authentication. */
export function basicOf(request: Request): { user: string; password: string } | null {
  const [scheme, value] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !value) return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A nested property, or undefined where the path ends early. */
export function dig(value: unknown, ...path: (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (Array.isArray(here) && typeof key === 'number') here = here[key];
    else if (isObject(here)) here = here[key];
    else return undefined;
  }
  return here;
}
