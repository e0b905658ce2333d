import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type CommandName, type Commands, CoreError, type Effect, type Engine } from '../api.ts';
import type { CoreSettings } from '../context.ts';
import { type Call, type FromWriter, fromPlain, type PlainError, unpack } from './protocol.ts';
import { isLongRead, Reads } from './reads.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Starts the writer thread over a SQLite file and speaks to it as an `Engine`.
 * @throws CoreError `store_locked`, `store_newer`, `store_corrupt`, `store_unwritable`, `store_full`, `store_failed`
 */
export async function startThread(options: {
  file: string;
  settings: CoreSettings;
  /** The thread ended by itself; what runs after it fails. */
  onGone?(error: CoreError): void;
  /** So many commands shared a commit that is durable. */
  onGroup?(commands: number): void;
}): Promise<Engine> {
  const { onGone, onGroup, ...workerData } = options;
  const reads = new Reads(workerData);
  const url = new URL(`./writer${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  const worker = new Worker(url, { workerData, name: 'whatsapp-store' });
  const calls = new Map<number, Waiting>();
  const listeners = new Set<(effects: Effect[]) => void>();
  let early: Effect[] = [];
  let outbox: Call[] = [];
  let lastId = 0;
  let gone: CoreError | null = null;

  let closing = false;
  const fail = (error: CoreError) => {
    if (!gone && !closing) onGone?.(error);
    gone ??= error;
    for (const call of calls.values()) call.reject(error);
    calls.clear();
  };
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromWriter) => {
      if ('ready' in message) return resolve();
      if ('failed' in message) {
        // It did not start: that it ends now is no news.
        gone = fromPlain(message.failed);
        return reject(gone);
      }
      const { results, effects } = unpack(message);
      if (results.length > 0) onGroup?.(results.length);
      for (const [id, ok, value] of results) {
        const call = calls.get(id);
        calls.delete(id);
        if (ok) call?.resolve(value);
        else call?.reject(fromPlain(value as PlainError));
      }
      if (effects.length === 0) return;
      if (listeners.size === 0) early.push(...effects);
      else for (const listener of listeners) listener(effects);
    });
    worker.on('error', (error) => {
      const lost = new CoreError('store_failed', 503, `The store's thread ended: ${error.message}`);
      fail(lost);
      reject(lost);
    });
    worker.on('exit', () => {
      const closed = new CoreError('store_closed', 503, 'The contact centre has stopped.');
      fail(closed);
      reject(closed);
    });
  });

  const flush = () => {
    const batch = outbox;
    outbox = [];
    worker.postMessage({ calls: JSON.stringify(batch) });
  };
  return {
    run<K extends CommandName>(name: K, input: Commands[K][0]): Promise<Commands[K][1]> {
      if (gone) return Promise.reject(gone);
      if (isLongRead(name, input)) return reads.run(name, input) as Promise<Commands[K][1]>;
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        calls.set(id, { resolve: resolve as (v: unknown) => void, reject });
        // One message for all calls of this turn of the event loop.
        if (outbox.push([id, name, input]) === 1) setImmediate(flush);
      });
    },
    onEffects(listener) {
      listeners.add(listener);
      if (early.length > 0) {
        const first = early;
        early = [];
        listener(first);
      }
      return () => listeners.delete(listener);
    },
    async close() {
      closing = true;
      await reads.close();
      if (gone) return;
      if (outbox.length > 0) flush();
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage({ stop: true });
      await ended;
    },
  };
}
