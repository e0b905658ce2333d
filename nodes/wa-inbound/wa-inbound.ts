import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { shortProblem } from '../../runtime/problem.ts';
import { migrate } from './config.ts';

/** ms between two writes of the status while messages pour in. */
const STATUS_EVERY = 1000;

/** Where messages enter a flow: 1 the message, 2 delivery statuses. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaInbound(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { account } = migrate(def);
    let last = 0;
    let timer: NodeJS.Timeout | undefined;
    let shownAt = 0;

    const show = () => {
      timer = undefined;
      shownAt = Date.now();
      const problem = shared.failure ?? problemOf();
      if (problem) {
        const missing =
          problem.code.endsWith('_missing') &&
          problem.code !== 'webhook_secret_missing' &&
          problem.code !== 'domain_missing';
        this.status({ fill: 'red', shape: 'ring', text: missing ? 'not configured' : shortProblem(problem) });
      } else if (last > 0)
        this.status({ fill: 'green', shape: 'dot', text: `last message ${new Date(last).toTimeString().slice(0, 5)}` });
      else this.status({ fill: 'green', shape: 'dot', text: 'ready' });
    };
    const problemOf = () => {
      const nodes = account ? [account] : shared.accounts.nodes.map((n) => n.nodeId);
      if (nodes.length === 0) return { code: 'account_missing', message: 'no account' };
      for (const id of nodes) {
        const [problem] = shared.accounts.problems(id);
        if (problem) return problem;
      }
      return null;
    };
    const soon = () => {
      timer ??= setTimeout(show, Math.max(0, shownAt + STATUS_EVERY - Date.now()));
    };

    const remove = shared.delivery.addInbound({
      account,
      message: (msg) => {
        last = Date.now();
        soon();
        this.send([msg, null] as never);
      },
      status: (msg) => this.send([null, msg] as never),
    });
    const unlisten = shared.onSettled(show);
    this.on('close', (done: () => void) => {
      clearTimeout(timer);
      remove();
      unlisten();
      done();
    });
  }

  RED.nodes.registerType('wa-inbound', WaInbound);
}
