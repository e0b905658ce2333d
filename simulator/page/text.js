import { h } from './dom.js';

const MARKS = { '*': 'b', _: 'i', '~': 's' };
const PIECES = /```([\s\S]+?)```|(?<![\p{L}\p{N}])([*_~])(?=\S)(.+?)(?<=\S)\2(?![\p{L}\p{N}])|(https?:\/\/[^\s<>"']+)/u;

/**
 * A WhatsApp text as nodes: `*bold*`, `_italic_`, `~struck~`, ```` ```fixed``` ```` and links. Whatever is in it, only text nodes and
 * these elements come out.
 * @returns {Node[]}
 */
export function formatted(text) {
  const nodes = [];
  let rest = text;
  for (let found = PIECES.exec(rest); found; found = PIECES.exec(rest)) {
    const [whole, fixed, mark, inner, link] = found;
    if (found.index > 0) nodes.push(document.createTextNode(rest.slice(0, found.index)));
    if (fixed !== undefined) nodes.push(h('code', {}, fixed));
    else if (link !== undefined) nodes.push(h('a', { href: link, target: '_blank', rel: 'noopener noreferrer' }, link));
    else nodes.push(h(MARKS[mark], {}, ...formatted(inner)));
    rest = rest.slice(found.index + whole.length);
  }
  if (rest) nodes.push(document.createTextNode(rest));
  return nodes;
}
