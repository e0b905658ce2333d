import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openSqlite } from '../../store/sqlite/open.ts';
import type { Effect } from '../api.ts';
import type { CoreSettings } from '../context.ts';
import { createHost, type Job } from './host.ts';
import { type FromWriter, type ToWriter, toPlain } from './protocol.ts';

/** The writer thread: owns the SQLite file, so that a disk sync never stops a flow or a webhook. */
const { file, settings } = workerData as { file: string; settings: CoreSettings };
const port = parentPort!;
/** ms; short enough that nobody sees it, long enough for a message's way through route and queue. */
const COALESCE = 30;
const post = (message: FromWriter) => port.postMessage(message);

try {
  const host = await createHost({ store: await openSqlite(file), settings, coalesce: COALESCE });
  let results: [number, boolean, unknown][] = [];
  let effects: Effect[] = [];
  let scheduled = false;
  // Results and effects of one commit travel together.
  const flush = () => {
    scheduled = false;
    const message: FromWriter = { results, effects };
    results = [];
    effects = [];
    post(message);
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };
  host.onEffects((e) => {
    effects.push(...e);
    schedule();
  });
  const toJob = ([id, name, input]: [number, Job['name'], unknown]): Job => ({
    name,
    input,
    resolve(value) {
      results.push([id, true, value]);
      schedule();
    },
    reject(error) {
      results.push([id, false, toPlain(error)]);
      schedule();
    },
  });
  port.on('message', (first: ToWriter) => {
    const jobs: Job[] = [];
    let stop = false;
    // Everything that arrived meanwhile goes into one group.
    for (
      let message: ToWriter | undefined = first;
      message;
      message = receiveMessageOnPort(port)?.message as ToWriter | undefined
    ) {
      if ('stop' in message) stop = true;
      else for (const call of message.calls) jobs.push(toJob(call));
    }
    if (jobs.length > 0) host.submit(jobs);
    if (stop)
      host.close().then(
        () => port.close(),
        () => process.exit(1),
      );
  });
  post({ ready: true });
} catch (error) {
  post({ failed: toPlain(error) });
  port.close();
}
