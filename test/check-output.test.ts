import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { checkOutput, relativeTargets } from '../scripts/check-output.ts';

describe('the check of a build', () => {
  it('finds every way to refer to a file', () => {
    const source = [
      "import a from './a.js';",
      "import { b,\n  c } from '../b.js';",
      "import './side-effect.js';",
      'export * from "./d.js";',
      'const e = await import(`./e.js`);',
      "new Worker(new URL('./worker.ts', import.meta.url));",
      "import fs from 'node:fs';",
    ].join('\n');
    expect(relativeTargets(source)).to.deep.equal([
      ...['./a.js', '../b.js', './side-effect.js', './d.js', './e.js', './worker.ts'],
    ]);
  });

  it('names what is wrong, all of it', async () => {
    const built = await mkdtemp(join(tmpdir(), 'wa-check-'));
    try {
      const put = async (file: string, text: string) => {
        await mkdir(dirname(join(built, file)), { recursive: true });
        await writeFile(join(built, file), text);
      };
      await put(
        'package.json',
        JSON.stringify({
          'node-red': { nodes: { one: 'dist/nodes/one/one.js', two: 'dist/nodes/two/two.js' } },
          'node-red-dashboard-2': { widgets: { w: { output: 'w.umd.js', component: 'W' } } },
        }),
      );
      await put('dist/nodes/one/one.js', "import '../../a.ts';\nimport '../../gone.js';\nimport '../../here.js';\n");
      await put('dist/nodes/one/one.html', '');
      await put('dist/here.js', '');
      const problem = await checkOutput(join(built, 'package.json'), built).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(problem.trim().split(/\s*\n\s*/)).to.deep.equal([
        'dist/nodes/one/one.js refers to ../../a.ts',
        'dist/nodes/one/one.js: ../../gone.js does not exist',
        'package.json names dist/nodes/two/two.js, which was not built',
        'package.json names dist/nodes/two/two.html, which was not built',
        'package.json names resources/w.umd.js, which was not built',
      ]);
    } finally {
      await rm(built, { recursive: true });
    }
  });
});
