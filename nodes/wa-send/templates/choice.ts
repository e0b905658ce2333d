/** Templates as the dialog finds, fills and shows them. No editor in here. */

/** Answer of `GET whatsapp/admin/accounts/:id/templates`, as far as it is shown. */
export interface ListedTemplate {
  id: string;
  name: string;
  language: string;
  category: string;
  state: string;
  /** Why it was rejected. */
  reason: string;
  text: string;
  variables: string[];
  /** Why it cannot be sent by this pack; '' if it can. */
  unsupported: string;
}

/** Those that can be sent first; each word of the search is somewhere in the name, the language or the text. */
export function findTemplates(all: readonly ListedTemplate[], search: string): ListedTemplate[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (one: ListedTemplate): number => (canSend(one) ? 0 : 1);
  return all
    .filter((one) => {
      const text = `${one.name} ${one.language} ${one.id} ${one.text}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.language.localeCompare(b.language));
}

export const canSend = ({ state, unsupported }: ListedTemplate): boolean =>
  (state === 'approved' || state === 'session') && unsupported === '';

/** The one that an id or a name means: a name will do where only one has it, or only one of these is approved. */
export function templateOf(all: readonly ListedTemplate[], written: string): ListedTemplate | undefined {
  const wanted = written.trim();
  const named = all.filter(({ name }) => name === wanted);
  const approved = named.filter(({ state }) => state === 'approved');
  return (
    all.find(({ id }) => id === wanted) ??
    (named.length === 1 ? named[0] : approved.length === 1 ? approved[0] : undefined)
  );
}

export interface Piece {
  text: string;
  /** The name of the variable that stood here. */
  variable?: string;
}

/** The text cut at its variables, with their values or, without one, their names. */
export function piecesOf(text: string, values: Record<string, string>): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    const variable = match[1]!;
    pieces.push({ text: values[variable] || variable, variable });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** A value is a text, in which Mustache may stand, or one property of the message. */
export type ValueKind = 'text' | 'msg';

/** A property that Mustache can name. */
export const isPath = (path: string): boolean => /^[\w$-]+(\.[\w$-]+)*$/.test(path);

/** A saved value as it is shown: what is nothing but one property of the message is shown as such. */
export function readValue(saved: string): { kind: ValueKind; value: string } {
  const path = /^\{\{\{?\s*(?:msg\.)?([\w$.-]+)\s*\}?\}\}$/.exec(saved.trim())?.[1];
  return path !== undefined && isPath(path) ? { kind: 'msg', value: path } : { kind: 'text', value: saved };
}

/** A value as it is saved: Mustache over `msg`. */
export function writeValue(kind: ValueKind, value: string): string {
  const path = value.trim().replace(/\[(\d+)\]/g, '.$1');
  return kind === 'msg' && path !== '' ? `{{${path}}}` : value;
}
