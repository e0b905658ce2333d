/** Whether `dist/` and `resources/` belong to the sources as they are now. */
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = [
  ...['nodes', 'runtime', 'server', 'core', 'providers', 'store', 'plugins', 'simulator', 'ui', 'scripts'],
  ...['package.json', 'tsconfig.json', 'tsconfig.build.json'],
];

/** Notes a finished build. `startedAt` (ms): what was saved while it ran counts as newer. */
export function markBuilt(root: string, startedAt: number): void {
  mkdirSync(join(root, '.tmp'), { recursive: true });
  writeFileSync(stamp(root), '');
  utimesSync(stamp(root), startedAt / 1000, startedAt / 1000);
}

/** True if there is a build and no source is newer than it. */
export function isFresh(root: string): boolean {
  if (!existsSync(stamp(root)) || !existsSync(join(root, 'dist')) || !existsSync(join(root, 'resources'))) return false;
  const builtAt = statSync(stamp(root)).mtimeMs;
  return sources.every((name) => newest(join(root, name)) <= builtAt);
}

function stamp(root: string): string {
  return join(root, '.tmp', 'built');
}

/** The latest change below `path` in ms; a folder counts too, since it changes when a file is removed. */
function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
