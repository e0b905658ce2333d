/** The demo's user directory: this checkout and Dashboard are its installed packs, the example with the desk is its flow. */
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FlowNode } from './node-red-process.ts';

const packs: Record<string, string> = {
  '@wa-connector/node-red-dashboard-2-whatsapp': '.',
  '@flowfuse/node-red-dashboard': 'node_modules/@flowfuse/node-red-dashboard',
};

/** Creates or refreshes the directory. `root` is the checkout. */
export async function prepareUserDir(directory: string, root: string): Promise<void> {
  const dependencies: Record<string, string> = {};
  for (const [name, place] of Object.entries(packs)) {
    const path = join(directory, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { recursive: true, force: true });
    await symlink(join(root, place), path, 'junction');
    // Dashboard looks for widgets in the packages that are named here.
    dependencies[name] = '*';
  }
  const manifest = { name: 'whatsapp-demo', description: 'The demo', version: '0.0.1', private: true, dependencies };
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The flow as the user left it, or the example. */
export async function demoFlows(directory: string, root: string): Promise<FlowNode[]> {
  for (const file of [join(directory, 'flows.json'), join(root, 'examples', 'flows-with-desk.json')]) {
    try {
      const flows = JSON.parse(await readFile(file, 'utf8')) as FlowNode[];
      if (flows.some(isDemoAccount)) return flows;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('examples/flows-with-desk.json has no whatsapp-account with the provider twilio');
}

/** The account that the demo connects to the simulator. */
export function demoAccount(flows: FlowNode[]): FlowNode {
  const account = flows.find(isDemoAccount);
  if (!account) throw new Error('the flow has no whatsapp-account with the provider twilio');
  return account;
}

function isDemoAccount(node: FlowNode): boolean {
  return node.type === 'whatsapp-account' && node.provider === 'twilio';
}

/** The path of the Dashboard page that shows the desk, with a slash at the start, or undefined if the flow has none. */
export function deskPath(flows: FlowNode[]): string | undefined {
  const byId = new Map(flows.map((node) => [node.id, node]));
  const up = (node: FlowNode | undefined, property: string) => byId.get(String(node?.[property]));
  const desk = flows.find((node) => node.type === 'ui-wa-desk');
  const page = up(up(desk, 'group'), 'page');
  const base = up(page, 'ui');
  if (!page || !base) return undefined;
  return `/${base.path ?? ''}/${page.path ?? ''}`.replace(/\/+/g, '/');
}
