import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { shorten } from '../../runtime/input.ts';
import { messageOfEvent } from '../../runtime/message.ts';
import { migrate } from './config.ts';

/** ms between two writes of the status while events pour in. */
const STATUS_EVERY = 1000;

/** What happens in the contact centre, at least once and in order. 1 event. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaEvents(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { account, events } = migrate(def);
    let last: { at: string; behind: boolean } | null = null;
    let timer: NodeJS.Timeout | undefined;
    let shownAt = 0;

    const accountId = () => (account === '' ? '' : shared.accounts.idOf(account));
    const show = () => {
      timer = undefined;
      shownAt = Date.now();
      if (shared.failure) this.status({ fill: 'red', shape: 'ring', text: shorten(shared.failure.message) });
      else if (accountId() === null) this.status({ fill: 'red', shape: 'ring', text: 'account missing' });
      else if (!last) this.status({ fill: 'green', shape: 'dot', text: 'listening' });
      else {
        const time = new Date(last.at).toTimeString().slice(0, 8);
        this.status({ fill: 'green', shape: 'dot', text: last.behind ? `catching up, ${time}` : `up to ${time}` });
      }
    };
    const remove = shared.events.add(this.id, {
      events: events.length > 0 ? events : null,
      account: accountId,
      give: (event) => this.send(messageOfEvent(event) as never),
      upTo: (at, behind) => {
        last = { at, behind };
        timer ??= setTimeout(show, Math.max(0, shownAt + STATUS_EVERY - Date.now()));
      },
    });
    const unlisten = shared.onSettled(show);
    this.on('close', (done: () => void) => {
      clearTimeout(timer);
      remove();
      unlisten();
      done();
    });
  }

  RED.nodes.registerType('wa-events', WaEvents);
}
