/** What supervisors look at: how it stands now, and how it went. */
import type { NamedReport, Outcome, Realtime, ReportKey } from '../core/reports/api.ts';
import { ApiError } from './json.ts';
import { reportLines } from './report-csv.ts';
import { type Route, route } from './route.ts';
import { sendCsv } from './stream-csv.ts';
import { zoneOf } from './supervise-routes.ts';

const ANSWER_WITHIN = 20;
const NOTHING: Outcome = {
  started: 0,
  answered: 0,
  abandoned: 0,
  serviceLevel: null,
  wait: null,
  firstResponse: null,
  handling: null,
};

export const figureRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/api/realtime',
    summary: 'Queues and agents as they are now, and how what began today went; today is counted every five seconds',
    only: 'supervisor',
    query: 'realtime',
    answer: 'realtime',
    refusals: [422],
    async handle({ engine, query, figures }) {
      const { within: answerWithin = ANSWER_WITHIN } = query;
      const timezone = zoneOf(query.tz, 'tz');
      const { startOfDay } = await import('../core/reports/slots.ts');
      const now = await engine.run('realtime', {});
      const since = startOfDay(Date.parse(now.at), timezone);
      const today = await figures.outcomes(since, answerWithin);
      const realtime: Realtime = {
        ...{ at: now.at, timezone, since: new Date(since).toISOString(), answerWithin },
        totals: { ...now.totals, today: today.all },
        queues: now.queues.map((queue) => ({ ...queue, today: today.queues[queue.id] ?? NOTHING })),
        agents: now.agents,
      };
      return { json: realtime };
    },
  }),
  route({
    method: 'GET',
    path: '/api/reports',
    summary:
      'Figures of a time: `from` and `to` are days of the time zone `tz`, both of them in it, or moments. `format=csv` gives one `table`',
    only: 'supervisor',
    query: 'report',
    answer: 'report',
    refusals: [422],
    async handle({ engine, query, res, flows }) {
      const { tz, also, format = 'json', table = 'rows', bom = false, ...asked } = query;
      if (format === 'json' && (query.table !== undefined || query.bom !== undefined))
        throw new ApiError(400, 'invalid_query', '"table" and "bom" belong to format=csv', [
          { field: query.table === undefined ? 'bom' : 'table', message: 'belongs to format=csv' },
        ]);
      const groups = [...new Set(also?.split(','))] as ReportKey[];
      const found = await engine.run('report', { ...asked, also: groups, timezone: zoneOf(tz, 'tz') });
      const timeouts = found.timeouts.map((step) => ({ ...step, name: flows.nodeName(step.node) }));
      const report: NamedReport = { ...found, timeouts };
      if (format === 'json') return { json: report };
      const name = table === 'rows' ? query.by : table;
      await sendCsv(res, `report-${name}.csv`, reportLines(report, table), { bom });
      return undefined;
    },
  }),
];
