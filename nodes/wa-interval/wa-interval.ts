import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CoreError } from '../../core/api.ts';
import { connector } from '../../runtime/connector.ts';
import { atOutput, onInput } from '../../runtime/input.ts';
import { migrate, type WaIntervalConfig } from './config.ts';

/** Opening hours. 1 inside, 2 outside. No routing step: the message passes at once. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  /** @throws CoreError `calendar_missing`, RangeError for an unknown time zone */
  async function isInsideNow({ rules, timezone, calendar }: WaIntervalConfig): Promise<boolean> {
    // Loaded with the first message: time zones are a large library.
    const { isInside, isInsideCalendar } = await import('../../core/intervals.ts');
    if (!calendar) return isInside(rules, timezone, Date.now());
    // Asked for each time: what is changed in the administration holds for the next message.
    const kept = await shared.engine.run('calendar', { name: calendar });
    if (!kept)
      throw new CoreError(
        'calendar_missing',
        400,
        `There is no calendar "${calendar}": calendars are kept in the administration.`,
      );
    return isInsideCalendar(kept, timezone || kept.timezone, Date.now());
  }

  function WaInterval(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate(def);
    onInput(this, async (msg, send) => {
      const inside = await isInsideNow(config);
      this.status({ fill: inside ? 'green' : 'grey', shape: 'dot', text: inside ? 'inside' : 'outside' });
      send(atOutput(inside ? 0 : 1, msg));
    });
  }

  RED.nodes.registerType('wa-interval', WaInterval);
}
