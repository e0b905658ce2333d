import { expect } from 'chai';
import type { Report, ReportKey, ReportQuery } from '../../core/reports/api.ts';
import { rangeOf, Slots, startOfDay } from '../../core/reports/slots.ts';
import { spreadOf } from '../../core/reports/spread.ts';
import { Centre } from './support.ts';

const ZONE = 'Europe/Rome';
const [ONE, TWO, THREE, FOUR] = ['+12025550101', '+12025550102', '+12025550103', '+12025550104'] as const;

/** Time passes; those who sit at a desk stay connected. */
async function pass(c: Centre, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 20) {
    await c.host.run('heartbeat', { connections: ['c-anna', 'c-ben'] });
    await c.advance(Math.min(left, 20));
  }
}

/**
 * A fixed hour of a Tuesday in November, from 10:00 UTC (11:00 in Rome):
 * one is answered in 5 s, gets a message after 15 s, and is closed as Sold › Online after 60 s;
 * two finds nobody for 20 s, and its plan ends;
 * three is accepted by ben after 30 s, transferred to anna, who writes 60 s after the start; it stays open;
 * four is closed by a supervisor while it waits, after 40 s.
 */
async function hour(): Promise<Centre> {
  const c = await Centre.open({ account: { dispositions: [{ name: 'Sold', children: [{ name: 'Online' }] }] } });
  for (const agent of ['anna', 'ben']) await c.agent(agent);
  const { host } = c;
  const say = (interaction: string, username: string) =>
    host.run('sendMessage', { interaction, username, text: 'Good morning' });

  const one = (await c.toQueue(ONE)).context.interaction.id;
  await pass(c, 5);
  await c.accept('anna', one);
  await pass(c, 10);
  await say(one, 'anna');
  await pass(c, 45);
  await host.run('closeInteraction', { interaction: one, username: 'anna', disposition: ['Sold', 'Online'] });

  await c.toQueue(TWO, { timeout: 20 });
  await pass(c, 120);

  const three = (await c.toQueue(THREE)).context.interaction.id;
  await pass(c, 30);
  await c.accept('ben', three);
  await host.run('transfer', { interaction: three, username: 'ben', to: { agent: 'anna' } });
  await pass(c, 10);
  await c.accept('anna', three);
  await pass(c, 20);
  await say(three, 'anna');

  const four = (await c.toQueue(FOUR)).context.interaction.id;
  await pass(c, 40);
  await c.view(four);
  await host.run('closeInteraction', { interaction: four, username: 'the-supervisor' });

  // anna: lunch from 10:10 to 10:25, gone at 10:40.
  const until = (time: string) => pass(c, (Date.parse(`2026-11-24T${time}Z`) - c.clock.now()) / 1000);
  await until('10:10:00');
  await host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
  await until('10:25:00');
  await host.run('setPresence', { username: 'anna', state: 'available' });
  await until('10:40:00');
  await host.run('leave', { username: 'anna' });
  await until('11:00:00');
  return c;
}

