// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ASCII = /^[\x00-\x7f]*$/;

/**
 * The copy of a text that is compared: NFKC, then lower case, made here for every database, so that all find the same. Most texts are
 * plain, and have nothing to compose.
 */
export function normalise(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase();
}

/** Characters (code points, as the index counts them) of a text. */
export function lengthOf(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}
