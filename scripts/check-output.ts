/** What a built package must hold before anybody packs or starts it. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** The parts of package.json that name built files. */
export interface Manifest {
  'node-red': { nodes: Record<string, string>; plugins?: Record<string, string> };
  'node-red-dashboard-2': { widgets: Record<string, { output: string; component: string }> };
}

/** `import … from`, `export … from`, a bare `import`, a dynamic `import()` and `new URL(…)` (worker files), with a relative target. */
const reference =
  /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+|\bnew URL\(\s*)(?<quote>['"`])(?<target>\.{1,2}\/[^'"`]+)\k<quote>/gm;

/** Relative targets that a module's source text refers to. */
export function relativeTargets(source: string): string[] {
  return [...source.matchAll(reference)].map((match) => match.groups?.target ?? '');
}

/**
 * Rejects with every fault found in the build at `built` (which holds `dist/` and `resources/`): a reference to a `.ts` file (type
 * stripping is refused below node_modules), a relative import without a file, a file that package.json names and that is not there.
 */
export async function checkOutput(packageJson: string, built: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(packageJson, 'utf8')) as Manifest;
  const folders = ['dist', 'resources'].map((folder) => join(built, folder)).filter(existsSync);
  const faults = [...(await Promise.all(folders.map(faultyImports))).flat(), ...missingFiles(manifest, built)];
  if (faults.length > 0) throw new Error(`\n  ${faults.join('\n  ')}`);
}

async function faultyImports(folder: string): Promise<string[]> {
  const faults: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const file = join(entry.parentPath, entry.name);
    for (const target of relativeTargets(await readFile(file, 'utf8'))) {
      const name = relative(dirname(folder), file);
      if (target.endsWith('.ts')) faults.push(`${name} refers to ${target}`);
      else if (target.endsWith('.js') && !existsSync(join(dirname(file), target)))
        faults.push(`${name}: ${target} does not exist`);
    }
  }
  return faults;
}

function missingFiles(manifest: Manifest, built: string): string[] {
  return builtFiles(manifest)
    .filter((file) => !existsSync(join(built, file)))
    .map((file) => `package.json names ${file}, which was not built`);
}

/** The built files that package.json names, with the html that belongs to each node. */
export function builtFiles(manifest: Manifest): string[] {
  const nodes = Object.values(manifest['node-red'].nodes);
  return [
    ...nodes,
    ...nodes.map((file) => file.replace(/\.js$/, '.html')),
    ...Object.values(manifest['node-red'].plugins ?? {}),
    ...Object.values(manifest['node-red-dashboard-2'].widgets).map((widget) => `resources/${widget.output}`),
  ];
}
