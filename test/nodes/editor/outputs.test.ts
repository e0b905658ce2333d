import { expect } from 'chai';
import fc from 'fast-check';
import { outputMap, outputOf } from '../../../nodes/wa-disposition/outputs.ts';

describe('outputs of wa-disposition', () => {
  it('are one for each outcome of the first level, then one for everything else', () => {
    const first = [{ name: 'Sold' }, { name: 'Lost' }];
    expect(
      [['Sold', 'Online'], ['Lost'], ['Online'], [], undefined].map((path) => outputOf(first, path)),
    ).to.deep.equal([0, 1, 2, 2, 2]);
    expect(outputOf([], ['Sold'])).to.equal(0);
  });

  it('take their wires along when the list is edited', () => {
    // The last one is always the last one.
    expect(outputMap([], ['a'])).to.deep.equal({ 0: 1, new0: 0 });
    expect(outputMap(['a', 'b'], ['b', 'a'])).to.deep.equal({ 0: 1, 1: 0, 2: 2 });
    expect(outputMap(['a', 'b'], ['b'])).to.deep.equal({ 0: -1, 1: 0, 2: 1 });
    expect(outputMap(['a', 'b'], ['x', 'a', 'b'])).to.deep.equal({ 0: 1, 1: 2, 2: 3, new0: 0 });
    // Renamed in its place.
    expect(outputMap(['a', 'b'], ['A', 'b'])).to.deep.equal({ 0: 0, 1: 1, 2: 2 });
    expect(outputMap(['a', 'b'], [])).to.deep.equal({ 0: -1, 1: -1, 2: 0 });
  });

  it('are all there once, whatever is done to the list', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(names, names, (before, after) => {
        const map = outputMap(before, after);
        const to = Object.values(map).filter((index) => index >= 0);
        expect(to.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: after.length + 1 }, (_, i) => i));
        for (let from = 0; from <= before.length; from++) expect(map).to.have.property(String(from));
      }),
    );
  });
});
