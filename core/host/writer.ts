import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openSqlite } from '../../store/sqlite/open.ts';
import type { Effect } from '../api.ts';
import type { CoreSettings } from '../context.ts';
import { createHost, type Job } from './host.ts';
import { createIndexing } from './indexing.ts';
import { type Call, type FromWriter, pack, type Result, type ToWriter, toPlain } from './protocol.ts';

/** The writer thread: owns the SQLite file, so that a disk sync never stops a flow or a webhook. */
const { file, settings } = workerData as { file: string; settings: CoreSettings };
const port = parentPort!;
/** Jobs in the last group from which on the thread counts as busy. */
const BUSY = 4;
/**
 * While busy, jobs gather until there are enough of them, at most this long (ms), before they share a commit: a sync costs as much as
 * some twenty messages, and on a fast disk groups would stay small. Below that load nothing waits.
 */
const GATHER = 4;
const ENOUGH = 32;
/** ms; short enough that nobody sees it, long enough for a message's way through route and queue. */
const COALESCE = 30;
const post = (message: FromWriter) => port.postMessage(message);

try {
  const host = await createHost({ store: await openSqlite(file), settings, coalesce: COALESCE });
  let results: Result[] = [];
  let effects: Effect[] = [];
  let scheduled = false;
  // Results and effects of one commit travel together.
  const flush = () => {
    scheduled = false;
    const message = pack(results, effects);
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
  const toJob = ([id, name, input]: Call): Job => ({
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
  let pending: Job[] = [];
  let gathering: NodeJS.Timeout | null = null;
  let lastGroup = 0;
  let stop = false;
  const indexing = createIndexing((input) => host.run('indexMessages', input));
  const take = (message: ToWriter) => {
    if ('stop' in message) stop = true;
    else for (const call of JSON.parse(message.calls) as Call[]) pending.push(toJob(call));
    indexing.wake();
  };
  const submit = () => {
    if (gathering) clearTimeout(gathering);
    gathering = null;
    const jobs = pending;
    pending = [];
    lastGroup = jobs.length;
    if (jobs.length > 0) host.submit(jobs);
  };
  port.on('message', (first: ToWriter) => {
    take(first);
    // Everything that arrived meanwhile goes into one group.
    for (let m = receiveMessageOnPort(port); m; m = receiveMessageOnPort(port)) take(m.message as ToWriter);
    if (stop || lastGroup < BUSY || pending.length >= ENOUGH) submit();
    else gathering ??= setTimeout(submit, GATHER);
    if (stop) {
      indexing.stop();
      host.close().then(
        () => port.close(),
        () => process.exit(1),
      );
    }
  });
  post({ ready: true });
} catch (error) {
  post({ failed: toPlain(error) });
  port.close();
}
