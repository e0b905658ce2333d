import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { build } from 'vite';
import cssInjectedByJs from 'vite-plugin-css-injected-by-js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One UMD file per widget: Dashboard 2.0 loads `<widget>.umd.js` and reads `window[<widget>][<component>]`. */
const WIDGETS = [{ name: 'ui-wa-desk', entry: 'ui/desk/index.ts' }];

/**
 * Builds the Dashboard widgets from `ui/` into `<outDir>/<widget>.umd.js` (relative to the package, or absolute). Vue is the page's own;
 * styles travel in the script, since the Dashboard loads no style sheet of a widget. Throws if a widget cannot be built.
 */
export async function buildUi(outDir = 'resources'): Promise<void> {
  for (const { name, entry } of WIDGETS) {
    await build({
      root,
      configFile: false,
      publicDir: false,
      logLevel: 'warn',
      plugins: [vue(), cssInjectedByJs({ attributes: { id: `${name}-style` } })],
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        target: 'es2022',
        outDir,
        emptyOutDir: false,
        reportCompressedSize: false,
        lib: { entry: join(root, entry), name, formats: ['umd'], fileName: () => `${name}.umd.js` },
        rollupOptions: {
          external: ['vue', 'vuex'],
          output: { exports: 'named', globals: { vue: 'Vue', vuex: 'vuex' } },
        },
      },
    });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await buildUi(process.argv[2]);
