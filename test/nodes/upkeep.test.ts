import { expect } from 'chai';
import { Upkeep } from '../../runtime/upkeep.ts';
import { memoryLog, until } from '../server/support.ts';

describe('upkeep', () => {
  /** An engine with so many steps to do, or one that fails. */
  function engineWith(steps: number | Error, running = true) {
    const engine = {
      running,
      calls: 0,
      run: async () => {
        engine.calls++;
        if (steps instanceof Error) throw steps;
        return { more: engine.calls < steps } as never;
      },
    };
    return engine;
  }

  it('goes on while there is more, with pauses, and then rests', async () => {
    const engine = engineWith(3);
    const began = Date.now();
    const upkeep = new Upkeep(engine, memoryLog(), 0);
    await until(() => engine.calls === 3, 'three steps');
    expect(Date.now() - began).to.be.at.least(190);
    await new Promise((resolve) => setTimeout(resolve, 150));
    upkeep.stop();
    expect(engine.calls).to.equal(3);
  });

  it('says when it fails, and does not start an engine that nobody uses', async () => {
    const log = memoryLog();
    const failing = new Upkeep(engineWith(new Error('disk full')), log, 0);
    await until(() => log.lines.length > 0, 'a line of the log');
    failing.stop();
    expect(log.lines).to.deep.equal(['warn Old data could not be deleted, this is tried again: disk full']);
    const idle = engineWith(9, false);
    const upkeep = new Upkeep(idle, log, 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    upkeep.stop();
    expect(idle.calls).to.equal(0);
  });
});
