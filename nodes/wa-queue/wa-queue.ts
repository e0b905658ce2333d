import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { routingStep } from '../../runtime/step.ts';
import { typedText } from '../../runtime/typed-value.ts';
import { migrate } from './config.ts';

/** Offers the interaction to a queue's agents. 1 accepted, 2 timeout, 3 nobody available. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaQueue(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { queue, queueType, timeout, skipIfNobody } = migrate(def);
    const byName = queueType !== 'queue';
    routingStep(this, shared, {
      outputs: skipIfNobody ? 3 : 2,
      enter: async (input, msg) => {
        const wanted = byName ? await typedText(RED, this, queue, queueType, msg, 'queue') : queue;
        return shared.engine.run('enterQueue', { ...input, queue: wanted, byName, timeout, skipIfNobody });
      },
    });
  }

  RED.nodes.registerType('wa-queue', WaQueue);
}
