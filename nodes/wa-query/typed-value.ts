import type { FieldType, Operator } from '../../core/search/language/fields.ts';

/** What was typed, as the value of a field of that type: what cannot be one stays text, and the reason is shown with the search. */
export function typedValue(type: FieldType, operator: Operator, typed: string): unknown {
  const one = (part: string): unknown => {
    const written = part.trim();
    if (type === 'boolean' && /^(true|false)$/.test(written)) return written === 'true';
    if (type === 'number' && written !== '' && Number.isFinite(Number(written))) return Number(written);
    return type === 'text' || type === 'texts' || type === 'messages' ? part : written;
  };
  return operator === 'between' ? typed.split(',').map(one) : one(typed);
}
