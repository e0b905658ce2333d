import { ApiError, Unreachable } from '../../../shared/api.ts';

/** Passwords of many agents are hashed one after the other, which takes a while. */
const TIMEOUT = 15 * 60_000;

/** Sends a text as CSV and gives the JSON of the answer. Rejects with `ApiError` or `Unreachable`. */
export async function postCsv<T>(url: string, body: string): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'X-WA-Request': '1', 'Content-Type': 'text/csv', Accept: 'application/json' },
      body,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    text = await response.text();
  } catch (cause) {
    throw new Unreachable(cause);
  }
  let data: { error?: { code: string; message: string; details?: unknown } } = {};
  try {
    data = JSON.parse(text);
  } catch {
    // A proxy answered.
  }
  if (response.ok) return data as T;
  const { code = `http_${response.status}`, message = '', details } = data.error ?? {};
  throw new ApiError(response.status, code, message, details);
}
