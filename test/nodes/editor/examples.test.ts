import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Json, root, TYPES, WIREABLE_TYPES } from './support.ts';

const CORE = ['tab', 'group', 'comment', 'debug', 'switch', 'catch', 'inject'];
/** Nodes that stand beside a plan. */
const ASIDE = ['wa-query'];
const WIDGETS = ['ui-wa-desk', 'ui-wa-supervisor'];
const DASHBOARD = ['ui-base', 'ui-theme', 'ui-page', 'ui-group', ...WIDGETS];

async function examples(): Promise<Map<string, Json[]>> {
  const found = new Map<string, Json[]>();
  for (const file of await readdir(join(root, 'examples'))) {
    found.set(file, JSON.parse(await readFile(join(root, 'examples', file), 'utf8')) as Json[]);
  }
  return found;
}

describe('example flows', () => {
  let flows: Map<string, Json[]>;
  before(async () => {
    flows = await examples();
  });

  it('contain only types of this pack and of the core; Dashboard in one file only', () => {
    for (const [file, nodes] of flows) {
      const allowed = [
        ...CORE,
        ...TYPES.filter((type) => !WIDGETS.includes(type)),
        ...(file === 'flows-with-desk.json' ? DASHBOARD : []),
      ];
      for (const node of nodes) expect(allowed, `${file}: ${node.id}`).to.include(node.type);
    }
  });

  it('contain no credentials and no address of a real server', () => {
    for (const [file, nodes] of flows) {
      const written = JSON.stringify(nodes);
      expect(written, file).not.to.match(
        /"credentials"|authToken|accountSid|webhookSecret|verifyToken|\bAC[0-9a-f]{32}\b/,
      );
      for (const node of nodes.filter((entry) => entry.type === 'whatsapp-account')) {
        expect(node, file).to.include({ baseUrl: '', domain: '', provider: 'twilio', key: 'DEMO' });
      }
    }
  });

  it('are saved as the dialogs save them', async () => {
    for (const [file, nodes] of flows) {
      for (const node of nodes.filter((entry) => TYPES.includes(String(entry.type)))) {
        const { defaults, migrate } = (await import(join(root, 'nodes', String(node.type), 'config.ts'))) as {
          defaults: Json;
          migrate: (raw: unknown) => Json;
        };
        expect(node, `${file}: ${node.id}`).to.include.keys(Object.keys(defaults));
        const saved = Object.fromEntries(Object.keys(defaults).map((key) => [key, node[key]]));
        const migrated = migrate(node);
        for (const [key, value] of Object.entries(migrated)) {
          if (typeof value !== 'number') expect(saved[key], `${file}: ${key}`).to.deep.equal(value);
        }
      }
    }
  });

  it('are wired within themselves, every node stands on a tab, ids are unique', () => {
    for (const [file, nodes] of flows) {
      const ids = new Set(nodes.map((node) => node.id));
      expect(ids.size, file).to.equal(nodes.length);
      for (const node of nodes) {
        for (const target of ((node.wires as string[][]) ?? []).flat())
          expect(ids.has(target), `${file}: ${node.id}`).to.equal(true);
        for (const reference of ['z', 'g', 'account', 'group', 'page', 'ui', 'theme']) {
          if (node[reference]) expect(ids.has(node[reference]), `${file}: ${node.type}.${reference}`).to.equal(true);
        }
        if (node.type === 'wa-queue' && node.queueType === 'queue') expect(ids.has(node.queue), file).to.equal(true);
      }
    }
  });

  it('share their configuration nodes, so that a second import adds none', () => {
    const seen = new Map<unknown, string>();
    for (const nodes of flows.values()) {
      for (const node of nodes.filter((entry) => String(entry.type).startsWith('whatsapp-'))) {
        const written = JSON.stringify(node);
        expect(seen.get(node.id) ?? written).to.equal(written);
        seen.set(node.id, written);
      }
    }
  });

  it('the plan goes from hours over a queue, a named agent and an answer to a queue again', () => {
    for (const file of ['flows.json', 'flows-with-desk.json']) {
      const nodes = flows.get(file)!;
      const follow = (node: Json, output: number): Json => {
        const [id] = (node.wires as string[][])[output]!;
        return nodes.find((entry) => entry.id === id)!;
      };
      const steps = [nodes.find((node) => node.type === 'wa-inbound')!];
      for (const output of [0, 1, 0, 1, 1, 0]) steps.push(follow(steps.at(-1)!, output));
      expect(steps.map((node) => node.type)).to.deep.equal([
        'wa-inbound',
        'wa-route',
        'wa-interval',
        'wa-queue',
        'wa-agent',
        'wa-send',
        'wa-queue',
      ]);
      expect(nodes.some((node) => node.type === 'catch')).to.equal(true);
      for (const type of WIREABLE_TYPES.filter((name) => !ASIDE.includes(name)))
        expect(
          nodes.some((node) => node.type === type),
          type,
        ).to.equal(true);
    }
  });
});
