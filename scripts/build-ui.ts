import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { build, type Plugin } from 'vite';
import cssInjectedByJs from 'vite-plugin-css-injected-by-js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One UMD file per widget: Dashboard 2.0 loads `<widget>.umd.js` and reads `window[<widget>][<component>]`. */
const WIDGETS = [
  { name: 'ui-wa-desk', entry: 'ui/desk/index.ts' },
  { name: 'ui-wa-supervisor', entry: 'ui/supervisor/index.ts' },
];

/** kB that a file may have: the charts have as much, and are loaded with the first of them. */
const LARGE = 700;

/** Files beside the widgets, for what is large and seldom looked at: the widget imports them with the first use. */
const BESIDE = [{ entry: 'ui/supervisor/reports/echarts.ts', file: 'ui-wa-supervisor.charts.js' }];

/** A UMD file cannot be split; what stands beside it is left to the browser, which finds it by the widget's own address. */
function besideTheWidget(): Plugin {
  return {
    name: 'beside-the-widget',
    enforce: 'pre',
    resolveId(source, importer) {
      const path = importer && source.startsWith('.') ? join(dirname(importer), source) : '';
      const found = BESIDE.find(({ entry }) => path === join(root, entry));
      return found && { id: `./${found.file}`, external: true };
    },
  };
}

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
      plugins: [vue(), besideTheWidget(), cssInjectedByJs({ attributes: { id: `${name}-style` } })],
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        target: 'es2022',
        outDir,
        emptyOutDir: false,
        reportCompressedSize: false,
        lib: { entry: join(root, entry), name, formats: ['umd'], fileName: () => `${name}.umd.js` },
        rollupOptions: {
          checks: { pluginTimings: false },
          external: ['vue', 'vuex'],
          output: { exports: 'named', globals: { vue: 'Vue', vuex: 'vuex' } },
        },
      },
    });
  }
  for (const { entry, file } of BESIDE)
    await build({
      root,
      configFile: false,
      publicDir: false,
      logLevel: 'warn',
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        target: 'es2022',
        outDir,
        emptyOutDir: false,
        reportCompressedSize: false,
        chunkSizeWarningLimit: LARGE,
        rollupOptions: {
          checks: { pluginTimings: false },
          input: join(root, entry),
          preserveEntrySignatures: 'strict',
          output: { format: 'es', entryFileNames: file },
        },
      },
    });
}

/** Pages of their own: `ui/page/<name>.html`, its script and its picture. */
const PAGES = ['desk', 'supervisor'];

/**
 * Builds the pages into `<outDir>/<name>.html` and `<outDir>/assets/`, whose names carry a hash of the content. Vue is in them, nothing
 * is inline, and all addresses are relative, so that they work below any root. Throws if a page cannot be built.
 */
export async function buildPages(outDir: string): Promise<void> {
  await build({
    root: join(root, 'ui', 'page'),
    base: './',
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [vue()],
    build: {
      target: 'es2022',
      outDir,
      emptyOutDir: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: LARGE,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: {
        checks: { pluginTimings: false },
        input: PAGES.map((name) => join(root, 'ui', 'page', `${name}.html`)),
      },
    },
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await buildUi(process.argv[2]);
