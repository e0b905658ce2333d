import { expect } from 'chai';
import { CoreError, type Effect } from '../../core/api.ts';
import type { Accounts } from '../../runtime/accounts.ts';
import { Delivery } from '../../runtime/delivery.ts';
import { fakeEngine, memoryLog, until } from '../server/support.ts';

const handover = {
  kind: 'handover',
  account: 'a1',
  interaction: 'i1',
  handover: { message: { id: 'm1', text: 'x' }, context: { account: { key: 'SALES' } } },
};

describe('the delivery of messages to nodes', () => {
  it('marks what was handed over again when the store was away, and hands nothing over twice', async () => {
    const marked: string[][] = [];
    let away = true;
    const engine = fakeEngine({
      handed: ({ messages }) => {
        marked.push(messages);
        if (away) throw new CoreError('store_unreachable', 503, 'The database does not answer.');
        return null;
      },
    });
    const accounts = { known: () => ({ node: { nodeId: 'n1' } }) } as unknown as Accounts;
    const log = memoryLog();
    const red = { util: { cloneMessage: structuredClone } };
    const delivery = new Delivery(engine, accounts, log, red as never);
    const got: unknown[] = [];
    delivery.addInbound({ account: '', message: (msg) => got.push(msg), status: () => {} });
    delivery.open();
    delivery.take([{ kind: 'resumed' }, handover] as unknown as Effect[]);
    await until(() => marked.length === 1, 'the first mark');
    // Another runtime's look, or a deploy's, finds it unmarked.
    delivery.take([handover] as unknown as Effect[]);
    away = false;
    await until(() => marked.length === 2, 'the second mark');
    expect(marked).to.deep.equal([['m1'], ['m1']]);
    expect(got).to.have.length(1);
    expect(log.lines.filter((line) => line.startsWith('warn'))).to.have.length(1);
    delivery.close();
  });
});
