import { expect } from 'chai';
import helper from 'node-red-node-test-helper';
import { ago, statusOf } from '../../nodes/wa-inbound/status.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { ends, load, SECRETS, unload } from './support.ts';

describe('the status of wa-inbound', () => {
  it('says how long ago the last message came, in steps that grow', () => {
    const texts = [0, 59_999, 60_000, 59 * 60_000, 3_600_000, 23.9 * 3_600_000, 50 * 3_600_000].map(ago);
    expect(texts).to.deep.equal(['just now', 'just now', '1 min ago', '59 min ago', '1 h ago', '23 h ago', '2 d ago']);
  });

  it('red is what needs repair, in the settings before at the provider', () => {
    const now = 1_000_000;
    const heard = { lastAt: now - 120_000, error: '20003: Twilio refused the message' };
    expect(statusOf(null, { lastAt: 0, error: null }, now)).to.include({ fill: 'green', text: 'ready' });
    expect(statusOf(null, { ...heard, error: null }, now)).to.include({
      fill: 'green',
      text: 'last message 2 min ago',
    });
    expect(statusOf(null, heard, now)).to.deep.equal({
      ...{ fill: 'red', shape: 'ring', text: '20003: Twilio refused the messa… · last message 2 min ago' },
    });
    expect(statusOf({ code: 'account_sid_missing', message: 'x' }, heard, now)).to.include({ text: 'not configured' });
  });

  describe('in a flow', () => {
    let simulator: Simulator;
    before(async () => {
      await new Promise<void>((resolve) => void helper.startServer(resolve));
    });
    after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
    beforeEach(async () => {
      simulator = await startSimulator({ strictWindow: false });
    });
    afterEach(async () => {
      await unload();
      await simulator.close();
    });

    it('shows the last error of the provider until a message comes', async () => {
      // The simulator does not know the account: it refuses its credentials.
      const bench = await load(
        [
          { id: 'inbound', type: 'wa-inbound', account: 'account', wires: [['in'], []] },
          { id: 'send', type: 'wa-send', mode: 'text', text: 'Hello' },
          ...ends('in'),
        ],
        { provider: 'sinch', baseUrl: simulator.url, appId: SECRETS.sinch.appId },
      );
      const first = bench.status('inbound', /^last message just now$/);
      await bench.write('one');
      await first;
      const failed = bench.status('inbound', /token_http_401.*· last message just now$/);
      bench.give('send', await bench.next('in'));
      expect(await failed).to.include({ fill: 'red', shape: 'ring' });
      const again = bench.status('inbound', /^last message just now$/);
      await bench.write('two');
      expect(await again).to.include({ fill: 'green', shape: 'dot' });
    });
  });
});
