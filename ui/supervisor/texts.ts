import { shallowRef } from 'vue';
import { createTranslate, type Texts, type Translate } from '../shared/i18n.ts';
import { type Language, LANGUAGES as NAMES, pickLanguage, storeChoice, storedChoice } from '../shared/language.ts';

/** The languages there are texts for, by their tags; the first one is what is missing elsewhere. */
export const LANGUAGES = Object.keys(NAMES) as Language[];
export type { Language };

type File = { default: Texts };
/** Those of the desk, for its parts that are used here too. */
const desk = import.meta.glob<File>('../desk/locales/*.json');
/** One file per section; its name is the first part of the keys. */
const own = import.meta.glob<File>('./locales/*/*.json');

async function read(language: Language): Promise<Texts> {
  const texts: Texts = {};
  const common = desk[`../desk/locales/${language}.json`];
  if (common) merge(texts, (await common()).default);
  const prefix = `./locales/${language}/`;
  const files = Object.entries(own).filter(([path]) => path.startsWith(prefix));
  await Promise.all(
    files.map(async ([path, load]) => {
      merge(texts, { [path.slice(prefix.length, -'.json'.length)]: (await load()).default });
    }),
  );
  return texts;
}

/** Puts texts over others, key by key. */
function merge(into: Texts, over: Texts): Texts {
  for (const [key, value] of Object.entries(over)) {
    const under = into[key];
    into[key] = typeof value === 'object' ? merge(typeof under === 'object' ? { ...under } : {}, value) : value;
  }
  return into;
}

/** The texts of the screens in the language of the reader. Until `load` has resolved a key stands for its text. */
export function createTexts() {
  const language = shallowRef<Language>(pickLanguage(storedChoice(), navigator.languages).language);
  const translate = shallowRef<Translate>(createTranslate({}, 'en-US'));

  /** Rejects if the server does not give them. */
  async function load(wanted: Language = language.value): Promise<void> {
    const texts = await read('en-US');
    if (wanted !== 'en-US') merge(texts, await read(wanted));
    translate.value = createTranslate(texts, wanted);
    language.value = wanted;
  }

  const t: Translate = (key, params) => translate.value(key, params);
  return {
    t,
    language,
    load,
    async choose(wanted: Language): Promise<void> {
      await load(wanted);
      storeChoice(wanted);
    },
  };
}
