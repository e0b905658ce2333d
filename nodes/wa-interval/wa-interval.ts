import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CoreError } from '../../core/api.ts';
import { atOutput, onInput } from '../../runtime/input.ts';
import { migrate } from './config.ts';

/** Opening hours. 1 inside, 2 outside. No routing step: the message passes at once. */
export default function (RED: NodeAPI): void {
  function WaInterval(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { rules, timezone, calendar } = migrate(def);
    onInput(this, async (msg, send) => {
      if (calendar)
        throw new CoreError(
          'calendar_missing',
          400,
          `There is no calendar "${calendar}": calendars are kept in the administration.`,
        );
      // Loaded with the first message: time zones are a large library.
      const { isInside } = await import('../../core/intervals.ts');
      const inside = isInside(rules, timezone, Date.now());
      this.status({ fill: inside ? 'green' : 'grey', shape: 'dot', text: inside ? 'inside' : 'outside' });
      send(atOutput(inside ? 0 : 1, msg));
    });
  }

  RED.nodes.registerType('wa-interval', WaInterval);
}
