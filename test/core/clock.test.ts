import { expect } from 'chai';
import { Centre } from './support.ts';

const HOURS = 3_600_000;
/** The wall clock is looked at again at least this often, seconds. */
const RECHECK = 5;

describe('a wall clock that is set', () => {
  it('forward by hours: what is due by it fires within seconds, in its order', async () => {
    const c = await Centre.open({ recheck: RECHECK });
    await c.toQueue('+12025550101', { node: 'late', timeout: 7000 });
    await c.toQueue('+12025550102', { node: 'early', timeout: 600 });
    await c.toQueue('+12025550103', { node: 'tomorrow', timeout: 86_400 });
    c.clock.jump(2 * HOURS);
    await c.advance(RECHECK);
    expect(c.forwards()).to.deep.equal(['early 1 timeout', 'late 1 timeout']);
    await c.host.close();
  });

  it('back by hours: what waits waits longer by the jump at most, and nothing fires twice', async () => {
    const c = await Centre.open({ recheck: RECHECK });
    await c.toQueue('+12025550101', { timeout: 60 });
    c.clock.jump(-2 * HOURS);
    await c.advance(2 * 3600);
    expect(c.forwards()).to.deep.equal([]);
    // New ones have their time by the clock as it is.
    await c.toQueue('+12025550102', { node: 'new', timeout: 30 });
    await c.advance(30 + RECHECK);
    expect(c.forwards()).to.deep.equal(['new 1 timeout']);
    await c.advance(60);
    expect(c.forwards()).to.deep.equal(['queue 1 timeout']);
    await c.advance(3600);
    expect(c.forwards()).to.deep.equal([]);
    await c.host.close();
  });

  it('forward: a desk whose stream lives stays connected', async () => {
    const c = await Centre.open({ recheck: RECHECK });
    await c.agent('anna');
    c.clock.jump(2 * HOURS);
    await c.advance(RECHECK);
    // Its lease has passed by that clock. The process that holds the stream knows better, and says so at its next heartbeat.
    const { lost } = await c.host.run('heartbeat', { connections: ['c-anna', 'c-ben'] });
    expect(lost).to.deep.equal(['c-anna', 'c-ben']);
    await c.connect('anna');
    expect(await c.host.run('heartbeat', { connections: ['c-anna'] })).to.deep.equal({ lost: [] });
    for (let i = 0; i < 10; i++) {
      await c.advance(15);
      await c.host.run('heartbeat', { connections: ['c-anna'] });
    }
    expect((await c.host.run('agentRecord', { username: 'anna' }))?.presence.state).to.equal('available');
    await c.host.close();
  });
});
