/**
 * Given to Node.js with `--import` before Node-RED, in its main thread and in its workers: kills the process when it passes the point
 * CRASH_POINT for the CRASH_COUNT-th time. It changes functions of Node.js itself, so that what runs is the package as it is shipped.
 * It goes there without its types (see `matrix.ts`), so it imports nothing of ours.
 */
import { subscribe } from 'node:diagnostics_channel';
import { ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, Worker } from 'node:worker_threads';
import type { Point } from './points.ts';

const chosen = process.env.CRASH_POINT;
let left = Number(process.env.CRASH_COUNT);

function passing(point: Point): void {
  if (point === chosen && --left === 0) process.kill(process.pid, 'SIGKILL');
}

const prepare = DatabaseSync.prototype.prepare;
DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
  const statement = prepare.call(this, sql);
  if (/^(create|alter)\b/i.test(sql)) passing('in a migration');
  if (sql === 'commit') {
    const run = statement.run.bind(statement);
    statement.run = () => {
      passing('before a commit');
      const result = run();
      passing('after a commit');
      return result;
    };
  }
  return statement;
};

// Writer to main thread: the results and effects of a commit.
if (parentPort) {
  const post = parentPort.postMessage.bind(parentPort);
  parentPort.postMessage = (message: { rest?: string }) => {
    if (message.rest?.includes('"kind":"handover"')) passing('stored, not handed over');
    if (message.rest?.includes('"kind":"forward"')) passing('left a step, not forwarded');
    post(message);
  };
}

// Main thread to writer: commands. A quote inside a text is escaped, so these are names.
const postMessage = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (this: Worker, message: { calls?: string }) {
  const calls = message.calls ?? '';
  if (calls.includes(',"handed",{')) passing('handed over, not marked');
  if (/,"enter(Queue|Agent)",\{/.test(calls)) passing('forwarded, not taken by the next step');
  if (calls.includes(',"finishOutgoing",{')) passing('answered by the provider, not stored');
  if (calls.includes(',"resume",{')) passing('flows started, nothing given out yet');
  postMessage.call(this, message);
};

const end = ServerResponse.prototype.end as (...args: unknown[]) => ServerResponse;
ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
  const { url = '', method } = this.req;
  if (this.statusCode === 200 && url.startsWith('/whatsapp/webhooks/')) passing('stored, not acknowledged');
  if (this.statusCode < 300 && method !== 'GET' && url.startsWith('/whatsapp/api/'))
    passing('done, not answered to the desk');
  return end.apply(this, args);
} as typeof ServerResponse.prototype.end;

subscribe('http.client.request.start', (message) => {
  if ((message as { request: { path: string } }).request.path.endsWith('/Messages.json'))
    passing('claimed, request to the provider under way');
});
