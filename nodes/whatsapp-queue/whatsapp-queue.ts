import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { migrate } from './config.ts';

/** A named group of agents with a strategy. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WhatsappQueue(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { configVersion: _, ...config } = migrate(def);
    const remove = shared.addQueue({ nodeId: this.id, ...config });
    this.on('close', (done: () => void) => {
      remove();
      done();
    });
  }

  RED.nodes.registerType('whatsapp-queue', WhatsappQueue);
}
