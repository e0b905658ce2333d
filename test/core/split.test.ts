import { expect } from 'chai';
import fc from 'fast-check';
import { splitText } from '../../core/split.ts';

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

describe('a text that is too long', () => {
  it('stays as it is if it fits', () => {
    expect(splitText('  short \n', 9)).to.deep.equal(['  short \n']);
    expect(splitText('🙂'.repeat(10), 10)).to.deep.equal(['🙂'.repeat(10)]);
  });

  it('is split between words, at the end of a line rather than in the middle of one', () => {
    expect(splitText('one two three four', 9)).to.deep.equal(['one two', 'three', 'four']);
    expect(splitText('Hello there,\nthis is it', 16)).to.deep.equal(['Hello there,', 'this is it']);
    expect(splitText('a\nbbbb cccc dddd', 12)).to.deep.equal(['a\nbbbb cccc', 'dddd']);
    expect(splitText('one two    ', 8)).to.deep.equal(['one two']);
  });

  it('without a space is split, but no character is', () => {
    expect(splitText('x'.repeat(25), 10)).to.deep.equal(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
    const family = '👨‍👩‍👧‍👦';
    const parts = splitText(family.repeat(4), 10);
    expect(parts).to.deep.equal([family, family, family, family]);
  });

  it('loses nothing but white space where it is split, and no part is too long', () => {
    const piece = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom(' ', '\n', '\n\n', '  '));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 40, max: 80 }), (pieces, longest) => {
        const text = pieces.join('');
        const parts = splitText(text, longest);
        for (const part of parts) {
          if ([...part].length > longest) return false;
          if (/\p{Surrogate}/u.test(part)) return false;
        }
        if (parts.length > 1 && parts.some((part) => part.trim() === '')) return false;
        return words(parts.join('')).join('') === words(text).join('');
      }),
      { numRuns: 3000 },
    );
  });
});
