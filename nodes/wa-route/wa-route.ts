import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { routingStep } from '../../runtime/step.ts';

/** Back to the agent who knows the customer, else to the agent's queue, else to the action plan. 1 handled, 2 action plan. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaRoute(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    routingStep(this, shared, { outputs: 2, enter: (input) => shared.engine.run('enterRoute', input) });
  }

  RED.nodes.registerType('wa-route', WaRoute);
}
