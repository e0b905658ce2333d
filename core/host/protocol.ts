import { StoreError } from '../../store/store.ts';
import { type CommandName, CoreError, type Effect } from '../api.ts';

export type Call = [id: number, name: CommandName, input: unknown];
export type Result = [id: number, ok: boolean, value: unknown];
type Published = Extract<Effect, { kind: 'publish' }>;

/**
 * Main thread → writer: calls as JSON, or the wish to stop. Everything that commands take and give is plain data, and JSON text crosses
 * a thread in a third of the time that the clone of its objects takes.
 */
export type ToWriter = { calls: string } | { stop: true };

/** Writer → main thread. What is published is text already and goes beside the rest. */
export type FromWriter =
  | { ready: true }
  | { failed: PlainError }
  | { rest: string; published: (string | null)[]; to: string[][] };

/** The results and effects of a commit as they cross to the main thread. */
export function pack(results: Result[], effects: Effect[]): FromWriter {
  const rest: Effect[] = [];
  const published: (string | null)[] = [];
  const to: string[][] = [];
  for (const effect of effects) {
    if (effect.kind !== 'publish') rest.push(effect);
    else {
      published.push(effect.event, effect.json, effect.interaction);
      to.push(effect.to);
    }
  }
  return { rest: JSON.stringify([results, rest]), published, to };
}

/** The other end of `pack`. What is published comes before the rest: a stream that ends gets what was said before. */
export function unpack(message: Extract<FromWriter, { rest: string }>): { results: Result[]; effects: Effect[] } {
  const [results, rest] = JSON.parse(message.rest) as [Result[], Effect[]];
  const { published, to } = message;
  if (to.length === 0) return { results, effects: rest };
  const effects: Effect[] = to.map((agents, i) => ({
    kind: 'publish',
    to: agents,
    event: published[3 * i] as Published['event'],
    json: published[3 * i + 1]!,
    interaction: published[3 * i + 2]!,
  }));
  effects.push(...rest);
  return { results, effects };
}

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
