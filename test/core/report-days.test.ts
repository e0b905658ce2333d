import { expect } from 'chai';
import type { Report, ReportKey } from '../../core/reports/api.ts';
import { Centre, FakeClock } from './support.ts';

/**
 * Reports of the two days on which clocks change in Rome, held against figures that were counted by hand from the list of events above
 * each. 2026-03-29 has 23 hours (02:00 is 03:00 at once), 2026-10-25 has 25 (02:00 to 03:00 comes twice).
 */
const ZONE = 'Europe/Rome';
const phone = (n: number) => `+1202555010${n}`;

/** A centre whose clock shows this, before anybody is there. */
async function centreAt(time: string): Promise<Centre> {
  const clock = new FakeClock();
  clock.set(Date.parse(time));
  return Centre.open({ clock, account: { dispositions: [{ name: 'Sold' }, { name: 'Lost' }] } });
}

/** Turns the clock to a time of UTC; those at their desks stay connected. */
async function until(c: Centre, time: string, present: string[] = ['anna']): Promise<void> {
  const end = Date.parse(time);
  while (c.clock.now() < end) {
    await c.host.run('heartbeat', { connections: present.map((username) => `c-${username}`) });
    await c.advance(Math.min(50, (end - c.clock.now()) / 1000));
  }
}

/** Nobody is there: the hours pass at once. */
const sleep = (c: Centre, time: string) => c.clock.jump(Date.parse(time) - c.clock.now());

const begins = async (c: Centre, n: number, timeout = 600) =>
  (await c.toQueue(phone(n), { timeout })).context.interaction.id;
const says = (c: Centre, interaction: string, username = 'anna') =>
  c.host.run('sendMessage', { interaction, username, text: 'Good morning' });
const closes = (c: Centre, interaction: string, outcome: string, username = 'anna') =>
  c.host.run('closeInteraction', { interaction, username, disposition: [outcome] });

const reportOf = (c: Centre, day: string, by: ReportKey, to = day): Promise<Report> =>
  c.host.run('report', { by, from: day, to, timezone: ZONE });
/** Key, begun, answered, abandoned, messages in and out, transfers. */
const brief = ({ rows }: Report) =>
  rows.map((r) => [r.key, r.interactions, r.answered, r.abandoned, r.messagesIn, r.messagesOut, r.transfers]);
const busy = ({ busyHours }: Report) =>
  busyHours.flatMap((hours, day) => hours.flatMap((n, hour) => (n > 0 ? [[day, hour, n]] : [])));
const anna = ({ agents }: Report) => agents.find(({ username }) => username === 'anna')!;

