import { computed, ref, watch } from 'vue';
import { createTranslate, type Texts, type Translate } from './i18n.ts';

/** The languages of the screens, with their own names. */
export const LANGUAGES = { 'en-US': 'English', de: 'Deutsch', es: 'Español', it: 'Italiano' } as const;
export type Language = keyof typeof LANGUAGES;
/** `system` follows the browser. */
export type LanguageChoice = Language | 'system';

const KEY = 'wa-language';
const FALLBACK: Language = 'en-US';

const primary = (tag: string) => tag.toLowerCase().split('-', 1)[0];

/** Some browsers name the language of their system, which `Intl` does not take: `en-US@posix`. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/**
 * The language for a browser's wishes (`navigator.languages`, the most wanted first), and the locale its dates and numbers are written
 * in: of somebody who reads British English these are British.
 */
export function pickLanguage(
  choice: LanguageChoice,
  wanted: readonly string[],
): { language: Language; locale: string } {
  const wishes = wanted.filter(isTag);
  const known = Object.keys(LANGUAGES) as Language[];
  const of = (tag: string) => known.find((language) => primary(language) === primary(tag));
  if (choice !== 'system')
    return { language: choice, locale: wishes.find((tag) => primary(tag) === primary(choice)) ?? choice };
  const wish = wishes.find(of);
  return { language: (wish && of(wish)) || FALLBACK, locale: wish ?? FALLBACK };
}

/**
 * The language somebody reads a screen in, remembered for all windows of this browser, and a translator that follows it.
 * `texts`: the screen's texts in each language.
 */
export function useLanguage(texts: Record<Language, Texts>) {
  const choice = ref<LanguageChoice>(storedChoice());
  const picked = computed(() => pickLanguage(choice.value, navigator.languages));
  const translate = computed(() => createTranslate(texts[picked.value.language], picked.value.locale));
  const t: Translate = (key, params) => translate.value(key, params);
  const onStorage = ({ key }: StorageEvent) => {
    if (key === KEY) choice.value = storedChoice();
  };
  addEventListener('storage', onStorage);
  watch(choice, storeChoice);
  return {
    choice,
    t,
    language: computed(() => picked.value.language),
    /** BCP 47, for dates and numbers. */
    locale: computed(() => picked.value.locale),
    stop: () => removeEventListener('storage', onStorage),
  };
}

/** Keeps it for all screens of this browser; where nothing can be kept it holds until the page is left. */
export function storeChoice(choice: LanguageChoice): void {
  try {
    if (choice !== storedChoice()) localStorage.setItem(KEY, choice);
  } catch {
    // A private window, or no place.
  }
}

export function storedChoice(): LanguageChoice {
  try {
    const found = localStorage.getItem(KEY);
    return found !== null && found in LANGUAGES ? (found as Language) : 'system';
  } catch {
    return 'system';
  }
}
