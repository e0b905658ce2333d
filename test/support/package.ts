/** The packed package, and fresh user directories with it installed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isFresh } from '../../scripts/freshness.ts';
import { alone } from './alone.ts';

const run = promisify(execFile);

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export const packageName = '@wa-connector/node-red-dashboard-2-whatsapp';
const dashboardName = '@flowfuse/node-red-dashboard';

/** What `npm pack` reports. */
export interface Packed {
  /** The tarball. */
  path: string;
  /** Its files, relative to the package, in the order of the archive. */
  files: string[];
  /** Bytes, packed. */
  size: number;
}

/** What the build made of `ui/`. */
export interface Built {
  /** The folder with `<widget>.umd.js`. */
  widgets: string;
  /** The folder with `<page>.html` and `assets/`. */
  pages: string;
}

/** Builds what is not built yet, or is older than a source; of several processes one does it, and the others wait. */
export async function builtPackage(): Promise<Built> {
  await alone(`build-${createHash('sha1').update(root).digest('hex')}`, async () => {
    if (!isFresh(root)) await run(process.execPath, ['scripts/build.ts'], { cwd: root, maxBuffer: 1e8 });
  });
  return { widgets: join(root, 'resources'), pages: join(root, 'dist', 'resources') };
}

let packed: Promise<Packed> | undefined;

/** Packs the package, once per process; builds it first if a source is newer than the last build. */
export function packPackage(): Promise<Packed> {
  packed ??= pack();
  return packed;
}

async function pack(): Promise<Packed> {
  await builtPackage();
  const target = join(root, '.tmp', `pack-${process.pid}`);
  await mkdir(target, { recursive: true });
  process.once('exit', () => {
    // Asynchronous work is lost at this point.
    rmSync(target, { recursive: true, force: true });
  });
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', target], {
    cwd: root,
    maxBuffer: 1e8,
  });
  const report: unknown = JSON.parse(stdout);
  const [first] = (Array.isArray(report) ? report : Object.values(report as object)) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  return {
    path: join(target, first.filename.replace('@', '').replace('/', '-')),
    files: first.files.map((file) => file.path),
    size: first.size,
  };
}

export interface UserDirOptions {
  /** Installs Dashboard 2.0 too. Default: false. */
  dashboard?: boolean;
  /** Installs the packed package. Default: true; false gives the bare Node-RED to compare with. */
  pack?: boolean;
}

/**
 * Makes a user directory in the temporary folder, as `npm install <tarball>` in an empty one would leave it: the package unpacked, its
 * dependencies beside it (links to the ones of the checkout, which takes no time and no network). The caller removes it.
 */
export async function createUserDir(options: UserDirOptions = {}): Promise<string> {
  const userDir = await mkdtemp(join(tmpdir(), 'wa-user-'));
  const dependencies: Record<string, string> = {};
  await mkdir(join(userDir, 'node_modules'));
  if (options.pack !== false) dependencies[packageName] = await install(userDir);
  if (options.dashboard) {
    await link(userDir, dashboardName);
    dependencies[dashboardName] = await versionOf(join(root, 'node_modules', dashboardName));
  }
  const manifest = { name: 'node-red-project', description: 'A test', version: '0.0.1', private: true, dependencies };
  await writeFile(join(userDir, 'package.json'), JSON.stringify(manifest, null, 2));
  return userDir;
}

/** Removes a user directory. */
export async function removeUserDir(userDir: string): Promise<void> {
  await rm(userDir, { recursive: true, force: true, maxRetries: 3 });
}

async function install(userDir: string): Promise<string> {
  const { path } = await packPackage();
  const target = join(userDir, 'node_modules', packageName);
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', path, '-C', target, '--strip-components=1']);
  const manifest = JSON.parse(await readFile(join(target, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies)) await link(userDir, name);
  return manifest.version;
}

async function link(userDir: string, name: string): Promise<void> {
  const path = join(userDir, 'node_modules', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(join(root, 'node_modules', name), path, 'junction');
}

async function versionOf(folder: string): Promise<string> {
  return (JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
