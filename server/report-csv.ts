/** The tables of a report, as lines of a CSV. */
import type { DispositionCount, NamedReport, ReportRow, ReportTable, Spread } from '../core/reports/api.ts';
import type { Cells } from './csv.ts';

const spread = ({ count, average, p50, p90 }: Spread) => [count, average, p50, p90];
const COLUMNS = ['messagesIn', 'messagesOut', 'interactions', 'answered', 'abandoned', 'transfers'] as const;
const SPREADS = ['waiting', 'firstResponse', 'handling'] as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

const cells = (row: ReportRow) => [
  ...COLUMNS.map((column) => row[column]),
  ...SPREADS.flatMap((name) => spread(row[name])),
];

const TABLES: Record<ReportTable, (report: NamedReport) => Cells[]> = {
  rows: ({ by, rows, total }) => [
    [
      ...[by, 'name', ...COLUMNS],
      ...SPREADS.flatMap((name) => ['count', 'average', 'p50', 'p90'].map((part) => `${name}.${part}`)),
    ],
    ...rows.map((row) => [row.key, row.name, ...cells(row)]),
    ['', 'total', ...cells(total)],
  ],
  dispositions: ({ dispositions, undisposed }) => [
    ['level1', 'level2', 'level3', 'count'],
    ...outcomes(dispositions, []),
    ['', '', '', undisposed],
  ],
  timeouts: ({ timeouts }) => [
    ['node', 'name', 'kind', 'queue', 'account', 'count'],
    ...timeouts.map(({ node, name, kind, queue, account, count }) => [node, name, kind, queue, account, count]),
  ],
  busyHours: ({ busyHours }) => [['weekDay', ...HOURS], ...busyHours.map((hours, day) => [day + 1, ...hours])],
  agents: ({ agents }) => [
    ['username', 'name', 'available', 'paused', 'offline', 'messagesOut', 'accepted', 'rejected', 'expired'],
    ...agents.map((a) => [
      ...[a.username, a.name, a.available, a.paused, a.offline],
      ...[a.messagesOut, a.accepted, a.rejected, a.expired],
    ]),
  ],
  pauses: ({ agents }) => [
    ['username', 'name', 'pause', 'count', 'seconds'],
    ...agents.flatMap(({ username, name, pauses }) =>
      pauses.map((pause) => [username, name, pause.name, pause.count, pause.seconds]),
    ),
  ],
};

/** Each level of the tree is a line; it counts all below it. */
function outcomes(level: DispositionCount[], above: string[]): Cells[] {
  return level.flatMap(({ name, count, children }) => {
    const path = [...above, name];
    return [[...path, ...new Array<string>(3 - path.length).fill(''), count], ...outcomes(children, path)];
  });
}

export async function* reportLines(report: NamedReport, table: ReportTable): AsyncGenerator<Cells[]> {
  yield TABLES[table](report);
}
