import type { Node, NodeMessageInFlow } from 'node-red';
import { CoreError, type EnterStep, type StepAnswer } from '../core/api.ts';
import type { Connector } from './connector.ts';
import { atOutput, onInput, shorten, wiredOutputs, wiring } from './input.ts';
import { type PlanMessage, planOf, refresh } from './message.ts';
import { serialise } from './serialise.ts';

/** What the routing steps (`wa-route`, `wa-queue`, `wa-agent`) share. */
export interface Step {
  outputs: number;
  enter(input: EnterStep, msg: PlanMessage): Promise<StepAnswer>;
}

/**
 * Makes a node a routing step: the message enters durably, waits in the engine, and leaves by an output when the engine says so, also
 * after a restart. `done` is called once the step is durable.
 */
export function routingStep(node: Node, shared: Connector, step: Step): void {
  const stored = storing(node);
  const remove = shared.delivery.addStep(node.id, {
    forward(output, msg) {
      node.send(atOutput(output, msg) as never);
      showOutcome(node, msg.whatsapp.step?.outcome ?? '');
    },
    wiring: () => wiring(node, step.outputs),
    waiting(count, nobody) {
      if (count === 0) node.status({});
      else if (nobody) node.status({ fill: 'yellow', shape: 'ring', text: shorten(`${count} waiting · ${nobody}`) });
      else node.status({ fill: 'blue', shape: 'dot', text: `${count} waiting` });
    },
  });
  node.on('close', (done: () => void) => {
    remove();
    done();
  });
  onInput(node, async (received: NodeMessageInFlow, send) => {
    const msg = received as unknown as PlanMessage;
    const answer = await step.enter(
      { node: node.id, ...planOf(msg), msg: stored(msg), wired: wiredOutputs(node, step.outputs) },
      msg,
    );
    switch (answer.result) {
      case 'out':
        send(atOutput(answer.output, refresh(msg, answer.context, answer.step)));
        break;
      case 'loop':
        throw new CoreError(
          'plan_loop',
          409,
          'The plan loops: this node was entered more than 20 times within a minute.',
        );
      default:
      // Waiting, ended or a stale copy: there is nothing to send now.
    }
  });
}

/** Serialises the messages of a node that keeps them; says once what cannot be kept. */
export function storing(node: Node): (msg: PlanMessage) => string {
  let warned = false;
  return (msg) => {
    const { text, dropped } = serialise(msg);
    if (dropped.length > 0 && !warned) {
      warned = true;
      node.warn(`What cannot be kept while the message waits is dropped: ${dropped.join(', ')}`);
    }
    return text;
  };
}

export function showOutcome(node: Node, outcome: string): void {
  if (outcome !== '') node.status({ fill: 'grey', shape: 'dot', text: outcome.replaceAll('_', ' ') });
}
