import { expect } from 'chai';
import fc from 'fast-check';
import {
  canSend,
  findTemplates,
  type ListedTemplate,
  piecesOf,
  readValue,
  templateOf,
  writeValue,
} from '../../../nodes/wa-send/templates/choice.ts';

const template = (name: string, more: Partial<ListedTemplate> = {}): ListedTemplate => ({
  ...{ id: `${name}:en_US`, name, language: 'en_US', category: 'utility', state: 'approved', reason: '' },
  ...{ text: `Hi {{1}}, ${name}`, variables: ['1'], unsupported: '', ...more },
});

describe('templates in the dialog of wa-send', () => {
  const sale = template('sale', { state: 'paused' });
  const order = template('order');
  const italian = template('order', { id: 'order:it', language: 'it', text: 'Ciao {{1}}' });
  const flow = template('flow', { unsupported: 'a button of the kind flow' });
  const all = [sale, flow, italian, order];

  it('are found by words anywhere in them, those that can be sent first', () => {
    expect(findTemplates(all, '').map(({ id }) => id)).to.deep.equal([
      'order:en_US',
      'order:it',
      'flow:en_US',
      'sale:en_US',
    ]);
    expect(findTemplates(all, 'ORDER ciao')).to.deep.equal([italian]);
    expect(findTemplates(all, 'order nothing')).to.deep.equal([]);
    expect(all.filter(canSend)).to.deep.equal([italian, order]);
  });

  it('are known by their id, and by a name that means one of them', () => {
    expect(templateOf(all, ' order:it ')).to.equal(italian);
    expect(templateOf(all, 'sale')).to.equal(sale);
    expect(templateOf(all, 'order')).to.equal(undefined);
    expect(templateOf([order, { ...italian, state: 'pending' }], 'order')).to.equal(order);
    expect(templateOf(all, '')).to.equal(undefined);
  });

  it('read as they will be sent; what has no value shows its name', () => {
    expect(piecesOf('A {{1}} and {{ header.x }}', { 1: 'one' })).to.deep.equal([
      { text: 'A ' },
      { text: 'one', variable: '1' },
      { text: ' and ' },
      { text: 'header.x', variable: 'header.x' },
    ]);
  });

  it('values are saved as Mustache and come back as they were chosen', () => {
    expect(writeValue('msg', 'whatsapp.contact.name')).to.equal('{{whatsapp.contact.name}}');
    expect(writeValue('msg', 'payload.items[0].name')).to.equal('{{payload.items.0.name}}');
    expect(writeValue('msg', ' ')).to.equal(' ');
    expect(readValue('{{{ msg.payload }}}')).to.deep.equal({ kind: 'msg', value: 'payload' });
    expect(readValue('Hi {{payload}}')).to.deep.equal({ kind: 'text', value: 'Hi {{payload}}' });
    expect(readValue('{{#a}}')).to.deep.equal({ kind: 'text', value: '{{#a}}' });
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { kind, value } = readValue(text);
        return kind === 'text' ? writeValue(kind, value) === text : writeValue(kind, value).includes(value);
      }),
    );
  });
});
