/** Templates as the desk chooses them and shows them. */
import type { Template } from '../shared/types.ts';

const PLACE = /\{\{\s*([\w.]+)\s*\}\}/g;

/** Those that can be sent first; each word of the search must be somewhere in the name or the text. */
export function findTemplates(all: readonly Template[], search: string): Template[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((one) => {
      const text = `${one.name} ${one.text} ${one.language}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => Number(b.state === 'approved') - Number(a.state === 'approved') || a.name.localeCompare(b.name));
}

/** Names of variables that have no value yet. */
export function missingOf(template: Template, values: Record<string, string>): string[] {
  return template.variables.filter((name) => !values[name]?.trim());
}

export interface Piece {
  text: string;
  variable: boolean;
  filled: boolean;
}

/** The text cut at its variables, with their values or, without one, their names. */
export function piecesOf(text: string, values: Record<string, string>): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACE)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), variable: false, filled: true });
    const name = match[1] ?? '';
    const value = values[name]?.trim();
    pieces.push({ text: value || name, variable: true, filled: Boolean(value) });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), variable: false, filled: true });
  return pieces;
}
