import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Steered } from '../../core/api.ts';
import { type Connector, connector } from '../../runtime/connector.ts';
import { onInput, shorten } from '../../runtime/input.ts';
import { interactionOf, learn, type PlanMessage } from '../../runtime/message.ts';
import { typedValue } from '../../runtime/typed-value.ts';
import { migrate, type Operation } from './config.ts';
import { disposition, type Found, oneText, priority, tags } from './values.ts';

/** Changes the interaction of a message. 1 done. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaInteraction(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { operation, value, valueType } = migrate(def);
    const where = valueType === 'str' ? 'The node' : `${valueType}.${value}`;
    onInput(this, async (received, send) => {
      const msg = received as unknown as PlanMessage;
      const about = interactionOf(msg);
      const found =
        operation === 'unassign'
          ? undefined
          : valueType === 'str'
            ? value
            : await typedValue(RED, this, value, valueType, msg);
      const { result, did } = await operate(shared, this.id, operation, about, { value: found, where });
      if (result) learn(msg, result.interaction, result.seq);
      this.status({ fill: 'grey', shape: 'dot', text: shorten(did) });
      send(msg);
    });
  }

  RED.nodes.registerType('wa-interaction', WaInteraction);
}

interface Done {
  /** What the message learns. */
  result: { interaction: Steered['interaction']; seq?: Steered['seq'] } | null;
  /** In words, for the status. */
  did: string;
}

async function operate(
  { engine }: Connector,
  node: string,
  operation: Operation,
  { interaction, plan }: ReturnType<typeof interactionOf>,
  found: Found,
): Promise<Done> {
  const of = { interaction, node };
  const actor = plan ? { node, plan } : { node };
  switch (operation) {
    case 'tag':
    case 'untag': {
      const given = tags(found);
      const change = operation === 'tag' ? 'add' : 'remove';
      const result = await engine.run('setTags', { interaction, actor, tags: given, change });
      return { result, did: `${operation === 'tag' ? 'tagged' : 'untagged'} ${given.join(', ')}` };
    }
    case 'note':
      await engine.run('addNote', { interaction, actor, text: oneText(found, 'note') });
      return { result: null, did: 'noted' };
    case 'close': {
      const path = disposition(found);
      const result = await engine.run('steerClose', { ...of, disposition: path });
      return { result, did: path.length > 0 ? `closed: ${path.join(' › ')}` : 'closed' };
    }
    case 'assign': {
      const agent = oneText(found, 'agent');
      return { result: await engine.run('steerAssign', { ...of, agent }), did: `assigned to ${agent}` };
    }
    case 'unassign':
      return { result: await engine.run('steerUnassign', of), did: 'unassigned' };
    case 'list': {
      const list = oneText(found, 'list');
      return { result: await engine.run('steerList', { ...of, list }), did: `in list ${list}` };
    }
    case 'priority': {
      const number = priority(found);
      return { result: await engine.run('steerPriority', { ...of, priority: number }), did: `priority ${number}` };
    }
  }
}
