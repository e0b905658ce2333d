import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { migrate } from './config.ts';
import { type Heard, statusOf } from './status.ts';

/** ms between two writes of the status while messages pour in. */
const STATUS_EVERY = 1000;
/** ms after which "how long ago" is another one. */
const MINUTE = 60_000;

/** Where messages enter a flow: 1 the message, 2 delivery statuses. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaInbound(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { account } = migrate(def);
    let heard: Heard = { lastAt: 0, error: null };
    let timer: NodeJS.Timeout | undefined;
    let shownAt = 0;
    let shown = '';
    let closed = false;

    const show = () => {
      timer = undefined;
      shownAt = Date.now();
      const status = statusOf(shared.failure ?? problemOf(), heard, shownAt);
      const key = JSON.stringify(status);
      if (key === shown) return;
      shown = key;
      this.status(status);
    };
    const nodes = () => (account ? [account] : shared.accounts.nodes.map((n) => n.nodeId));
    const problemOf = () => {
      if (nodes().length === 0) return { code: 'account_missing', message: 'no account' };
      for (const id of nodes()) {
        const [problem] = shared.accounts.problems(id);
        if (problem) return problem;
      }
      return null;
    };
    const soon = () => {
      timer ??= setTimeout(show, Math.max(0, shownAt + STATUS_EVERY - Date.now()));
    };
    /** What the store knows of the accounts: also what was before this start, and what went wrong at the provider. */
    const look = async () => {
      const ids = nodes().flatMap((id) => shared.accounts.idOf(id) ?? []);
      const all = await Promise.all(ids.map((idOrNode) => shared.engine.run('accountStatus', { idOrNode })));
      const times = all.map(({ lastInboundAt }) => (lastInboundAt === null ? 0 : Date.parse(lastInboundAt)));
      heard = {
        lastAt: Math.max(heard.lastAt, ...times),
        error: all.find(({ lastError }) => lastError !== null)?.lastError ?? null,
      };
    };
    const refresh = () => {
      look()
        .catch(() => {})
        .finally(() => {
          if (!closed) soon();
        });
    };

    const remove = shared.delivery.addInbound({
      account,
      message: (msg) => {
        // A message ends what was wrong, as in the store.
        heard = { lastAt: Date.now(), error: null };
        soon();
        this.send([msg, null] as never);
      },
      status: (msg) => this.send([null, msg] as never),
    });
    const unlisten = shared.onSettled(() => {
      show();
      refresh();
    });
    const minutes = setInterval(refresh, MINUTE).unref();
    this.on('close', (done: () => void) => {
      closed = true;
      clearTimeout(timer);
      clearInterval(minutes);
      remove();
      unlisten();
      done();
    });
  }

  RED.nodes.registerType('wa-inbound', WaInbound);
}
