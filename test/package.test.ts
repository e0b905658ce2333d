/** The package as it will be published. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { builtFiles, type Manifest } from '../scripts/check-output.ts';
import { type Packed, packPackage, root } from './support/package.ts';

interface PackageJson extends Manifest {
  name: string;
  license: string;
  type: string;
  keywords: string[];
  engines: { node: string };
  'node-red': Manifest['node-red'] & { version: string; dependencies?: string[] };
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

describe('the package', function () {
  this.timeout(120_000);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson;
  let packed: Packed;

  before(async () => {
    packed = await packPackage();
  });

  it('has what Node-RED, Dashboard and the Flow Library look for', () => {
    expect(manifest.name).to.contain('node-red-dashboard-2-');
    expect(manifest.license).to.equal('Apache-2.0');
    expect(manifest.type).to.equal('module');
    expect(manifest.keywords).to.include.members(['node-red', 'whatsapp']);
    expect(manifest.engines.node).to.equal('>=22.13');
    expect(manifest['node-red'].version).to.equal('>=4.1.0');
  });

  it('loads without Dashboard', () => {
    expect(manifest['node-red'].dependencies ?? []).to.deep.equal([]);
    expect(manifest.dependencies).not.to.have.property('@flowfuse/node-red-dashboard');
    expect(manifest.peerDependenciesMeta['@flowfuse/node-red-dashboard']?.optional).to.equal(true);
    expect(manifest.dependencies).not.to.have.property('node-red');
  });

  it('contains every file that it names', () => {
    expect(builtFiles(manifest).filter((file) => !packed.files.includes(file))).to.deep.equal([]);
  });

  it('contains the readme, the changelog, the licence, examples, the simulator with its page', () => {
    const needed = [
      ...['README.md', 'CHANGELOG.md', 'LICENSE', 'package.json'],
      ...['examples/flows.json', 'examples/flows-with-desk.json'],
      ...['dist/simulator/server.js', 'dist/simulator/page/index.html'],
    ];
    expect(needed.filter((file) => !packed.files.includes(file))).to.deep.equal([]);
  });

  it('contains no sources, tests or tools', () => {
    const allowed = /^(dist|examples|resources|docs\/images)\/|^(README\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
    expect(packed.files.filter((file) => !allowed.test(file))).to.deep.equal([]);
    expect(
      packed.files.filter((file) => /\.(ts|vue|map|tsbuildinfo)$|\.test\.|(^|\/)editor\.js$/.test(file)),
    ).to.deep.equal([]);
  });

  it('has one folder, one template and one registration for each type, and each type once', () => {
    const types = Object.keys(manifest['node-red'].nodes);
    const folders = readdirSync(join(root, 'nodes')).filter((name) =>
      existsSync(join(root, 'nodes', name, `${name}.ts`)),
    );
    expect(folders.sort()).to.deep.equal([...types].sort());
    for (const [type, file] of Object.entries(manifest['node-red'].nodes)) {
      expect(file).to.equal(`dist/nodes/${type}/${type}.js`);
      const html = readFileSync(join(root, file.replace(/\.js$/, '.html')), 'utf8');
      expect([...html.matchAll(/data-template-name="([^"]+)"/g)].map((match) => match[1])).to.deep.equal([type]);
      expect([...html.matchAll(/registerType\(\s*["']([^"']+)["']/g)].map((match) => match[1])).to.deep.equal([type]);
    }
  });

  it('has help, texts and an icon for each type, and an example for each node', () => {
    const examples = packed.files.filter((file) => /^examples\/.*\.json$/.test(file));
    const used = new Set(
      examples.flatMap((file) =>
        (JSON.parse(readFileSync(join(root, file), 'utf8')) as { type: string }[]).map((node) => node.type),
      ),
    );
    for (const type of Object.keys(manifest['node-red'].nodes)) {
      const folder = `dist/nodes/${type}`;
      expect(packed.files, type).to.include.members([
        `${folder}/locales/en-US/${type}.json`,
        `${folder}/locales/en-US/${type}.html`,
      ]);
      expect(used, 'used in an example').to.include(type);
    }
  });

  it('stays small', () => {
    expect(packed.size).to.be.lessThan(3_000_000);
  });

  it('has a lock file without the host of a registry', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.to.contain('"resolved"');
  });
});
