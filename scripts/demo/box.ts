/** A box of text for the terminal. */

/** Draws rows of label and value, a title above them; an empty row is a line. */
export function box(title: string, rows: [string, string][]): string {
  const labelWidth = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => (label || value ? `${label.padEnd(labelWidth)}  ${value}` : ''));
  const width = Math.max(title.length, ...lines.map((line) => line.length));
  const line = (left: string, right: string) => left + '─'.repeat(width + 4) + right;
  const row = (text: string) => `│  ${text.padEnd(width)}  │`;
  return [
    line('┌', '┐'),
    row(title),
    line('├', '┤'),
    ...lines.map((text) => (text === '' ? line('├', '┤') : row(text))),
    line('└', '┘'),
  ].join('\n');
}
