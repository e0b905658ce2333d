import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type CommandName, type Commands, CoreError } from '../api.ts';
import type { CoreSettings } from '../context.ts';
import { type Call, fromPlain, type PlainError, type Result } from './protocol.ts';

/** ms without a read after which the thread ends: a small machine gets its memory back. */
const IDLE = 60_000;

/** Reads that are long whatever they are asked. */
const LONG: ReadonlySet<CommandName> = new Set<CommandName>([
  'search',
  'auditLog',
  'exportContact',
  'exportInteraction',
  'listContacts',
  'findAll',
  'exportRows',
  'realtime',
  'outcomes',
  'report',
  'gauges',
]);

/**
 * Whether a call is a long read, which must not hold up commits: a search, or a page of a conversation that may have to come from a slow
 * disk. The newest page is in the cache of the writer that has just written it.
 */
export function isLongRead(name: CommandName, input: unknown): boolean {
  if (LONG.has(name)) return true;
  return name === 'messages' && (input as Commands['messages'][0]).before !== undefined;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Long reads, in a thread that starts with the first one and ends when there was none for a while. */
export class Reads {
  readonly #options: { file: string; settings: CoreSettings };
  readonly #calls = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #lastId = 0;

  constructor(options: { file: string; settings: CoreSettings }) {
    this.#options = options;
  }

  run(name: CommandName, input: unknown): Promise<unknown> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve, reject });
      worker.postMessage([id, name, input] satisfies Call);
    });
  }

  #start(): Worker {
    const url = new URL(`./reader${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
    const worker = new Worker(url, { workerData: this.#options, name: 'whatsapp-reads' });
    worker.on('message', ([id, ok, value]: Result) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (ok) call?.resolve(value);
      else call?.reject(fromPlain(value as PlainError));
      if (this.#calls.size > 0) return;
      this.#idle = setTimeout(() => this.#end(), IDLE);
      this.#idle.unref();
    });
    const gone = (reason: string) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      for (const call of this.#calls.values()) call.reject(new CoreError('store_failed', 503, reason));
      this.#calls.clear();
    };
    worker.on('error', (error) => gone(`The thread for long reads ended: ${error.message}`));
    worker.on('exit', () => gone('The thread for long reads ended.'));
    worker.unref();
    return worker;
  }

  #end(): Promise<unknown> {
    const worker = this.#worker;
    this.#worker = null;
    return worker?.terminate() ?? Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#idle) clearTimeout(this.#idle);
    await this.#end();
    for (const call of this.#calls.values())
      call.reject(new CoreError('store_closed', 503, 'The contact centre has stopped.'));
    this.#calls.clear();
  }
}
