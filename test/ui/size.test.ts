import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { builtPackage } from '../support/package.ts';

describe('the size of the widgets', function () {
  this.timeout(60_000);

  it('the desk has at most 250 kB gzipped, and no Vue of its own', async () => {
    const { widgets } = await builtPackage();
    const script = await readFile(join(widgets, 'ui-wa-desk.umd.js'));
    expect(gzipSync(script).length).to.be.at.most(250_000);
    expect(script.includes('__vue_app__'), 'Vue is in it').to.equal(false);
  });
});
