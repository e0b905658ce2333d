import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { routingStep } from '../../runtime/step.ts';
import { typedText } from '../../runtime/typed-value.ts';
import { migrate } from './config.ts';

/** Offers the interaction to one named agent. 1 accepted, 2 not accepted. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaAgent(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { agent, agentType, timeout } = migrate(def);
    routingStep(this, shared, {
      outputs: 2,
      enter: async (input, msg) => {
        const wanted = agentType === 'str' ? agent : await typedText(RED, this, agent, agentType, msg, 'agent');
        return shared.engine.run('enterAgent', { ...input, agent: wanted, timeout });
      },
    });
  }

  RED.nodes.registerType('wa-agent', WaAgent);
}
