import { expect } from 'chai';
import sinon from 'sinon';
import { createIndexing } from '../../../core/host/indexing.ts';

describe('the background of the full-text index', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => clock.restore());

  it('looks some time after something happened, goes on while there is more, and rests in between', async () => {
    const at: number[] = [];
    const answers = [true, true, false];
    const indexing = createIndexing(async ({ batch }) => {
      expect(batch).to.equal(1000);
      at.push(performance.now());
      // A batch takes 20 ms.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { more: answers.shift() ?? false };
    });
    await clock.tickAsync(60_000);
    expect(at).to.deep.equal([]);
    for (let i = 0; i < 5; i++) indexing.wake();
    await clock.tickAsync(60_000);
    const first = 60_000 + 10_000;
    expect(at).to.deep.equal([first, first + 20 + 380, first + 2 * (20 + 380)]);
    indexing.wake();
    await clock.tickAsync(10_000);
    expect(at).to.have.length(4);
    indexing.wake();
    indexing.stop();
    indexing.wake();
    await clock.tickAsync(100_000);
    expect(at).to.have.length(4);
  });

  it('tries again later when the store could not be written', async () => {
    let tries = 0;
    const indexing = createIndexing(async () => {
      tries++;
      throw new Error('disk full');
    });
    indexing.wake();
    await clock.tickAsync(10_000);
    expect(tries).to.equal(1);
    await clock.tickAsync(59_000);
    expect(tries).to.equal(1);
    await clock.tickAsync(2_000);
    expect(tries).to.equal(2);
    indexing.stop();
  });
});
