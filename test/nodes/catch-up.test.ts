import { expect } from 'chai';
import { ProviderError } from '../../providers/failure.ts';
import type { InboundMessage, Listed, ListOptions } from '../../providers/provider.ts';
import type { Accounts } from '../../runtime/accounts.ts';
import { CatchUp } from '../../runtime/catch-up.ts';
import { fakeEngine, memoryLog, until } from '../server/support.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A provider that has one message a minute in the last hours, and lists at most so many at once. */
function provider(hours: number, most: number) {
  const now = Date.now();
  const messages: InboundMessage[] = [];
  for (let ago = hours * HOUR; ago > 0; ago -= MINUTE)
    messages.push({
      ...{ kind: 'message', id: `SM${ago / MINUTE}`, peer: { address: '+12025550142' }, type: 'text', text: 'x' },
      at: now - ago,
    });
  const ranges: [from: number, to: number][] = [];
  const list = async (_: unknown, since: number, { until = now, wanted }: ListOptions = {}): Promise<Listed> => {
    ranges.push([since, until]);
    const found = messages.filter((m) => m.at! >= since && m.at! <= until).reverse();
    const shown = found.slice(0, most);
    const ids = await wanted!(shown.map((m) => m.id));
    return { inbound: shown.filter((m) => ids.has(m.id)), outbound: [], complete: shown.length === found.length };
  };
  return { messages, ranges, list, now };
}

function setUp(list: ReturnType<typeof provider>['list'], listed: { until: number; since: number } | null) {
  const taken: string[] = [];
  const engine = fakeEngine({
    listedUntil: () => listed,
    missing: ({ ids }) => ids.filter((id) => !taken.includes(id)),
    ingest: ({ events }) => {
      taken.push(...events.map((event) => event.id));
      return null;
    },
    noteListed: () => null,
    accountError: () => null,
  });
  const troubles: (string | null)[] = [];
  const accounts = {
    ids: ['a1'],
    canAsk: () => true,
    known: () => ({ webhook: { key: 'SALES', account: {}, publicUrl: '', provider: { list } } }),
    setTrouble: (_: string, trouble: { message: string } | null) => troubles.push(trouble?.message ?? null),
  };
  const log = memoryLog();
  let changed = 0;
  const catchUp = new CatchUp(engine, accounts as unknown as Accounts, log, () => changed++);
  return { catchUp, engine, taken, troubles, log, changed: () => changed };
}

describe('catching up with a provider', () => {
  it('takes a long gap in ranges that can be listed, oldest first, and keeps how far it is', async () => {
    const { messages, ranges, list, now } = provider(10, 200);
    const { catchUp, engine, taken, log } = setUp(list, { until: now - 8 * HOUR, since: now - 9 * HOUR });
    catchUp.settled();
    await until(() => (engine.inputs('noteListed').at(-1)?.until ?? 0) >= now, 'the end', 10_000);
    catchUp.stop();
    const expected = messages.filter((m) => m.at! >= now - 8 * HOUR - 10 * MINUTE).map((m) => m.id);
    expect(taken).to.deep.equal(expected);
    for (const { events } of engine.inputs('ingest')) expect(events.length).to.be.at.most(50);
    const kept = engine.inputs('noteListed').map(({ until }) => until);
    expect(kept).to.deep.equal(kept.toSorted((a, b) => a - b));
    expect(kept.length).to.be.greaterThan(2);
    expect(Math.min(...ranges.map(([from]) => from))).to.equal(now - 8 * HOUR - 10 * MINUTE);
    expect(log.lines.at(-1)).to.match(/^info SALES: \d+ missed messages were fetched/);
  });

  it('asks for nothing of a new account, nor for what is older than it', async () => {
    const { ranges, list, now } = provider(1, 200);
    const first = setUp(list, null);
    first.catchUp.settled();
    await until(() => first.engine.inputs('listedUntil').length > 0, 'the look');
    first.catchUp.stop();
    expect(ranges).to.deep.equal([]);
    const second = setUp(list, { until: now - MINUTE, since: now - 2 * MINUTE });
    second.catchUp.settled();
    await until(() => second.engine.inputs('noteListed').length > 0, 'the end');
    second.catchUp.stop();
    expect(ranges[0]![0]).to.equal(now - 2 * MINUTE);
    expect(second.taken).to.deep.equal(['SM2', 'SM1']);
  });

  it('says once what is wrong, and that it is over; a deploy does not wait for the next try', async () => {
    const { list, now } = provider(1, 200);
    let wrong: Error | null = new ProviderError('20003', 'account', 'Twilio refused the list of messages: no');
    const fails = (...args: Parameters<typeof list>) => (wrong ? Promise.reject(wrong) : list(...args));
    const known = { until: now - HOUR / 2, since: now - HOUR };
    const { catchUp, engine, troubles, log, changed, taken } = setUp(fails, known);
    catchUp.settled();
    await until(() => engine.inputs('accountError').length === 1, 'the error');
    catchUp.settled();
    await until(() => engine.inputs('listedUntil').length === 2, 'the second try');
    expect(taken).to.deep.equal([]);
    wrong = null;
    await until(() => {
      catchUp.settled();
      return engine.inputs('accountError').length === 2;
    }, 'the end');
    catchUp.stop();
    expect(engine.inputs('accountError')).to.deep.equal([
      { account: 'a1', error: '20003: Twilio refused the list of messages: no' },
      { account: 'a1', error: null },
    ]);
    expect(troubles).to.deep.equal(['Twilio refused the list of messages: no', null]);
    expect(changed()).to.equal(2);
    expect(log.lines.filter((line) => line.startsWith('warn'))).to.have.length(1);
    expect(taken).to.have.length(40);
  });
});
