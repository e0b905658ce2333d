import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { onInput } from '../../runtime/input.ts';
import { interactionOf, type PlanMessage } from '../../runtime/message.ts';
import { type Choice, migrate } from './config.ts';

/** Tells agents something on their desks. 1 the message. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaNotify(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { audience, usernames, template, sound, shake, level } = migrate(def);
    onInput(this, async (received, send) => {
      const msg = received as unknown as PlanMessage;
      const { interaction, plan } = interactionOf(msg);
      const { reached, repeated } = await shared.engine.run('notify', {
        interaction,
        actor: plan ? { node: this.id, plan } : { node: this.id },
        ...{ audience, usernames, template, level, sound: flagOf(sound), shake: flagOf(shake) },
      });
      // What was told before was told: the status stays.
      if (!repeated)
        this.status(
          reached > 0
            ? { fill: 'grey', shape: 'dot', text: `told ${reached}, ${time()}` }
            : { fill: 'yellow', shape: 'ring', text: 'nobody there' },
        );
      send(msg);
    });
  }

  RED.nodes.registerType('wa-notify', WaNotify);
}

const flagOf = (choice: Choice): boolean | null => (choice === 'inherit' ? null : choice === 'yes');

/** Hours and minutes of the server. */
const time = (): string => new Date().toTimeString().slice(0, 5);
