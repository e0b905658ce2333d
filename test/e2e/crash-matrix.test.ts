import { expect } from 'chai';
import { crashMatrix } from '../crash/matrix.ts';

/** The short form of `npm run test:crash`. */
const SEED = 1;

describe('the crash matrix', function () {
  this.timeout(300_000);

  it('in short: whatever is killed when, nothing is lost, doubled, late or given to two', async () => {
    const { violations, kills, counts } = await crashMatrix({ kills: 7, seed: SEED, customers: 12 });
    expect(violations, `seed ${SEED}, ${JSON.stringify(kills)}`).to.deep.equal([]);
    expect(Object.values(kills).reduce((a, b) => a + b, 0)).to.equal(7);
    // It must have been at work, or nothing was proved.
    expect(counts.acknowledged).to.be.above(12);
    expect(counts['ends of steps']).to.be.above(5);
    expect(counts['taken by the provider']).to.be.above(5);
  });
});
