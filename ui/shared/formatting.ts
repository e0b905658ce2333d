/** A piece of a formatted text. Only these kinds exist, so what people wrote can never become markup. */
export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'code' | 'block'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; children: Piece[] };

const MARKS = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
const LINK = /\bhttps?:\/\/[^\s<>"']+/i;
/** The zero-width space that the server puts before a mark which stood in a value, not in the template. */
const ESCAPE = '\u200b';
/** Nested marks beyond this stay text: nobody writes them, but a hostile text may. */
const DEPTH = 4;

/** Parses WhatsApp's formatting: `*bold*`, `_italic_`, `~strike~`, `` `code` ``, ` ```block``` `, and http(s) links. */
export function parseRich(source: string, depth = 0): Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  let i = 0;
  const flush = () => {
    if (plain) pieces.push(...parseLinks(plain));
    plain = '';
  };
  while (i < source.length) {
    const code = readCode(source, i);
    if (code) {
      flush();
      pieces.push(code.piece);
      i = code.end;
      continue;
    }
    const mark = source[i] as keyof typeof MARKS;
    const end = mark in MARKS && depth < DEPTH ? closing(source, i, mark) : -1;
    if (end > 0 && !insideLink(plain)) {
      flush();
      pieces.push({ kind: MARKS[mark], children: parseRich(source.slice(i + 1, end), depth + 1) });
      i = end + 1;
      continue;
    }
    plain += source[i];
    i += 1;
  }
  flush();
  return pieces;
}

/** The text without its marks: for previews and announcements. */
export function plainText(source: string): string {
  const read = (pieces: Piece[]): string =>
    pieces.map((piece) => ('children' in piece ? read(piece.children) : piece.text)).join('');
  return read(parseRich(source)).replace(/\s+/g, ' ').trim();
}

function readCode(source: string, i: number): { piece: Piece; end: number } | undefined {
  if (source[i] !== '`' || source[i - 1] === ESCAPE) return undefined;
  const fence = source.startsWith('```', i) ? '```' : '`';
  const end = source.indexOf(fence, i + fence.length);
  if (end <= i + fence.length - 1 || end === i + fence.length) return undefined;
  const text = source.slice(i + fence.length, end);
  if (fence === '`' && text.includes('\n')) return undefined;
  return {
    piece: { kind: fence === '`' ? 'code' : 'block', text: fence === '`' ? text : text.replace(/^\n|\n$/g, '') },
    end: end + fence.length,
  };
}

/** Where the mark that opens at `i` closes: on the same line, against words, not inside one. -1: it is only a character. */
function closing(source: string, i: number, mark: string): number {
  if (source[i - 1] === ESCAPE || isWord(source[i - 1]) || !isSolid(source[i + 1]) || source[i + 1] === mark) return -1;
  const lineEnd = source.indexOf('\n', i);
  const limit = lineEnd < 0 ? source.length : lineEnd;
  for (let end = source.indexOf(mark, i + 2); end > 0 && end < limit; end = source.indexOf(mark, end + 1)) {
    if (source[end - 1] !== ESCAPE && isSolid(source[end - 1]) && !isWord(source[end + 1])) return end;
  }
  return -1;
}

function parseLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = text;
  for (let found = LINK.exec(rest); found; found = LINK.exec(rest)) {
    const href = found[0].replace(/[.,;:!?)\]]+$/, '');
    if (found.index > 0) pieces.push({ kind: 'text', text: rest.slice(0, found.index) });
    pieces.push({ kind: 'link', text: href, href });
    rest = rest.slice(found.index + href.length);
  }
  if (rest) pieces.push({ kind: 'text', text: rest });
  return pieces;
}

/** An underscore in an address is no mark. */
function insideLink(plain: string): boolean {
  return /https?:\/\/\S*$/i.test(plain);
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /[\p{L}\p{N}]/u.test(char);
}

function isSolid(char: string | undefined): boolean {
  return char !== undefined && !/\s/.test(char);
}
