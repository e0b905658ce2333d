import { expect } from 'chai';
import { hashPassword, verifyPassword } from '../../server/passwords.ts';
import { QUICK } from './support.ts';

describe('passwords', () => {
  it('are kept as scrypt hashes that describe themselves, with a salt of their own', async () => {
    const [one, two] = await Promise.all([hashPassword('fictional'), hashPassword('fictional')]);
    expect(one).to.match(/^scrypt\$N=32768,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).to.not.equal(two);
    expect(await verifyPassword('fictional', one)).to.equal(true);
    expect(await verifyPassword('Fictional', one)).to.equal(false);
    expect(await verifyPassword('fictional', await hashPassword('fictional', QUICK))).to.equal(true);
  });

  it('are the same however the keyboard composes them', async () => {
    const hash = await hashPassword('caf\u00e9-passwort', QUICK);
    expect(await verifyPassword('cafe\u0301-passwort', hash)).to.equal(true);
  });

  it('refuse stored values that cannot be read', async () => {
    const hash = await hashPassword('x', QUICK);
    for (const stored of [
      '',
      'x',
      hash.replace('N=1024', 'N=1000'),
      hash.replace('N=1024', 'N=536870912'),
      'scrypt$N=1024,r=8,p=1$$',
    ]) {
      expect(await verifyPassword('x', stored), stored).to.equal(false);
    }
  });

  it('take about as long for an unknown user as for a wrong password', async () => {
    const hash = await hashPassword('fictional');
    const time = async (stored: string | null) => {
      const times: number[] = [];
      for (let n = 0; n < 3; n++) {
        const start = performance.now();
        expect(await verifyPassword('wrong', stored)).to.equal(false);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    const [known, unknown] = [await time(hash), await time(null)];
    expect(unknown / known).to.be.within(0.3, 3);
  });
});
