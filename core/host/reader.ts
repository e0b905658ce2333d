import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteReader } from '../../store/sqlite/open.ts';
import type { Store } from '../../store/store.ts';
import type { CommandName } from '../api.ts';
import { execute } from '../commands.ts';
import { type CoreSettings, newContext } from '../context.ts';
import { type FromWriter, toPlain } from './protocol.ts';

/**
 * The reader thread: long reads over read-only connections. Searches have one of their own and take turns with the short reads: a
 * conversation's next page is there at once, whatever is being searched.
 */
const { file, settings } = workerData as { file: string; settings: CoreSettings };
const port = parentPort!;

/** Runs reads one after the other, each in what was committed when it began. */
function lane(): (id: number, name: CommandName, input: unknown) => void {
  let store: Store | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return (id, name, input) => {
    last = last
      .then(() => {
        store ??= openSqliteReader(file);
        return store.transaction((tx) => execute(newContext(tx, Date.now(), settings), name, input));
      })
      .then(
        (value) => port.postMessage({ results: [[id, true, value]], effects: [] } satisfies FromWriter),
        (error: unknown) =>
          port.postMessage({ results: [[id, false, toPlain(error)]], effects: [] } satisfies FromWriter),
      );
  };
}

const short = lane();
const searches = lane();

port.on('message', ([id, name, input]: [number, CommandName, unknown]) => {
  (name === 'search' ? searches : short)(id, name, input);
});
