import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteReader } from '../../store/sqlite/open.ts';
import type { Store } from '../../store/store.ts';
import { execute } from '../commands.ts';
import { type CoreSettings, newContext } from '../context.ts';
import { type Call, type Result, toPlain } from './protocol.ts';

/**
 * The reader thread: long reads over read-only connections. Searches and reports have one of their own and take turns with the short
 * reads: a conversation's next page is there at once, whatever is being searched.
 */
const { file, settings } = workerData as { file: string; settings: CoreSettings };
const port = parentPort!;

/** Runs reads one after the other, each in what was committed when it began. */
function lane(): (call: Call) => void {
  let store: Store | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return ([id, name, input]) => {
    last = last
      .then(() => {
        store ??= openSqliteReader(file);
        return store.transaction((tx) => execute(newContext(tx, Date.now(), settings), name, input));
      })
      .then(
        (value) => port.postMessage([id, true, value] satisfies Result),
        (error: unknown) => port.postMessage([id, false, toPlain(error)] satisfies Result),
      );
  };
}

const short = lane();
const searches = lane();
/** A supervisor's figures are asked for every few seconds; they wait for no search. */
const figures = lane();

const LANES: Partial<Record<Call[1], ReturnType<typeof lane>>> = {
  search: searches,
  findAll: searches,
  report: searches,
  realtime: figures,
  outcomes: figures,
  gauges: figures,
};

port.on('message', (call: Call) => {
  (LANES[call[1]] ?? short)(call);
});
