import { expect } from 'chai';
import fc from 'fast-check';
import { preview } from '../../../nodes/shared/notification/preview.ts';
import * as outline from '../../../nodes/shared/outline.ts';

const lines = (text: string): outline.OutlineLine[] =>
  text.split(' ').map((entry) => ({ name: entry.replaceAll('>', ''), level: entry.lastIndexOf('>') + 2 }));
const text = (list: readonly outline.OutlineLine[]): string =>
  list.map((line) => '>'.repeat(line.level - 1) + line.name).join(' ');

describe('outline of outcomes', () => {
  const list = lines('order >bike >>test >extra repair');

  it('is the tree and back', () => {
    const tree = outline.nest(list);
    expect(tree).to.deep.equal([
      { name: 'order', children: [{ name: 'bike', children: [{ name: 'test' }] }, { name: 'extra' }] },
      { name: 'repair' },
    ]);
    expect(outline.flatten(tree)).to.deep.equal(list);
  });

  it('leaves nameless lines out, with what stands below them', () => {
    expect(
      text(
        outline.flatten(outline.nest([...lines('a'), { name: ' ', level: 1 }, { name: 'b', level: 2 }, ...lines('c')])),
      ),
    ).to.equal('a c');
  });

  it('moves a line deeper and up with what belongs to it, at most to the third level', () => {
    expect(text(outline.shift(list, 4, 1))).to.equal('order >bike >>test >extra >repair');
    expect(outline.canShift(list, 0, 1)).to.equal(false);
    expect(outline.canShift(list, 2, 1)).to.equal(false);
    expect(text(outline.shift(list, 1, -1))).to.equal('order bike >test >extra repair');
    expect(outline.canShift(lines('a b >c >>d'), 1, 1)).to.equal(false);
  });

  it('removes, inserts and moves', () => {
    expect(text(outline.remove(list, 1))).to.equal('order >extra repair');
    expect(text(outline.insert(list, 3, 2))).to.equal('order >bike >>test > >extra repair');
    expect(text(outline.move(list, 4, 0))).to.equal('repair order >bike >>test >extra');
    expect(text(outline.move(list, 1, 5))).to.equal('order >extra repair >bike >>test');
    expect(text(outline.move(list, 0, 2))).to.equal(text(list));
    expect(text(outline.move(list, 4, 3))).to.equal('order >bike >>test >repair >extra');
  });

  it('finds repeated names beside each other only', () => {
    expect(outline.repeated(lines('a >x b >x a >y >y'))).to.deep.equal([4, 6]);
  });

  it('never makes an impossible level, whatever is done to it', () => {
    const line = fc.record({ name: fc.string({ maxLength: 3 }), level: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), fc.nat(11), fc.nat(12), (raw, from, to) => {
        const start = outline.tidy(raw);
        const at = Math.min(from, start.length - 1);
        const moved = outline.move(start, at, Math.min(to, start.length));
        expect(moved).to.have.length(start.length);
        for (const result of [
          moved,
          outline.shift(start, at, 1),
          outline.shift(start, at, -1),
          outline.remove(start, at),
        ]) {
          expect(outline.tidy(result)).to.deep.equal(result);
        }
      }),
    );
  });
});

describe('preview of a notification', () => {
  it('shows example values, bold and italic; unknown variables give nothing', () => {
    expect(preview('*{{contact.name}}* → {{queue}}\n_{{message}}_{{nothing}}')).to.deep.equal([
      { text: 'Mila Ivanova', style: 'bold' },
      { text: ' → Sales\n', style: 'plain' },
      { text: 'Is the blue one still there?', style: 'italic' },
      { text: '', style: 'plain' },
    ]);
  });
});
