import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { addressGroup } from '../../server/login-limits.ts';
import { rootPrefix } from '../../server/mount.ts';
import { sameSecret } from '../../server/secrets.ts';

describe('server, the small parts', () => {
  it('counts IPv6 addresses of one network as one, IPv4 addresses each', () => {
    expect(addressGroup('192.0.2.7')).to.equal('192.0.2.7');
    expect(addressGroup('::ffff:192.0.2.7')).to.equal('192.0.2.7');
    expect(addressGroup('2001:db8:1:2:3:4:5:6')).to.equal(addressGroup('2001:0db8:1:2::9'));
    expect(addressGroup('2001:db8:1:2::1')).to.not.equal(addressGroup('2001:db8:1:3::1'));
    expect(addressGroup('2001:db8::1')).to.equal('2001:db8:0:0::/64');
    expect(addressGroup('fe80::1%eth0')).to.equal('fe80:0:0:0::/64');
    expect(addressGroup('::1')).to.equal('0:0:0:0::/64');
  });

  it('compares secrets', () => {
    expect(sameSecret('abc', 'abc')).to.equal(true);
    expect(sameSecret('abc', 'abd')).to.equal(false);
    expect(sameSecret('abc', 'ab')).to.equal(false);
    expect(sameSecret('', '')).to.equal(true);
    expect(sameSecret('é', 'e')).to.equal(false);
  });

  it('knows roots with and without slashes', () => {
    for (const root of ['/', '', '//']) expect(rootPrefix(root)).to.equal('');
    for (const root of ['/nodes', '/nodes/', 'nodes/', '//nodes']) expect(rootPrefix(root)).to.equal('/nodes');
  });

  it('loads nothing heavy at start', () => {
    // Prints every module from node_modules that importing the server pulls in.
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({
        resolve(specifier, context, next) {
          const found = next(specifier, context);
          if (found.url.includes('node_modules')) console.log(found.url);
          return found;
        },
      });
      for (const name of ['webhooks', 'api', 'events', 'admin']) await import('./server/' + name + '.ts');`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.equal('');
  });
});
