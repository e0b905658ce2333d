import type { WrittenSearch } from '../../../core/search/language/saved.ts';
import { ApiError, Unreachable } from '../../shared/api.ts';

/** Either these, or all that a search finds. */
export type Chosen = { ids: string[] } | { search: WrittenSearch };

interface Step {
  total: number;
  done: number;
  complete?: boolean;
  error?: { code: string; message: string };
}

async function ask(root: string, method: string, path: string, body: object, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${root}/api${path}`, {
      method,
      headers: { 'X-WA-Request': '1', 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      signal,
    });
  } catch (cause) {
    throw new Unreachable(cause);
  }
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } };
  throw new ApiError(response.status, error?.code ?? `http_${response.status}`, error?.message ?? '');
}

/** Hands a file to the reader under a name. */
function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export interface ExportOptions {
  columns?: string[];
  timezone: string;
  bom: boolean;
}

/** Saves interactions as CSV. `progress` hears how many lines have come. */
export async function exportCsv(
  root: string,
  chosen: Chosen,
  options: ExportOptions,
  progress: (lines: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await ask(root, 'POST', '/interactions/export.csv', { ...chosen, ...options }, signal);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let lines = 0;
  for (const reader = response.body!.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    for (const byte of value) if (byte === 10) lines++;
    progress(Math.max(0, lines - 1));
  }
  save(new Blob(parts, { type: 'text/csv' }), 'interactions.csv');
}

/** Deletes interactions step by step; aborting stops between two steps. Resolves to how many are gone. */
export async function deleteAll(
  root: string,
  chosen: Chosen & { expectedTotal?: number },
  progress: (step: Step) => void,
  signal: AbortSignal,
): Promise<number> {
  const response = await ask(root, 'DELETE', '/interactions', chosen, signal);
  let rest = '';
  let last: Step = { total: 0, done: 0 };
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) {
      last = JSON.parse(line) as Step;
      progress(last);
    }
  }
  if (last.error) throw new ApiError(500, last.error.code, last.error.message);
  return last.done;
}
