/** Many interactions at once, for supervisors: exporting and deleting. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { CoreError, type Engine } from '../core/api.ts';
import type { ExportColumn } from '../core/bulk/api.ts';
import { TIME_COLUMNS, USUAL_COLUMNS } from '../core/bulk/columns.ts';
import type { Cells } from './csv.ts';
import { ApiError } from './json.ts';
import type { Log } from './log.ts';
import { type Route, route } from './route.ts';
import type { Bodies } from './schemas.ts';
import { sendCsv } from './stream-csv.ts';
import { zoneOf } from './supervise-routes.ts';

/** Interactions of one export or deletion. */
const MOST = 200_000;
/** Interactions read at once. */
const PAGE = 200;
/** Ids given to one step of a deletion, and rows it deletes. */
const STEP = 100;
const BUDGET = 500;

export const bulkRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/api/interactions/export.csv',
    summary: 'Export interactions as CSV: those of `ids`, or all that `search` finds, in its order',
    only: 'supervisor',
    body: 'exportInteractions',
    contentType: 'text/csv',
    refusals: [422],
    async handle({ engine, session, body, res }) {
      const { username } = session.agent;
      const { columns = [...USUAL_COLUMNS], bom = false } = body;
      const timezone = zoneOf(body.timezone, 'timezone');
      const ids = await chosen(engine, username, body);
      await engine.run('noteInteractionsExport', { username, count: ids.length, columns });
      await sendCsv(res, 'interactions.csv', await lines(engine, ids, columns, timezone), { bom });
      return undefined;
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/interactions',
    summary:
      'Delete interactions, open ones are closed first. Answers a line of JSON for each step: {total, done}, in the end {total, done, complete, interactions, messages}. Closing the request stops it',
    only: 'supervisor',
    body: 'deleteInteractions',
    contentType: 'application/x-ndjson',
    refusals: [409, 422],
    async handle({ engine, session, body, res, log }) {
      const { username } = session.agent;
      if (body.search !== undefined && body.expectedTotal === undefined)
        throw wrong('expectedTotal', 'is missing: with a search it says how many are meant');
      if (body.search === undefined && body.expectedTotal !== undefined)
        throw wrong('expectedTotal', 'belongs to a search');
      const ids = await chosen(engine, username, body);
      if (body.expectedTotal !== undefined && ids.length !== body.expectedTotal)
        throw new ApiError(409, 'total_differs', `${ids.length} interactions match, not ${body.expectedTotal}`, {
          total: ids.length,
        });
      await deleteAll(engine, username, ids, res, log);
      return undefined;
    },
  }),
];

const wrong = (field: string, message: string) =>
  new ApiError(400, 'invalid_body', `The body is not valid: "${field}" ${message}`, [{ field, message }]);

async function chosen(
  engine: Engine,
  username: string,
  { ids, search }: Pick<Bodies['deleteInteractions'], 'ids' | 'search'>,
): Promise<string[]> {
  if ((ids === undefined) === (search === undefined)) throw wrong('ids', 'or "search" is needed, one of them');
  if (ids !== undefined) return ids;
  const { cursor: _c, limit: _l, ...all } = search!;
  return (await engine.run('findAll', { username, search: all, most: MOST })).ids;
}

async function lines(
  engine: Engine,
  ids: string[],
  columns: ExportColumn[],
  timezone: string,
): Promise<AsyncIterable<Cells[]>> {
  const { DateTime } = await import('luxon');
  const times = columns.map((column) => TIME_COLUMNS.has(column));
  const shown = (at: number) => DateTime.fromMillis(at, { zone: timezone }).toFormat('yyyy-MM-dd HH:mm:ss');
  return (async function* () {
    yield [columns];
    for (let i = 0; i < ids.length; i += PAGE) {
      const { rows } = await engine.run('exportRows', { ids: ids.slice(i, i + PAGE), columns });
      yield rows.map((row) => row.map((value, n) => (times[n] && typeof value === 'number' ? shown(value) : value)));
    }
  })();
}

/** In steps, so that messages of others find the store free in between. */
async function deleteAll(
  engine: Engine,
  username: string,
  ids: string[],
  res: ServerResponse,
  log: Log,
): Promise<void> {
  const job = randomUUID();
  const total = ids.length;
  let closed = false;
  res.on('close', () => {
    closed = true;
  });
  res.writeHead(200, {
    'Content-Type': 'application/x-ndjson; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
  });
  const say = (line: object) => {
    if (!closed) res.write(`${JSON.stringify(line)}\n`);
  };
  let done = 0;
  try {
    say({ total, done });
    while (done < total && !closed) {
      const step = { job, username, ids: ids.slice(done, done + STEP), budget: BUDGET };
      done += (await engine.run('deleteInteractions', step)).done;
      say({ total, done });
    }
    const complete = done === total;
    say({ total, done, complete, ...(await engine.run('endDeletion', { job, complete })) });
  } catch (problem) {
    // The answer has begun: its last line says why it is not whole. What was deleted is noted later, by the upkeep.
    const { code, message } =
      problem instanceof CoreError ? problem : { code: 'internal', message: 'Something went wrong' };
    log.error(`Deleting interactions: ${problem instanceof Error ? problem.message : String(problem)}`);
    say({ total, done, error: { code, message } });
  }
  res.end();
}
