/** Texts by dotted key. A text is a string, or an object of plural forms (`one`, `other`, …) chosen by the parameter `count`. */
export interface Texts {
  [key: string]: string | Texts;
}
export type Params = Record<string, string | number>;
export type Translate = (key: string, params?: Params) => string;

/**
 * A translator over nested texts: `{name}` is replaced by a parameter, plural forms follow `Intl.PluralRules` of the locale.
 * A missing key answers the key itself, so that a gap is seen and nothing breaks.
 */
export function createTranslate(texts: Texts, locale: string): Translate {
  const plurals = new Intl.PluralRules(locale);
  return (key, params = {}) => {
    let found: string | Texts | undefined = texts;
    for (const part of key.split('.')) found = typeof found === 'object' ? found[part] : undefined;
    if (typeof found === 'object') {
      const form = plurals.select(Number(params.count ?? 0));
      found = found[form] ?? found.other;
    }
    if (typeof found !== 'string') return key;
    return found.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
  };
}

/** Whether a text exists for the key: for codes of the server, which may be newer than the screen. */
export function hasText(translate: Translate, key: string): boolean {
  return translate(key) !== key;
}
