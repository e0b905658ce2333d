/** What supervisors look at: how it stands now, and how it went. */
import type { Outcome, Report, ReportRow, Spread } from '../core/reports/api.ts';
import { csvLine } from './csv.ts';
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
      return {
        json: {
          ...{ at: now.at, timezone, since: new Date(since).toISOString(), answerWithin },
          totals: { ...now.totals, today: today.all },
          queues: now.queues.map((queue) => ({ ...queue, today: today.queues[queue.id] ?? NOTHING })),
          agents: now.agents,
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/api/reports',
    summary:
      'Figures of a time: `from` and `to` are days of the time zone `tz`, both of them in it, or moments. `format=csv` gives the rows',
    only: 'supervisor',
    query: 'report',
    answer: 'report',
    refusals: [422],
    async handle({ engine, query, res }) {
      const { from, to, by, format } = query;
      const report = await engine.run('report', { from, to, by, timezone: zoneOf(query.tz, 'tz') });
      if (format !== 'csv') return { json: report };
      await sendCsv(res, `report-${by}.csv`, lines(report));
      return undefined;
    },
  }),
];

const spread = ({ count, average, p50, p90 }: Spread) => [count, average, p50, p90];
const COLUMNS = ['messagesIn', 'messagesOut', 'interactions', 'answered', 'abandoned', 'transfers'] as const;
const SPREADS = ['waiting', 'firstResponse', 'handling'] as const;

const cells = (row: ReportRow) => [
  ...COLUMNS.map((column) => row[column]),
  ...SPREADS.flatMap((name) => spread(row[name])),
];

async function* lines({ by, rows, total }: Report): AsyncGenerator<string> {
  const times = SPREADS.flatMap((name) => ['count', 'average', 'p50', 'p90'].map((part) => `${name}.${part}`));
  yield csvLine([by, 'name', ...COLUMNS, ...times]);
  for (const row of rows) yield csvLine([row.key, row.name, ...cells(row)]);
  yield csvLine(['', 'total', ...cells(total)]);
}
