import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Texts } from '../../ui/shared/i18n.ts';
import { LANGUAGES, pickLanguage } from '../../ui/shared/language.ts';
import { at, deskInBrowser } from './support/desk-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Each text by its dotted key. */
function flat(texts: Texts, before = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts))
    if (typeof value === 'string') found.set(before + key, value);
    else for (const [k, v] of flat(value, `${before}${key}.`)) found.set(k, v);
  return found;
}
const read = (file: string) => flat(JSON.parse(readFileSync(join(root, file), 'utf8')) as Texts);
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('languages', () => {
  const english = globSync('ui/**/locales/**/en-US*.json', { cwd: root }).concat(
    globSync('ui/**/locales/en-US/*.json', { cwd: root }),
  );
  for (const file of english)
    for (const language of Object.keys(LANGUAGES).filter((name) => name !== 'en-US')) {
      const other = file.replace('en-US', language);
      it(`${other} says all that ${basename(dirname(file))}/${basename(file)} says`, () => {
        const [ours, theirs] = [read(file), read(other)];
        expect(
          [...ours.keys()].filter((key) => !theirs.has(key)),
          'missing',
        ).to.deep.equal([]);
        expect(
          [...theirs.keys()].filter((key) => !ours.has(key)),
          'not used',
        ).to.deep.equal([]);
        for (const [key, text] of ours) expect(parameters(theirs.get(key) ?? ''), key).to.deep.equal(parameters(text));
      });
    }

  it('follow the browser, with its dates, or the choice', () => {
    expect(pickLanguage('system', ['fr-FR', 'de-AT', 'en'])).to.deep.equal({ language: 'de', locale: 'de-AT' });
    expect(pickLanguage('system', ['en-GB'])).to.deep.equal({ language: 'en-US', locale: 'en-GB' });
    expect(pickLanguage('system', ['ja'])).to.deep.equal({ language: 'en-US', locale: 'en-US' });
    expect(pickLanguage('system', ['de-DE@posix', 'es-MX'])).to.deep.equal({ language: 'es', locale: 'es-MX' });
    expect(pickLanguage('it', ['de-AT', 'it-CH'])).to.deep.equal({ language: 'it', locale: 'it-CH' });
    expect(pickLanguage('es', ['de-AT'])).to.deep.equal({ language: 'es', locale: 'es' });
  });

  describe('of the desk', function () {
    this.timeout(30_000);
    const desk = deskInBrowser();

    it('change at once, and stay', async () => {
      await desk.enter();
      const { page } = desk;
      await page.click(at('language'));
      await page.click(at('language-de'));
      expect(await page.locator(at('presence')).textContent()).to.contain('Verfügbar');
      expect(await page.locator(at('desk')).getAttribute('lang')).to.equal('de');
      await page.reload();
      await page.waitForSelector(at('composer-input'));
      expect(await page.locator(at('presence')).textContent()).to.contain('Verfügbar');
      await page.click(at('language'));
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      expect(await page.locator(at('presence')).textContent()).to.contain('Available');
    });
  });
});
