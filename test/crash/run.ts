/**
 * `npm run test:crash`: the crash matrix at length. Options: `--kills=200`, `--seed=<number>` (a chosen one repeats the choices, not the
 * timing), `--customers=24`. Prints the counts; exit code 1 if anything was violated.
 */
import { parseArgs } from 'node:util';
import { crashMatrix } from './matrix.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    customers: { type: 'string', default: '24' },
  },
});
console.log(`seed ${values.seed}`);
const report = await crashMatrix({
  kills: Number(values.kills),
  seed: Number(values.seed),
  customers: Number(values.customers),
  say: (line) => console.log(line),
});
const table = (counts: Record<string, number>) => {
  for (const [name, n] of Object.entries(counts)) console.log(`${String(n).padStart(7)}  ${name}`);
};
console.log(`\nkills by point, ${report.seconds} s in all`);
table(report.kills as Record<string, number>);
console.log('\nwhat happened');
table(report.counts);
console.log(`\n${report.violations.length} violations`);
for (const violation of report.violations) console.log(`- ${violation}`);
process.exitCode = report.violations.length === 0 ? 0 : 1;
