/** The page's texts: one file a language in `locales/`, chosen by `?lang=` or by the browser. */

const LANGUAGES = ['en-US', 'it', 'es', 'de'];
const wanted = [new URLSearchParams(location.search).get('lang'), ...navigator.languages];

/** The first language that is wanted and there. */
export const language =
  wanted
    .map((one) => one && LANGUAGES.find((known) => known.split('-', 1)[0] === one.split('-', 1)[0].toLowerCase()))
    .find(Boolean) ?? 'en-US';

const texts = await fetch(`locales/${language}.json`).then((answer) => answer.json());

/**
 * A text by its dotted key; `{name}` in it is replaced by a parameter. A key without a text comes back itself.
 * @param {string} key
 * @param {Record<string, string | number>} [parameters]
 */
export function t(key, parameters = {}) {
  const [group, name] = key.split('.');
  return (texts[group]?.[name] ?? key).replace(/\{(\w+)\}/g, (whole, one) => String(parameters[one] ?? whole));
}

/** Puts the texts into what stands in the page itself: `data-t` its text, `data-t-<attribute>` one of its attributes. */
export function translatePage() {
  document.documentElement.lang = language;
  document.title = t('app.title');
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  for (const attribute of ['aria-label', 'title', 'value'])
    for (const element of document.querySelectorAll(`[data-t-${attribute}]`))
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${attribute}`)));
}
