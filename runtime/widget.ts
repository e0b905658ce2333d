import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from './connector.ts';

/** The part of a Dashboard 2.0 group that a widget uses. */
interface Group {
  register(node: Node, config: object, events: object): void;
}

/**
 * Registers a node type that is a Dashboard 2.0 widget. Dashboard gives it only its place: everything else goes over the API with the
 * user's own session, because Dashboard's sockets and stores are open to every client.
 */
export function registerWidget(RED: NodeAPI, type: string): void {
  const shared = connector(RED);

  function Widget(this: Node, def: NodeDef & { group?: string }): void {
    RED.nodes.createNode(this, def);
    const group = def.group ? (RED.nodes.getNode(def.group) as unknown as Partial<Group> | null) : null;
    if (typeof group?.register !== 'function') {
      this.status({ fill: 'red', shape: 'ring', text: 'no dashboard group' });
      return;
    }
    // `register` changes the configuration it is given and sends all of it to every browser.
    group.register(
      this,
      { ...def, apiRoot: shared.apiRoot },
      {
        onAction: false,
        // Without handlers of our own any client could make this node emit messages.
        onChange: () => {},
        onSend: () => {},
        onError: (error: Error) => this.error(error, {}),
      },
    );
  }

  RED.nodes.registerType(type, Widget);
}