describe('figures of days on which the clock changes', () => {
  /*
   * UTC        Rome          what happens
   * Sat 22:50  Sat 23:50     anna comes
   *  22:59:30   23:59:30     1 writes                            Saturday: 1 begun, 1 in
   *  23:00:10  Sun 00:00:10  anna accepts it                     Sunday begins at 23:00:00 UTC
   *  23:00:40   00:00:40     anna answers it                     hour 00: 1 out
   *  23:10:10   00:10:10     anna closes it as Sold
   * Sun 00:59:50 01:59:50    2 writes                            hour 01: 1 begun, 1 in
   *  01:00:00   03:00:00     3 writes, for at most 60 s          hour 03: 1 begun, 1 in; there is no hour 02
   *  01:00:20   03:00:20     anna accepts 2                      waiting: 30 s, not an hour and 30 s
   *  01:01:00   03:01:00     nobody took 3: its plan ends        a timeout of hour 03
   *  01:01:50   03:01:50     anna answers 2                      first response: 120 s; hour 03: 1 out
   *  01:30:20   03:30:20     anna closes 2 as Lost               handling: 1800 s
   *  02:00:00   04:00:00     anna has lunch
   *  02:15:00   04:15:00     anna is back                        a pause of 900 s
   *  02:50:00   04:50:00     anna goes                           00:00–04:50 are 3 h 50 min
   *  21:50:00   23:50:00     anna comes
   *  21:59:59   23:59:59     4 writes                            hour 23: 1 begun, 1 in
   * 22:00:00   Mon 00:00:00  5 writes                            Monday: 1 begun, 1 in
   *  22:00:09   00:00:09     anna accepts 4                      waiting: 10 s, of Sunday
   *  22:01:00                now
   */
  describe('23 hours', () => {
    let c: Centre;
    before(async () => {
      c = await centreAt('2026-03-28T22:50:00Z');
      await c.agent('anna');
      await until(c, '2026-03-28T22:59:30Z');
      const one = await begins(c, 1);
      await until(c, '2026-03-28T23:00:10Z');
      await c.accept('anna', one);
      await until(c, '2026-03-28T23:00:40Z');
      await says(c, one);
      await until(c, '2026-03-28T23:10:10Z');
      await closes(c, one, 'Sold');
      await until(c, '2026-03-29T00:59:50Z');
      const two = await begins(c, 2);
      await until(c, '2026-03-29T01:00:00Z');
      await begins(c, 3, 60);
      await until(c, '2026-03-29T01:00:20Z');
      await c.accept('anna', two);
      await until(c, '2026-03-29T01:01:50Z');
      await says(c, two);
      await until(c, '2026-03-29T01:30:20Z');
      await closes(c, two, 'Lost');
      await until(c, '2026-03-29T02:00:00Z');
      await c.host.run('setPresence', { username: 'anna', state: 'paused', pause: 'Lunch' });
      await until(c, '2026-03-29T02:15:00Z');
      await c.host.run('setPresence', { username: 'anna', state: 'available' });
      await until(c, '2026-03-29T02:50:00Z');
      await c.host.run('leave', { username: 'anna' });
      sleep(c, '2026-03-29T21:50:00Z');
      await c.connect('anna');
      await c.host.run('setPresence', { username: 'anna', state: 'available' });
      await until(c, '2026-03-29T21:59:59Z');
      const four = await begins(c, 4);
      await until(c, '2026-03-29T22:00:00Z');
      await begins(c, 5);
      await until(c, '2026-03-29T22:00:09Z');
      await c.accept('anna', four);
      await until(c, '2026-03-29T22:01:00Z');
    });
    after(() => c.host.close());

    it('begins and ends at midnight of Rome', async () => {
      const found = await reportOf(c, '2026-03-29', 'day');
      expect([found.from, found.to]).to.deep.equal(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']);
      expect(brief(await reportOf(c, '2026-03-28', 'day', '2026-03-30'))).to.deep.equal([
        ['2026-03-28', 1, 1, 0, 1, 0, 0],
        ['2026-03-29', 3, 2, 1, 3, 2, 0],
        // 5 waits still: neither answered nor abandoned.
        ['2026-03-30', 1, 0, 0, 1, 0, 0],
      ]);
    });

    it('has no hour from two to three', async () => {
      expect(brief(await reportOf(c, '2026-03-29', 'hour'))).to.deep.equal([
        ['2026-03-29T00:00+01:00', 0, 0, 0, 0, 1, 0],
        ['2026-03-29T01:00+01:00', 1, 1, 0, 1, 0, 0],
        ['2026-03-29T03:00+02:00', 1, 0, 1, 1, 1, 0],
        ['2026-03-29T23:00+02:00', 1, 1, 0, 1, 0, 0],
      ]);
      const found = await reportOf(c, '2026-03-29', 'hourOfDay');
      expect(brief(found).map(([hour, begun]) => [hour, begun])).to.deep.equal([
        ['00', 0],
        ['01', 1],
        ['03', 1],
        ['23', 1],
      ]);
      // Sunday is the seventh day.
      expect(busy(found)).to.deep.equal([
        [6, 1, 1],
        [6, 3, 1],
        [6, 23, 1],
      ]);
      expect(brief(await reportOf(c, '2026-03-29', 'weekDay')).map(([day, begun]) => [day, begun])).to.deep.equal([
        ['7', 3],
      ]);
    });

    it('counts the time that really passed', async () => {
      const { total, dispositions, undisposed, timeouts } = await reportOf(c, '2026-03-29', 'day');
      expect(total.waiting).to.deep.equal({ count: 2, average: 20, p50: 10, p90: 30 });
      expect(total.firstResponse).to.deep.equal({ count: 1, average: 120, p50: 120, p90: 120 });
      expect(total.handling).to.deep.equal({ count: 1, average: 1800, p50: 1800, p90: 1800 });
      expect(dispositions).to.deep.equal([{ name: 'Lost', count: 1, children: [] }]);
      expect(undisposed).to.equal(0);
      expect(timeouts.map(({ node, count }) => [node, count])).to.deep.equal([['queue', 1]]);
      const saturday = (await reportOf(c, '2026-03-28', 'day')).total;
      expect(saturday.waiting).to.deep.equal({ count: 1, average: 40, p50: 40, p90: 40 });
      expect(saturday.firstResponse.average).to.equal(70);
      expect(saturday.handling.average).to.equal(600);
    });

    it('has 23 hours of each agent', async () => {
      const own = anna(await reportOf(c, '2026-03-29', 'agent'));
      // Available 23:00–02:00, 02:15–02:50 and 21:50–22:00 UTC.
      const available = 3 * 3600 + 35 * 60 + 10 * 60;
      expect(own).to.deep.include({
        ...{ available, paused: 900, offline: 23 * 3600 - available - 900 },
        pauses: [{ name: 'Lunch', count: 1, seconds: 900 }],
        // Offers of Sunday: 2, 3 and 4; that of 3 went with its step.
        ...{ accepted: 2, rejected: 0, messagesOut: 2 },
      });
    });
  });

  /*
   * UTC        Rome          what happens
   * Sun 00:00  02:00 (+2)    anna and ben come
   *  00:30:00   02:30 (+2)   6 writes                            hour 02 +2: 1 begun, 1 in
   *  00:30:20                anna accepts it                     waiting: 20 s
   *  00:31:00   02:31 (+2)   anna answers it                     first response: 60 s; hour 02 +2: 1 out
   *  01:30:00   02:30 (+1)   7 writes                            hour 02 +1: 1 begun, 1 in
   *  01:30:20   02:30:20     anna closes 6 as Sold               handling: 3600 s, though clocks show the same time
   *  01:30:50   02:30:50     anna accepts 7                      waiting: 50 s
   *  01:32:00   02:32 (+1)   anna answers it                     first response: 120 s; hour 02 +1: 1 out
   *  01:33:00   02:33 (+1)   anna transfers it to ben            hour 02 +1: 1 transfer, of anna
   *  01:33:10                ben accepts it
   *  01:40:50   02:40:50     ben closes it as Sold               handling: 600 s, from the first agent on
   *  02:00:00   03:00 (+1)   both go                             02:00–03:00 were two hours
   *  22:59:59   23:59:59     8 writes, for at most 30 s          hour 23: 1 begun, 1 in
   *  23:00:29  Mon 00:00:29  nobody took 8: its plan ends        a timeout of Monday; abandoned is 8 on Sunday
   *  23:02:00                now
   */
  describe('25 hours', () => {
    let c: Centre;
    const both = ['anna', 'ben'];
    before(async () => {
      c = await centreAt('2026-10-25T00:00:00Z');
      for (const username of both) await c.agent(username);
      await until(c, '2026-10-25T00:30:00Z', both);
      const six = await begins(c, 6);
      await until(c, '2026-10-25T00:30:20Z', both);
      await c.accept('anna', six);
      await until(c, '2026-10-25T00:31:00Z', both);
      await says(c, six);
      await until(c, '2026-10-25T01:30:00Z', both);
      const seven = await begins(c, 7);
      await until(c, '2026-10-25T01:30:20Z', both);
      await closes(c, six, 'Sold');
      await until(c, '2026-10-25T01:30:50Z', both);
      await c.accept('anna', seven);
      await until(c, '2026-10-25T01:32:00Z', both);
      await says(c, seven);
      await until(c, '2026-10-25T01:33:00Z', both);
      await c.host.run('transfer', { interaction: seven, username: 'anna', to: { agent: 'ben' } });
      await until(c, '2026-10-25T01:33:10Z', both);
      await c.accept('ben', seven);
      await until(c, '2026-10-25T01:40:50Z', both);
      await closes(c, seven, 'Sold', 'ben');
      await until(c, '2026-10-25T02:00:00Z', both);
      for (const username of both) await c.host.run('leave', { username });
      sleep(c, '2026-10-25T22:59:59Z');
      await begins(c, 8, 30);
      await until(c, '2026-10-25T23:02:00Z', []);
    });
    after(() => c.host.close());

    it('begins and ends at midnight of Rome', async () => {
      const found = await reportOf(c, '2026-10-25', 'day', '2026-10-26');
      expect([found.from, found.to]).to.deep.equal(['2026-10-24T22:00:00.000Z', '2026-10-26T23:00:00.000Z']);
      expect(brief(found)).to.deep.equal([['2026-10-25', 3, 2, 1, 3, 2, 1]]);
    });

    it('has the hour from two to three twice, one after the other', async () => {
      expect(brief(await reportOf(c, '2026-10-25', 'hour'))).to.deep.equal([
        ['2026-10-25T02:00+02:00', 1, 1, 0, 1, 1, 0],
        ['2026-10-25T02:00+01:00', 1, 1, 0, 1, 1, 1],
        ['2026-10-25T23:00+01:00', 1, 0, 1, 1, 0, 0],
      ]);
      const found = await reportOf(c, '2026-10-25', 'hourOfDay');
      expect(brief(found)).to.deep.equal([
        ['02', 2, 2, 0, 2, 2, 1],
        ['23', 1, 0, 1, 1, 0, 0],
      ]);
      expect(busy(found)).to.deep.equal([
        [6, 2, 2],
        [6, 23, 1],
      ]);
    });

    it('counts the time that really passed', async () => {
      const { total, dispositions } = await reportOf(c, '2026-10-25', 'day');
      expect(total.waiting).to.deep.equal({ count: 2, average: 35, p50: 20, p90: 50 });
      expect(total.firstResponse).to.deep.equal({ count: 2, average: 90, p50: 60, p90: 120 });
      expect(total.handling).to.deep.equal({ count: 2, average: 2100, p50: 600, p90: 3600 });
      expect(dispositions).to.deep.equal([{ name: 'Sold', count: 2, children: [] }]);
    });

    it('tells transfers, timeouts and agents where they happened', async () => {
      const sunday = await reportOf(c, '2026-10-25', 'agent');
      expect(brief(sunday)).to.deep.equal([
        ['', 1, 0, 1, 1, 0, 0],
        ['anna', 1, 1, 0, 1, 2, 1],
        ['ben', 1, 1, 0, 1, 0, 0],
      ]);
      expect(sunday.timeouts).to.deep.equal([]);
      expect((await reportOf(c, '2026-10-26', 'agent')).timeouts.map(({ count }) => count)).to.deep.equal([1]);
      // Available 00:00–02:00 UTC of 25 hours: 22:00 to 23:00 UTC of the next day.
      expect(anna(sunday)).to.deep.include({ available: 7200, paused: 0, offline: 23 * 3600, accepted: 2 });
    });
  });
});
