/**
 * Builds what the Node-RED editor loads: for every `nodes/<type>/editor.ts` one `<type>.html` (template and script) beside its locales
 * and icons. The script is not minified and the `registerType` call keeps its literals, because the Flow Library reads types, colours
 * and defaults by parsing this file.
 */

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Types that have an editor side, by their folder. */
export async function editorTypes(): Promise<string[]> {
  const folders = await readdir(join(root, 'nodes'));
  return folders.filter((type) => existsSync(join(root, 'nodes', type, `${type}.html`))).sort();
}

/** The editor script of one type as a self-contained IIFE. */
async function bundle(type: string): Promise<string> {
  const output = await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: {
        entry: join(root, 'nodes', type, 'editor.ts'),
        formats: ['iife'],
        name: `wa_${type.replaceAll('-', '_')}`,
      },
    },
  });
  const results = Array.isArray(output) ? output : [output];
  for (const result of results) {
    if (!('output' in result)) continue;
    const chunk = result.output.find((file) => file.type === 'chunk');
    if (chunk && chunk.type === 'chunk') return chunk.code;
  }
  throw new Error(`The editor script of ${type} gave no output`);
}

async function buildType(type: string, outDir: string): Promise<void> {
  const from = join(root, 'nodes', type);
  const to = join(outDir, 'nodes', type);
  const template = await readFile(join(from, `${type}.html`), 'utf8');
  if (!template.includes(`data-template-name="${type}"`)) throw new Error(`${type}.html has no template of its type`);
  // A closing tag inside a string would end the script element.
  const script = (await bundle(type)).replaceAll('</script', '<\\/script');
  await mkdir(to, { recursive: true });
  await writeFile(
    join(to, `${type}.html`),
    `${template.trim()}\n\n<script type="text/javascript">\n${script.trim()}\n</script>\n`,
  );
  for (const part of ['locales', 'icons']) {
    if (existsSync(join(from, part))) await cp(join(from, part), join(to, part), { recursive: true });
  }
}

/**
 * Builds the editor side of all types into `<outDir>/nodes/<type>/`.
 * @param outDir absolute, or relative to the package. Throws with the type's name if one does not compile.
 */
export async function buildEditor(outDir = 'dist'): Promise<void> {
  for (const type of await editorTypes()) await buildType(type, resolve(root, outDir));
}

if (import.meta.main) await buildEditor(process.argv[2]);
