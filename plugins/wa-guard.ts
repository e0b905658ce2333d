import type { NodeAPI } from 'node-red';

/**
 * A runtime plugin of Dashboard 2.0 that drops what no widget of ours sends. Dashboard 1.31 lets the node with the id that a browser
 * names emit the browser's message, whatever kind of node that is: forged for a Function node before `wa-send`, it would go out to a
 * customer. Screens of this pack speak over their own API and never through Dashboard's socket.
 */

/** The part of a browser's connection (socket.io) that is logged. */
interface Connection {
  id?: string;
  handshake?: { address?: string };
}

/** Tells once in a while, not for each of a flood. ms */
const TELL_EVERY = 60_000;

/** Whether Dashboard may let this type of node emit what a browser sent. */
export const mayEmit = (type: string): boolean => type.startsWith('ui-') && !type.startsWith('ui-wa-');

export default function (RED: NodeAPI): void {
  let told = 0;
  /** Hands the message on as it is, or null, which drops it. */
  const guard = (event: string) => (conn: Connection | undefined, id: unknown, msg: unknown) => {
    const node = typeof id === 'string' ? RED.nodes.getNode(id) : null;
    // What does not exist, Dashboard ignores by itself.
    if (!node || mayEmit(node.type)) return msg;
    if (Date.now() - told >= TELL_EVERY) {
      told = Date.now();
      RED.log.warn(
        `[whatsapp] Dropped "${event}" from ${conn?.handshake?.address ?? 'a browser'}: it was aimed at ${node.type} ${node.id}, which takes nothing from Dashboard's browsers.`,
      );
    }
    return null;
  };
  RED.plugins.registerPlugin('wa-guard', {
    type: 'node-red-dashboard-2',
    // Dashboard calls these before it lets a node emit.
    hooks: { onSend: guard('widget-send'), onChange: guard('widget-change'), onAction: guard('widget-action') },
  } as never);
}
