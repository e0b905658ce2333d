import helper from 'node-red-node-test-helper';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { type Bench, ends, load, SECRETS, unload, watchers } from './support.ts';

/** The account's number at the simulator. */
export const PHONE = '+12025550100';

/** `wa-send` behind a `wa-inbound`, and the simulator as its provider. Call it within `describe`: it registers what runs around the tests. */
export function sendingTo(provider: 'twilio' | 'sinch' | 'meta') {
  const bench = {
    simulator: undefined as unknown as Simulator,
    /** Loads Node-RED with `wa-send` of these properties, and the account with those. */
    open: (properties: object, account = {}): Promise<Bench> =>
      load(
        [
          { id: 'inbound', type: 'wa-inbound', account: 'account', wires: [['in'], []] },
          { id: 'send', type: 'wa-send', wires: [['out']], ...properties },
          ...ends('in', 'out'),
          ...watchers('send'),
        ],
        { provider, baseUrl: bench.simulator.url, appId: SECRETS[provider].appId, ...account },
      ),
  };
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  beforeEach(async () => {
    // The customer writes into the engine directly, so the simulator knows of no window; statuses have nowhere to go.
    bench.simulator = await startSimulator({ strictWindow: false });
    bench.simulator.behave({ statuses: 'none' });
    bench.simulator.register({ ...SECRETS[provider], provider, phone: PHONE, webhookUrl: 'http://127.0.0.1:9/none' });
  });
  afterEach(async () => {
    await unload();
    await bench.simulator.close();
  });
  return bench;
}
