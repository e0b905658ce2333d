/** A field of something that is kept, and its column. `label`, `hint` and `column` are keys of texts. */
export interface Field {
  name: string;
  label: string;
  hint?: string;
  /** Over the column, if that is said shorter. */
  column?: string;
  kind: 'line' | 'text' | 'minutes';
  /** Characters. */
  most?: number;
}

/** As many as the API takes: a week. */
export const MOST_MINUTES = 10_080;

/** What stands in a field at first. */
export const firstValue = (field: Field, row: object | null): string =>
  String((row as Record<string, unknown> | null)?.[field.name] ?? (field.kind === 'minutes' ? 0 : ''));

/** The rule that what stands in a field breaks, or ''. */
export function ruleOf({ kind }: Field, text: string): string {
  if (kind !== 'minutes') return text.trim() ? '' : 'required';
  const minutes = Number(text);
  return text !== '' && Number.isInteger(minutes) && minutes >= 0 && minutes <= MOST_MINUTES ? '' : 'minutes';
}

/** What is sent for a field. */
export const sentOf = ({ kind }: Field, text: string): string | number => {
  if (kind === 'minutes') return Number(text);
  return kind === 'line' ? text.trim() : text;
};
