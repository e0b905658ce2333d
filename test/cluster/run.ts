/** `npm run test:cluster -- --rounds=4`: the long form of `three.test.ts`, which prints what was counted. */
import { fleet } from './fleet.ts';

const options = new Map(process.argv.slice(2).map((a) => a.replace(/^--/, '').split('=') as [string, string]));
const number = (name: string, usual: number): number => Number(options.get(name) ?? usual);
const report = await fleet({
  runtimes: 3,
  agents: number('agents', 60),
  phones: number('phones', 40),
  rounds: number('rounds', 4),
  outage: number('outage', 8000),
  log: (line) => console.log(new Date().toISOString(), line),
});
console.table(report.counts);
for (const violation of report.violations) console.error(violation);
process.exit(report.violations.length === 0 ? 0 : 1);
