/** Texts that are longer than a provider takes: they go out in parts. */

/** Characters that are looked at for where one ends that is made of several, such as a flag. */
const LONGEST_CHARACTER = 32;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Parts of at most so many characters (code points), split where lines end if that is in the second half of a part, else between words,
 * else anywhere but inside of a character. White space where it is split is left out; a text that is short enough stays as it is.
 */
export function splitText(text: string, longest: number): string[] {
  const characters = [...text];
  if (characters.length <= longest) return [text];
  const parts: string[] = [];
  let from = 0;
  while (characters.length - from > longest) {
    const end = from + breakOf(characters, from, longest);
    const part = characters.slice(from, end).join('').trimEnd();
    if (part.trim() !== '') parts.push(part);
    from = end;
    while (from < characters.length && isSpace(characters[from]!)) from++;
  }
  const rest = characters.slice(from).join('').trimEnd();
  if (rest !== '') parts.push(rest);
  return parts;
}

const isSpace = (character: string): boolean => /\s/.test(character);

/** How many characters the next part has. */
function breakOf(characters: string[], from: number, longest: number): number {
  let word = 0;
  // White space that follows directly is a break, too.
  for (let length = longest; length > 0; length--) {
    const next = characters[from + length]!;
    if (next === '\n' && length > longest / 2) return length;
    if (word === 0 && isSpace(next)) word = length;
  }
  return word || wholeCharacters(characters.slice(from, from + longest + LONGEST_CHARACTER), longest);
}

/** As many characters as fit without taking one apart that is made of several. */
function wholeCharacters(characters: string[], longest: number): number {
  let length = 0;
  for (const { segment } of segmenter.segment(characters.join(''))) {
    const next = length + [...segment].length;
    if (next > longest) break;
    length = next;
  }
  return length || longest;
}
