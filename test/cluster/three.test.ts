import { expect } from 'chai';
import { fleet } from './fleet.ts';

/** `WA_TEST_LONG=1`: the two minutes that a change of how runtimes share the database deserves. */
const long = process.env.WA_TEST_LONG === '1';

describe('three Node-REDs on one PostgreSQL', function () {
  this.timeout(400_000);

  it('lose, double and mix up nothing while one is killed, one paused, one cut off, and PostgreSQL restarts', async () => {
    const report = await fleet(
      long
        ? { runtimes: 3, agents: 60, phones: 40, rounds: 4, outage: 8000 }
        : { runtimes: 3, agents: 6, phones: 8, rounds: 1, outage: 5500, atOnce: true },
    );
    expect(report.violations).to.deep.equal([]);
    expect(report.counts.acknowledged).to.be.above(50);
    expect(report.counts.answers).to.be.above(0);
    expect(report.counts.timeouts).to.be.above(0);
  });
});
