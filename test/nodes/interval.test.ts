import { expect } from 'chai';
import helper from 'node-red-node-test-helper';
import { ends, load, unload, watchers } from './support.ts';

const flow = (properties: object): object[] => [
  { id: 'step', type: 'wa-interval', wires: [['inside'], ['outside']], ...properties },
  ...ends('inside', 'outside'),
  ...watchers('step'),
];

describe('wa-interval as a node', function () {
  this.timeout(10_000);
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  afterEach(unload);

  it('passes the message unchanged, by its first output inside, by its second outside', async () => {
    const sent = { payload: { f: 'any' }, topic: 't', whatsapp: 'none of its business' };
    for (const [rules, output, other] of [
      [[{ always: true }], 'inside', 'outside'],
      [[], 'outside', 'inside'],
      [[{ dates: ['1999-12-31'] }, { months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }], 'inside', 'outside'],
      [[{ dates: ['1999-12-31'] }], 'outside', 'inside'],
    ] as const) {
      const bench = await load(flow({ rules, timezone: 'Asia/Tokyo' }));
      bench.give('step', structuredClone(sent));
      const { _msgid, ...msg } = await bench.next(output);
      expect(msg).to.deep.equal(sent);
      await bench.next('completed');
      expect([bench.rest(other), bench.rest(output), bench.rest('caught'), bench.rest('completed')]).to.deep.equal([
        [],
        [],
        [],
        [],
      ]);
      const { text } = helper.getNode('step').status.lastCall.args[0] as { text: string };
      expect(text).to.equal(output);
      await unload();
    }
  });

  it('reads the clock of its time zone', async () => {
    // Of two zones 26 hours apart one has another date than the other, whatever the time is.
    const dateIn = (timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date());
    const [west, east] = ['Etc/GMT+12', 'Pacific/Kiritimati'] as const;
    for (const [timezone, output] of [
      [west, 'outside'],
      [east, 'inside'],
    ] as const) {
      const bench = await load(flow({ rules: [{ dates: [dateIn(east)] }], timezone }));
      bench.give('step', {});
      await bench.next(output);
      await unload();
    }
  });

  it('goes by a calendar of the administration, as that is when the message comes', async () => {
    const dateIn = (timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date());
    const [west, east] = ['Etc/GMT+12', 'Pacific/Kiritimati'] as const;
    const bench = await load(flow({ rules: [], calendar: 'Opening hours' }));
    const { engine } = bench.shared;
    const made = await engine.run('createCalendar', {
      name: 'Opening hours',
      timezone: east,
      rules: [{ dates: [dateIn(east)] }],
      holidays: [],
    });
    const goes = async (output: string) => {
      bench.give('step', {});
      await bench.next(output);
      await bench.next('completed');
    };
    await goes('inside');
    await engine.run('updateCalendar', { id: made.id, timezone: west });
    await goes('outside');
    await engine.run('updateCalendar', { id: made.id, rules: [{ always: true }] });
    await goes('inside');
    await engine.run('updateCalendar', { id: made.id, holidays: [{ dates: [dateIn(west)] }] });
    await goes('outside');
    await unload();
    // The node's own zone comes first.
    const own = await load(flow({ rules: [], calendar: 'Opening hours', timezone: east }));
    await own.shared.engine.run('createCalendar', {
      name: 'Opening hours',
      timezone: west,
      rules: [{ dates: [dateIn(east)] }],
      holidays: [],
    });
    own.give('step', {});
    await own.next('inside');
    await own.next('completed');
    expect([own.rest('caught'), own.rest('outside')]).to.deep.equal([[], []]);
  });

  it('a calendar that nobody keeps and an unknown time zone are errors', async () => {
    const rules = [{ always: true }];
    const calendar = await load(flow({ rules, calendar: 'Bank holidays' }));
    calendar.give('step', {});
    expect((await calendar.next('caught')).error).to.include({ code: 'calendar_missing' });
    await unload();
    const zone = await load(flow({ rules: [{ from: '00:00', to: '23:59' }], timezone: 'Middle/Earth' }));
    zone.give('step', {});
    expect((await zone.next('caught')).error.message).to.contain('Middle/Earth');
    expect([zone.rest('completed'), zone.rest('inside'), zone.rest('outside')]).to.deep.equal([[], [], []]);
  });
});
