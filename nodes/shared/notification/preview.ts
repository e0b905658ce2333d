/** A notification as the desk will show it, with example values: line breaks, *bold* and _italic_ of the template. */

export const DEFAULT_TEMPLATE = '*{{contact.name}}* → {{queue}}\n{{message}}';

export const VARIABLES = [
  'contact.name',
  'contact.phone',
  'contact.list',
  'account.name',
  'account.key',
  'queue',
  'agent',
  'message',
  'time',
] as const;

const EXAMPLE: Record<string, string> = {
  'account.name': 'Calder Cycles',
  'account.key': 'SALES',
  'account.phone': '+12025550100',
  'contact.name': 'Mila Ivanova',
  'contact.address': '+12025550142',
  'contact.phone': '+12025550142',
  'contact.list': 'Default',
  'interaction.id': '01HV6S2K',
  queue: 'Sales',
  agent: 'Anna',
  message: 'Is the blue one still there?',
  time: '14:31',
  from: 'Mila Ivanova',
  body: 'Is the blue one still there?',
  key: 'SALES',
};

export interface PreviewPart {
  text: string;
  style: 'plain' | 'bold' | 'italic';
}

/** The template with example values, cut where the style changes. Unknown variables give nothing, as Mustache does. */
export function preview(template: string): PreviewPart[] {
  const parts: PreviewPart[] = [];
  for (const piece of template.split(/(\*[^*\n]+\*|_[^_\n]+_)/)) {
    if (piece === '') continue;
    const marked = /^([*_])(.+)\1$/s.exec(piece);
    const style = marked ? (marked[1] === '*' ? 'bold' : 'italic') : 'plain';
    parts.push({ text: fill(marked ? marked[2]! : piece), style });
  }
  return parts;
}

function fill(text: string): string {
  return text.replace(/\{\{\{?\s*([\w.]+)\s*\}?\}\}/g, (_all, name: string) => EXAMPLE[name] ?? '');
}
