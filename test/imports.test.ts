/**
 * The directions in which imports run. What is low knows nothing of what is above it, so that the contact centre can be tested without
 * Node-RED, and the store without the contact centre.
 */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Import, importsOf } from './support/imports.ts';
import { root } from './support/package.ts';

/** Folder → the folders, or single files, it may import from besides itself. */
const allowed: Record<string, string[]> = {
  nodes: ['runtime', 'server', 'core', 'store', 'providers', 'simulator'],
  plugins: ['runtime', 'server', 'core', 'store', 'providers'],
  runtime: ['server', 'core', 'store', 'providers', 'simulator'],
  server: ['core', 'store', 'providers'],
  core: ['store', 'providers/provider.ts'],
  store: [],
  providers: [],
  simulator: [],
  // What can be asked of a search, an export and the audit log, what reports answer and what a provider is told, as pure descriptions.
  ui: [
    'core/search/language',
    'core/bulk/columns.ts',
    'core/events/names.ts',
    'core/reports/api.ts',
    'providers/callback.ts',
  ],
};

/** Folders whose compiled files are shipped and run on the user's Node.js. */
const shipped = ['nodes', 'plugins', 'runtime', 'server', 'core', 'store', 'providers', 'simulator'];

/** Runs in the browser: an editor script, or what several of them share. Configurations are read on both sides. */
const editorFile = /^nodes\/(?:.*\/)?editor(?:\.ts$|\/)|^nodes\/shared\//;
/** How searches are said: a pure description that the command and the dialog both go by. */
const language = 'core/search/language/';
/** How a Receive URL is pasted: the same in the dialog and in the administration. */
const callback = 'providers/callback.ts';
const configFile = /^nodes\/(?:.*\/)?config\.ts$/;

describe('imports', function () {
  this.timeout(60_000);
  const imports = new Map<string, Import[]>();

  before(() => {
    for (const folder of Object.keys(allowed)) imports.set(folder, importsOf(folder));
  });

  const all = () => [...imports.values()].flat();
  const show = ({ from, to }: Import) => `${from} → ${to}`;

  for (const [folder, targets] of Object.entries(allowed)) {
    it(`${folder}/ imports only from ${[folder, ...targets].join(', ')}`, () => {
      const wrong = (imports.get(folder) ?? []).filter(
        ({ to, external }) =>
          !external && !to.startsWith(`${folder}/`) && !targets.some((t) => to === t || to.startsWith(`${t}/`)),
      );
      expect(wrong.map(show)).to.deep.equal([]);
    });
  }

  it('only nodes/ imports from nodes/', () => {
    const wrong = all().filter(({ from, to }) => to.startsWith('nodes/') && !from.startsWith('nodes/'));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('core/ and store/ know neither Node-RED nor express', () => {
    const wrong = [...(imports.get('core') ?? []), ...(imports.get('store') ?? [])].filter(
      ({ to, external }) => external && /^(@node-red\/|node-red|express)/.test(to),
    );
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('there are no cycles between folders', () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, to, external } of all()) {
      if (external) continue;
      const [a = '', b = ''] = [from, to].map((path) => path.split('/')[0]);
      // The interface that core/ states for providers belongs to neither of them.
      if (a !== b && to !== 'providers/provider.ts') edges.set(a, (edges.get(a) ?? new Set()).add(b));
    }
    expect(cycle(edges)).to.equal(undefined);
  });

  it('the editor takes nothing from the server side', () => {
    const wrong = all().filter(
      ({ from, to, external, typeOnly }) =>
        (editorFile.test(from) || configFile.test(from)) &&
        !typeOnly &&
        (external ? isBuiltin(to) : !to.startsWith('nodes/') && !to.startsWith(language) && to !== callback),
    );
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('what both the editor and the core go by stands by itself', () => {
    const wrong = all().filter(({ from, to }) => from.startsWith(language) && !to.startsWith(language));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('the widgets take nothing from Node.js', () => {
    const wrong = (imports.get('ui') ?? []).filter(({ to }) => isBuiltin(to));
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('shipped code needs no development dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const wrong = shipped
      .flatMap((folder) => imports.get(folder) ?? [])
      .filter(({ from, to, external, typeOnly }) => {
        if (!external || typeOnly || isBuiltin(to) || editorFile.test(from)) return false;
        const name = to.split('/', to.startsWith('@') ? 2 : 1).join('/');
        return !(name in dependencies);
      });
    expect(wrong.map(show)).to.deep.equal([]);
  });

  it('relative imports name the .ts file', () => {
    const wrong = all().filter(({ to, external }) => !external && !/\.(ts|vue|css|json|svg)(\?.*)?$/.test(to));
    expect(wrong.map(show)).to.deep.equal([]);
  });
});

/** A cycle as `a → b → a`, or undefined. */
function cycle(edges: Map<string, Set<string>>): string | undefined {
  const finished = new Set<string>();
  const walk = (node: string, path: string[]): string | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(' → ');
    if (finished.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const found = walk(next, [...path, node]);
      if (found) return found;
    }
    finished.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const found = walk(node, []);
    if (found) return found;
  }
  return undefined;
}
