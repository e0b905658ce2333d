import { expect } from 'chai';
import { fleet } from './fleet.ts';

describe('three Node-REDs on one PostgreSQL', function () {
  this.timeout(240_000);

  it('lose, double and mix up nothing while one is killed, one paused, one cut off, and PostgreSQL restarts', async () => {
    const report = await fleet({ runtimes: 3, agents: 6, phones: 8, rounds: 1, outage: 6000 });
    expect(report.violations).to.deep.equal([]);
    expect(report.counts.acknowledged).to.be.above(50);
    expect(report.counts.answers).to.be.above(0);
    expect(report.counts.timeouts).to.be.above(0);
  });
});
