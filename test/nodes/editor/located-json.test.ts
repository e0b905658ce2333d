import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { SENTENCES } from '../../../core/search/language/check.ts';
import { FIELDS, OPERATORS } from '../../../core/search/language/fields.ts';
import { JsonError, lineOfPath, parseLocated } from '../../../nodes/wa-query/located-json.ts';
import { typedValue } from '../../../nodes/wa-query/typed-value.ts';
import { catalogue, type Json, root } from './support.ts';

/** What JSON.parse says: a value or that it is none. */
function plain(text: string): unknown {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return 'none';
  }
}

function located(text: string): unknown {
  try {
    return { value: parseLocated(text).value };
  } catch (error) {
    if (error instanceof JsonError) return 'none';
    throw error;
  }
}

describe('JSON that knows where its parts stand', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.nat(4), (text, indent) => {
        const written = JSON.stringify(JSON.parse(text), null, indent);
        expect(located(written)).to.deep.equal(plain(written));
      }),
    );
    for (const text of ['{"__proto__": 1, "a": 2, "a": 3}', ' [1e5 , -0.5,\t"\\u00e9\\n"]\r\n', '"\u2028"'])
      expect(located(text)).to.deep.equal(plain(text));
  });

  it('refuses what JSON.parse refuses', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '01',
      '-',
      '.5',
      'true',
      'nul',
      ' ',
      '\n',
      'e3',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }), (parts) => {
        const text = parts.join('');
        expect(located(text), text).to.deep.equal(plain(text));
      }),
      { numRuns: 3000 },
    );
    expect(located('['.repeat(5000))).to.equal('none');
  });

  it('says where it ends to be JSON', () => {
    const at = (text: string) => {
      try {
        parseLocated(text);
        return null;
      } catch (error) {
        const { line, column } = error as JsonError;
        return [line, column];
      }
    };
    expect(at('{')).to.deep.equal([1, 2]);
    expect(at('{"a": 1\n "b": 2}')).to.deep.equal([2, 2]);
    expect(at('{"a": 1}\n\n x')).to.deep.equal([3, 2]);
    expect(at('')).to.deep.equal([1, 1]);
  });

  it('knows the lines of its parts, and of what is missing the line around it', () => {
    const { lines } = parseLocated('{\n "a": [\n 1,\n {"b":\n 2}]\n}');
    expect([...lines]).to.deep.equal([
      ['', 1],
      ['a', 2],
      ['a.0', 3],
      ['a.1', 4],
      ['a.1.b', 5],
    ]);
    expect(lineOfPath(lines, 'a.1.c')).to.equal(4);
    expect(lineOfPath(lines, 'z')).to.equal(1);
  });
});

describe('the words of a search', () => {
  it('have a text each in the dialog, the reasons the same as in the API', async () => {
    const texts = (await catalogue('wa-query'))['wa-query'] as Record<string, Json>;
    expect(texts.problem).to.deep.equal({ ...SENTENCES });
    expect(Object.keys(texts.operator!)).to.have.members([...new Set(Object.values(OPERATORS).flat())]);
    for (const group of ['type', 'about', 'example']) expect(texts[group]).to.include.keys(Object.keys(OPERATORS));
    const help = await readFile(join(root, 'nodes/wa-query/locales/en-US/wa-query.html'), 'utf8');
    for (const word of [...Object.keys(FIELDS), ...Object.values(OPERATORS).flat()]) expect(help).to.contain(word);
  });

  it('typed values become what their field takes', () => {
    expect(typedValue('number', 'greaterThan', ' 60')).to.equal(60);
    expect(typedValue('number', 'between', '60, 300')).to.deep.equal([60, 300]);
    expect(typedValue('number', 'equals', '')).to.equal('');
    expect(typedValue('boolean', 'equals', 'false')).to.equal(false);
    expect(typedValue('time', 'between', '2026-11-01, 2026-11-24')).to.deep.equal(['2026-11-01', '2026-11-24']);
    expect(typedValue('text', 'contains', ' a, 1')).to.equal(' a, 1');
  });
});
