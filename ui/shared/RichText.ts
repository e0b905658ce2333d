import { defineComponent, h, type VNodeChild } from 'vue';
import { type Piece, parseRich } from './formatting.ts';

const TAGS = { bold: 'strong', italic: 'em', strike: 's', code: 'code', block: 'pre' } as const;

function render(piece: Piece): VNodeChild {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'link':
      return h('a', { href: piece.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, piece.text);
    case 'code':
    case 'block':
      return h(TAGS[piece.kind], piece.text);
    default:
      return h(TAGS[piece.kind], piece.children.map(render));
  }
}

/** What people wrote, with WhatsApp's formatting. Text nodes only: nothing of it is ever parsed as HTML. */
export const RichText = defineComponent({
  name: 'RichText',
  props: { text: { type: String, required: true } },
  setup: (props) => () => h('span', { class: 'rich', dir: 'auto' }, parseRich(props.text).map(render)),
});
