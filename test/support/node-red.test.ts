import { expect } from 'chai';
import { createUserDir, type FlowNode, type NodeRed, removeUserDir, startNodeRed } from './node-red.ts';

const flow = (answer: string): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'T' },
  { id: 'in', type: 'http in', z: 'tab', url: '/hello', method: 'get', x: 100, y: 40, wires: [['fn']] },
  {
    id: 'fn',
    type: 'function',
    z: 'tab',
    func: `msg.payload='${answer}'; return msg`,
    outputs: 1,
    x: 200,
    y: 40,
    wires: [['out']],
  },
  { id: 'out', type: 'http response', z: 'tab', x: 300, y: 40, wires: [] },
];

describe('the Node-RED harness', function () {
  this.timeout(60_000);
  let userDir: string;
  let red: NodeRed | undefined;

  beforeEach(async () => {
    userDir = await createUserDir({ pack: false });
  });
  afterEach(async () => {
    await red?.kill9();
    red = undefined;
    await removeUserDir(userDir);
  });

  for (const version of [5, 4] as const) {
    it(`starts Node-RED ${version} with flows, deploys, restarts after a kill`, async () => {
      red = await startNodeRed({ userDir, version, flows: flow('one') });
      expect(red.log()).to.match(new RegExp(`Node-RED version: v${version}\\.`));
      expect(await (await fetch(`${red.url}/hello`)).text()).to.equal('one');
      await red.deploy(flow('two'), 'nodes');
      expect(await (await fetch(`${red.url}/hello`)).text()).to.equal('two');
      await red.kill9();
      red = await startNodeRed({ userDir, version });
      expect(await (await fetch(`${red.url}/hello`)).text()).to.equal('two');
      await red.stop();
    });
  }

  it('sees only the packs of the user directory', async () => {
    red = await startNodeRed({ userDir, flows: [] });
    const sets = (await (await red.admin('/nodes', { headers: { accept: 'application/json' } })).json()) as {
      module: string;
    }[];
    expect([...new Set(sets.map((set) => set.module))]).to.deep.equal(['node-red']);
    await red.stop();
  });

  it('takes own roots and keeps credentials given inside nodes', async () => {
    const node: FlowNode = { id: 'auth', type: 'tls-config', name: 'x', credentials: { passphrase: 'fictional' } };
    red = await startNodeRed({ userDir, flows: [node], settings: { httpAdminRoot: '/red', httpNodeRoot: '/api/' } });
    expect(red.adminUrl).to.equal(`http://127.0.0.1:${red.port}/red`);
    expect(red.url).to.equal(`http://127.0.0.1:${red.port}/api`);
    const credentials = (await (await red.admin('/credentials/tls-config/auth')).json()) as object;
    expect(credentials).to.include({ has_passphrase: true });
    await red.stop();
    const { credentials: _secret, ...plain } = node;
    red = await startNodeRed({ userDir, flows: [plain] });
    expect(await (await red.admin('/credentials/tls-config/auth')).json()).to.include({ has_passphrase: true });
    await red.stop();
  });

  it('reports what nobody caught', async () => {
    red = await startNodeRed({ userDir, flows: flow("'; Promise.reject(new Error('lost')); msg.payload='") });
    await fetch(`${red.url}/hello`).catch(() => undefined);
    await red.waitForLog(/lost/);
    const failure = await red.stop().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(failure)).to.contain('not caught').and.to.contain('lost');
  });
});
