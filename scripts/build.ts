/**
 * The one build command: the runtime by tsc, the editor's html by `build-editor.ts`, the widgets and pages by `build-ui.ts`, the simulator's page
 * copied. What it leaves in `dist/` and `resources/` is what the package ships.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEditor } from './build-editor.ts';
import { buildPages, buildUi } from './build-ui.ts';
import { checkOutput } from './check-output.ts';
import { isFresh, markBuilt } from './freshness.ts';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds everything from scratch, beside the present build, which is replaced only by a complete one. Rejects with the reason, naming the
 * step that failed.
 */
export async function build(): Promise<void> {
  const started = Date.now();
  requireNode();
  const stage = join(root, '.tmp', `build-${process.pid}`);
  const dist = join(stage, 'dist');
  const resources = join(stage, 'resources');
  try {
    await mkdir(dist, { recursive: true });
    await mkdir(resources, { recursive: true });
    // tsc is a process of its own, so it runs beside the two bundlers.
    await Promise.all([
      step('tsc', () => compile(dist)),
      step('editor', () => buildEditor(dist)),
      step('ui', () => buildUi(resources)),
      step('pages', () => buildPages(join(dist, 'resources'))),
      step('simulator page', () => copyPage(dist)),
    ]);
    await step('check', () => checkOutput(join(root, 'package.json'), stage));
    await replace(dist, join(root, 'dist'));
    await replace(resources, join(root, 'resources'));
    markBuilt(root, started);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  console.log(`built dist/ and resources/ in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** The sources run by type stripping, which an older Node fails at with a syntax error that explains nothing. */
function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 24 && !(major === 22 && minor >= 18)) {
    throw new Error(
      `Node.js ${process.versions.node} cannot run the sources. "npm run build" uses Node.js 24 from node_modules/.bin; ` +
        'if that is missing, run "npm ci" with install scripts allowed.',
    );
  }
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`build step "${name}" failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function compile(dist: string): Promise<void> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error('the compiler reported the errors above'));
    });
  });
}

async function copyPage(dist: string): Promise<void> {
  const page = join(root, 'simulator', 'page');
  if (!existsSync(page)) throw new Error('simulator/page is missing');
  await cp(page, join(dist, 'simulator', 'page'), { recursive: true });
  await cp(join(root, 'ui', 'desk', 'styles', 'tokens.css'), join(dist, 'simulator', 'page', 'tokens.css'));
}

async function replace(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

if (import.meta.main) {
  try {
    if (process.argv.includes('--if-needed') && isFresh(root)) console.log('dist/ and resources/ are up to date');
    else await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
