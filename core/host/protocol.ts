import { StoreError } from '../../store/store.ts';
import { type CommandName, CoreError, type Effect } from '../api.ts';

/** Main thread → writer: calls, or the wish to stop. */
export type ToWriter = { calls: [id: number, name: CommandName, input: unknown][] } | { stop: true };

/** Writer → main thread. */
export type FromWriter =
  | { ready: true }
  | { failed: PlainError }
  | { results: [id: number, ok: boolean, value: unknown][]; effects: Effect[] };

export interface PlainError {
  code: string;
  status: number;
  message: string;
  details?: unknown;
}

/** Errors cross the thread as plain data; what is no refusal of the core is the store's, and may pass. */
export function toPlain(error: unknown): PlainError {
  if (error instanceof CoreError)
    return { code: error.code, status: error.status, message: error.message, details: error.details };
  if (error instanceof StoreError) return { code: error.code, status: 503, message: error.message };
  return { code: 'store_failed', status: 503, message: error instanceof Error ? error.message : String(error) };
}

export const fromPlain = (e: PlainError): CoreError => new CoreError(e.code, e.status, e.message, e.details);
