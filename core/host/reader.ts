import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteReader } from '../../store/sqlite/open.ts';
import { execute } from '../commands.ts';
import { type CoreSettings, newContext } from '../context.ts';
import { type Call, type Result, toPlain } from './protocol.ts';

/** The reader thread: long reads, one after the other, over a read-only connection. */
const { file, settings } = workerData as { file: string; settings: CoreSettings };
const port = parentPort!;
const store = openSqliteReader(file);
let last: Promise<unknown> = Promise.resolve();

port.on('message', ([id, name, input]: Call) => {
  last = last
    .then(() => store.transaction((tx) => execute(newContext(tx, Date.now(), settings), name, input)))
    .then(
      (value) => port.postMessage([id, true, value] satisfies Result),
      (error: unknown) => port.postMessage([id, false, toPlain(error)] satisfies Result),
    );
});