describe('figures', () => {
  describe('of a fixed hour', () => {
    let c: Centre;
    before(async () => {
      c = await hour();
    });
    after(() => c.host.close());

    const day = { from: '2026-11-24', to: '2026-11-24', timezone: ZONE };
    const report = (by: ReportKey, more: Partial<ReportQuery> = {}): Promise<Report> =>
      c.host.run('report', { by, ...day, ...more });
    const brief = ({ rows }: Report) =>
      rows.map((r) => [r.name, r.interactions, r.answered, r.abandoned, r.messagesIn, r.messagesOut, r.transfers]);

    it('today: answered, abandoned, service level and average times', async () => {
      const since = startOfDay(c.clock.now(), ZONE);
      const { all, queues } = await c.host.run('outcomes', { since, answerWithin: 20 });
      const expected = { started: 4, answered: 2, abandoned: 2, wait: 17.5, firstResponse: 37.5, handling: 55 };
      expect(all).to.deep.equal({ ...expected, serviceLevel: 0.25 });
      expect(queues).to.deep.equal({ 'q-Sales': all });
      const slow = await c.host.run('outcomes', { since, answerWithin: 30 });
      expect(slow.all.serviceLevel).to.equal(0.5);
      const later = await c.host.run('outcomes', { since: c.clock.now(), answerWithin: 20 });
      expect(later).to.deep.equal({
        all: {
          ...{ started: 0, answered: 0, abandoned: 0, serviceLevel: null },
          ...{ wait: null, firstResponse: null, handling: null },
        },
        queues: {},
      });
    });

    it('by account: times, dispositions, timeouts, busy hours', async () => {
      const found = await report('account');
      expect([found.from, found.to]).to.deep.equal(['2026-11-23T23:00:00.000Z', '2026-11-24T23:00:00.000Z']);
      const row = {
        ...{ messagesIn: 4, messagesOut: 2, interactions: 4, answered: 2, abandoned: 2, transfers: 1 },
        waiting: { count: 2, average: 17.5, p50: 5, p90: 30 },
        firstResponse: { count: 2, average: 37.5, p50: 15, p90: 60 },
        handling: { count: 1, average: 55, p50: 55, p90: 55 },
      };
      expect(found.rows).to.deep.equal([{ key: c.id, name: 'Sales', ...row }]);
      expect(found.total).to.deep.equal({ key: '', name: '', ...row });
      expect(found.dispositions).to.deep.equal([
        { name: 'Sold', count: 1, children: [{ name: 'Online', count: 1, children: [] }] },
      ]);
      expect(found.timeouts).to.deep.equal([
        { node: 'queue', kind: 'queue', queue: 'Sales', account: 'SALES', count: 1 },
      ]);
      const busy = found.busyHours.flatMap((hours, d) => hours.flatMap((n, h) => (n > 0 ? [[d, h, n]] : [])));
      expect(busy).to.deep.equal([[1, 11, 4]]);
    });

    it('by queue, agent, disposition, day and hour', async () => {
      expect(brief(await report('queue'))).to.deep.equal([['Sales', 4, 2, 2, 4, 2, 1]]);
      expect(brief(await report('agent'))).to.deep.equal([
        ['', 2, 0, 2, 2, 0, 0],
        ['anna', 2, 2, 0, 2, 2, 0],
        ['ben', 0, 0, 0, 0, 0, 1],
      ]);
      expect(brief(await report('disposition'))).to.deep.equal([
        ['', 3, 1, 2, 3, 1, 1],
        ['Sold › Online', 1, 1, 0, 1, 1, 0],
      ]);
      expect(brief(await report('day'))).to.deep.equal([['2026-11-24', 4, 2, 2, 4, 2, 1]]);
      expect(brief(await report('hour'))).to.deep.equal([['2026-11-24T11:00+01:00', 4, 2, 2, 4, 2, 1]]);
      expect(brief(await report('day', { timezone: 'Pacific/Kiritimati' }))).to.deep.equal([]);
      const east = await report('day', { timezone: 'Pacific/Kiritimati', from: '2026-11-25', to: '2026-11-25' });
      expect(brief(east)).to.deep.equal([['2026-11-25', 4, 2, 2, 4, 2, 1]]);
    });

    it('several groupings at once, of hours and week days of all days together', async () => {
      const found = await report('day', { also: ['hourOfDay', 'weekDay', 'account'] });
      const groups = Object.entries(found.groups).map(([by, rows]) => [by, rows.map((r) => [r.key, r.interactions])]);
      expect(Object.fromEntries(groups)).to.deep.equal({
        hourOfDay: [['11', 4]],
        weekDay: [['2', 4]],
        account: [[c.id, 4]],
      });
      expect(found.groups.hourOfDay![0]).to.deep.include({ waiting: { count: 2, average: 17.5, p50: 5, p90: 30 } });
    });

    it('of one account, of one queue; agents are told whole', async () => {
      const own = await report('account', { account: c.id, queue: 'q-Sales' });
      expect(own).to.deep.equal(await report('account'));
      const other = await report('account', { queue: 'q-Other' });
      expect([other.rows, other.timeouts, other.dispositions, other.undisposed]).to.deep.equal([[], [], [], 0]);
      expect(other.busyHours.flat().every((n) => n === 0)).to.equal(true);
      expect(other.agents).to.deep.equal(own.agents);
    });

    it('of moments: the begin is in it, the end is not', async () => {
      const first = await report('account', { from: '2026-11-24T10:00:00Z', to: '2026-11-24T10:01:00Z' });
      expect(first.total).to.include({ interactions: 1, messagesIn: 1, messagesOut: 1 });
      const next = await report('account', { from: '2026-11-24T11:01:00+01:00', to: '2026-11-24T10:01:01Z' });
      expect(next.total).to.include({ interactions: 1, messagesIn: 1, messagesOut: 0, abandoned: 1 });
    });

    it('of agents: offers, and time in each state', async () => {
      const { agents } = await report('agent', { from: '2026-11-24T10:05:00Z', to: '2026-11-24T12:00:00Z' });
      const [anna, ben] = agents.filter(({ username }) => username !== 'the-supervisor');
      expect(anna).to.deep.include({
        ...{ available: (5 + 15) * 60, paused: 15 * 60, offline: 20 * 60 },
        pauses: [{ name: 'Lunch', count: 1, seconds: 15 * 60 }],
      });
      // What is to come counts as nothing.
      expect(ben).to.deep.include({ available: 55 * 60, paused: 0, offline: 0, pauses: [] });
      const whole = (await report('agent')).agents;
      expect(whole.find(({ username }) => username === 'anna')).to.include({ messagesOut: 2, accepted: 2 });
      expect(whole.find(({ username }) => username === 'ben')).to.include({ messagesOut: 0, accepted: 1, expired: 1 });
      const lunch = await report('agent', { from: '2026-11-24T10:15:00Z', to: '2026-11-24T10:20:00Z' });
      expect(lunch.agents.find(({ username }) => username === 'anna')).to.deep.include({
        ...{ available: 0, paused: 300, offline: 0 },
        pauses: [{ name: 'Lunch', count: 1, seconds: 300 }],
      });
    });

    it('says what is wrong with a time', async () => {
      const refused = async (more: object) => {
        try {
          await report('day', more);
          return 'nothing';
        } catch (error) {
          return (error as Error).message;
        }
      };
      expect(await refused({ from: 'monday' })).to.contain('"from" is not a day or a time: monday');
      expect(await refused({ to: '2026-02-30' })).to.contain('"to" is not a day');
      expect(await refused({ to: '2026-11-23' })).to.contain('"to" is before "from"');
      expect(await refused({ from: '2020-01-01' })).to.contain('more than 400 days');
      expect(await refused({ timezone: 'Middle/Earth' })).to.contain('is not a time zone');
    });
  });

  it('of now: who waits, who is there, and what they handle', async () => {
    const c = await Centre.open({ queues: [{ name: 'Sales' }, { name: 'One', strategy: 'rrmemory' }] });
    await c.agent('anna', 1);
    await c.agent('ben', 1);
    await c.host.run('setPresence', { username: 'ben', state: 'paused', pause: 'Lunch' });
    const one = (await c.toQueue(ONE)).context.interaction.id;
    await c.accept('anna', one);
    await c.toQueue(TWO);
    await c.advance(10);
    await c.toQueue(THREE);
    await c.advance(5);
    await c.toQueue(FOUR, { queue: 'q-One' });
    const now = await c.host.run('realtime', {});
    expect(now.totals).to.deep.equal({ open: 4, unassigned: 3, waiting: 3 });
    const agents = { available: 1, paused: 1, offline: 0 };
    expect(now.queues).to.deep.equal([
      { id: 'q-One', name: 'One', waiting: 1, longestWait: 0, nobody: '1 paused, 1 at capacity', agents },
      { id: 'q-Sales', name: 'Sales', waiting: 2, longestWait: 15, nobody: '1 paused, 1 at capacity', agents },
    ]);
    const [anna, ben] = now.agents;
    expect(anna).to.deep.include({ username: 'anna', assigned: 1, open: 1, ringing: 0, queues: ['One', 'Sales'] });
    expect(anna!.handling.map((h) => [h.id, h.account, h.contact, h.queue, h.unread])).to.deep.equal([
      [one, 'SALES', ONE, 'Sales', 1],
    ]);
    expect(ben!.presence).to.include({ state: 'paused', pause: 'Lunch', since: '2026-11-24T10:00:00.000Z' });
    // What rings one after the other waits too.
    await c.host.run('closeInteraction', { interaction: one, username: 'anna' });
    await c.reject('anna');
    const { queues } = await c.host.run('realtime', {});
    expect(queues.map((q) => [q.name, q.waiting])).to.deep.equal([
      ['One', 1],
      ['Sales', 2],
    ]);
    await c.host.close();
  });

  it('days and hours are right where the clock changes', () => {
    const slots = new Slots(ZONE);
    const at = (time: string) => slots.of(Date.parse(time));
    // In the night of the 25th of October the hour from two to three comes twice.
    expect(at('2026-10-25T00:30:00Z')).to.deep.include({ day: '2026-10-25', hour: '2026-10-25T02:00+02:00' });
    expect(at('2026-10-25T01:30:00Z')).to.deep.include({ day: '2026-10-25', hour: '2026-10-25T02:00+01:00' });
    expect(at('2026-10-24T21:59:59Z').day).to.equal('2026-10-24');
    expect(at('2026-10-24T22:00:00Z')).to.deep.include({ day: '2026-10-25', weekDay: 6, hourOfDay: 0 });
    const hours = ({ from, to }: { from: number; to: number }) => (to - from) / 3_600_000;
    expect(hours(rangeOf('2026-10-25', '2026-10-25', ZONE))).to.equal(25);
    expect(hours(rangeOf('2026-03-29', '2026-03-29', ZONE))).to.equal(23);
    expect(hours(rangeOf('2026-10-01', '2026-10-31', ZONE))).to.equal(31 * 24 + 1);
    // A zone of three quarters of an hour.
    expect(new Slots('Asia/Kathmandu').of(Date.parse('2026-01-01T18:14:59Z')).hour).to.equal('2026-01-01T23:00+05:45');
    expect(new Slots('Asia/Kathmandu').of(Date.parse('2026-01-01T18:15:00Z')).day).to.equal('2026-01-02');
    expect(startOfDay(Date.parse('2026-10-25T12:00:00Z'), ZONE)).to.equal(Date.parse('2026-10-24T22:00:00Z'));
  });

  it('percentiles are values that were there', () => {
    expect(spreadOf([])).to.deep.equal({ count: 0, average: null, p50: null, p90: null });
    const ten = Array.from({ length: 10 }, (_, i) => 10 - i);
    expect(spreadOf(ten)).to.deep.equal({ count: 10, average: 5.5, p50: 5, p90: 9 });
    expect(spreadOf([1, 2, 4])).to.deep.equal({ count: 3, average: 2.3, p50: 2, p90: 4 });
  });
});
