import type { NodeAPI } from 'node-red';

interface Configured {
  id: string;
  type: string;
  z?: string;
}

/** What Node-RED tells with `flows:stopping`. */
export interface Stopping {
  type?: string;
  diff?: Partial<Record<'changed' | 'removed' | 'linked' | 'rewired' | 'flowChanged', string[]>> & {
    globalConfigChanged?: boolean;
  };
}

/** Whether a deploy stops any node. One that only adds, moves or rewires does not, and messages stay where they are. */
export function stopsNodes(RED: NodeAPI, { type, diff }: Stopping): boolean {
  if (!diff || diff.globalConfigChanged || (type !== 'nodes' && type !== 'flows')) return true;
  if (diff.removed?.length || diff.flowChanged?.length) return true;
  const stopped = new Set(diff.changed);
  // A tab counts as changed with anything in it; only what is named itself is stopped.
  RED.nodes.eachNode((n) => {
    if ((n as unknown as Configured).type === 'tab') stopped.delete(n.id);
  });
  return stopped.size > 0 || (type === 'flows' && Boolean(diff.linked?.length || diff.rewired?.length));
}

/**
 * Ids of all nodes of the deployed configuration, disabled ones too. Nodes inside a subflow run under an id of their own for each
 * instance, `<instance>-<node>`, as Node-RED makes them.
 */
export function deployedNodes(RED: NodeAPI): string[] {
  const nodes: Configured[] = [];
  RED.nodes.eachNode((n) => nodes.push(n as unknown as Configured));
  const ids = nodes.map((n) => n.id);
  const inside = new Map<string, Configured[]>();
  for (const n of nodes) if (n.z) inside.set(n.z, [...(inside.get(n.z) ?? []), n]);
  const expand = (instance: string, subflow: string, depth: number): void => {
    // Node-RED refuses a subflow inside itself; the bound only keeps a broken file from hanging us.
    if (depth > 20) return;
    for (const n of inside.get(subflow) ?? []) {
      const id = `${instance}-${n.id}`;
      ids.push(id);
      if (n.type.startsWith('subflow:')) expand(id, n.type.slice(8), depth + 1);
    }
  };
  const templates = new Set(nodes.filter((n) => n.type === 'subflow').map((n) => n.id));
  for (const n of nodes)
    if (n.type.startsWith('subflow:') && !templates.has(n.z ?? '')) expand(n.id, n.type.slice(8), 0);
  return ids;
}
