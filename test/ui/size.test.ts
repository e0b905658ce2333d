import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { buildUi } from '../../scripts/build-ui.ts';

describe('the size of the widgets', function () {
  this.timeout(60_000);

  it('the desk has at most 250 kB gzipped, and no Vue of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wa-size-'));
    try {
      await buildUi(folder);
      const script = await readFile(join(folder, 'ui-wa-desk.umd.js'));
      expect(gzipSync(script).length).to.be.at.most(250_000);
      expect(script.includes('__vue_app__'), 'Vue is in it').to.equal(false);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
