import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { atOutput, onInput } from '../../runtime/input.ts';
import { interactionOf, type PlanMessage } from '../../runtime/message.ts';
import { showOutcome, storing } from '../../runtime/step.ts';
import { migrate } from './config.ts';
import { outputOf } from './outputs.ts';

/** Waits for the close. An output for each outcome of the first level, then one for another or none. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaDisposition(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { dispositions, mandatory, pause } = migrate(def);
    const stored = storing(this);
    const remove = shared.delivery.addStep(this.id, {
      release: (msg) => {
        const path = msg.whatsapp.step?.disposition;
        this.send(atOutput(outputOf(dispositions, path), msg) as never);
        showOutcome(this, path?.join(' › ') ?? '');
      },
      waiting: (count) => {
        this.status(count === 0 ? {} : { fill: 'grey', shape: 'ring', text: `${count} open` });
      },
    });
    this.on('close', (done: () => void) => {
      remove();
      done();
    });
    onInput(this, async (received) => {
      const msg = received as unknown as PlanMessage;
      const { interaction } = interactionOf(msg);
      const watch = { node: this.id, interaction, msg: stored(msg), dispositions, mandatory, pause };
      await shared.engine.run('watch', watch);
    });
  }

  RED.nodes.registerType('wa-disposition', WaDisposition);
}
