import fc from 'fast-check';
import type { Store } from '../../store/store.ts';
import { move } from './model/moves.ts';
import { openStore, Pair } from './model/pair.ts';
import { play } from './model/play.ts';

/** More of them, to look for a fault that is rare: `MODEL_RUNS=100000`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 2000);

const STAFF = ['anna', 'ben', 'carla'] as const;

describe('contract 5', () => {
  let store: Store;
  before(async () => {
    store = await openStore();
  });
  after(() => store.close());

  it('the core does what a model of it does, whatever happens', async function () {
    this.timeout(0);
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(move, { minLength: 1, maxLength: 40, size: 'max' }),
        async (staffed, moves) => {
          const pair = await Pair.open(store);
          try {
            if (staffed)
              for (const agent of STAFF) await play(pair, { do: 'presence', what: 'connect', agent, second: false });
            for (const m of moves) await play(pair, m);
          } finally {
            await pair.host.close();
          }
        },
      ),
      { numRuns: RUNS, ...(process.env.MODEL_SEED ? { seed: Number(process.env.MODEL_SEED) } : {}) },
    );
  });
});
