/** Careful reading of JSON that somebody else wrote. */
export type Json = Record<string, unknown>;

/** The object under a key, undefined if there is none. */
export function objectAt(from: Json | undefined, key: string): Json | undefined {
  const value = from?.[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** A text that every database keeps: NUL and halves of a surrogate pair are no characters. */
export function storable(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}

/** The text under a key, "" if there is none. */
export function textAt(from: Json | undefined, key: string): string {
  const value = from?.[key];
  return typeof value === 'string' ? storable(value) : '';
}

/** The finite number under a key, undefined if there is none. */
export function numberAt(from: Json | undefined, key: string): number | undefined {
  const value = from?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The objects in the array under a key; none if there is no array. */
export function objectsAt(from: Json | undefined, key: string): Json[] {
  const value = from?.[key];
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Json => typeof item === 'object' && item !== null && !Array.isArray(item));
}

/** The object a JSON text holds, undefined if it is none. */
export function parseObject(text: string): Json | undefined {
  try {
    return objectAt({ value: JSON.parse(text) as unknown }, 'value');
  } catch {
    return undefined;
  }
}
