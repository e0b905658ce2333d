import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { type Built, builtPackage } from '../support/package.ts';
import { PNG } from '../support/pictures.ts';
import { violations } from './support/axe.ts';
import { launchBrowser } from './support/browser.ts';
import { at } from './support/desk-page.ts';
import { type DeskServer, startDeskServer } from './support/desk-server.ts';
import { ago, interaction, message, offerOf, snapshot } from './support/fixtures.ts';
import { busyDay } from './support/scenario.ts';

/** A folder for pictures, for whoever wants to look at the screens. */
const PICTURES = process.env.WA_PICTURES;
/** The colours that Dashboard 2.0 gives its widgets, as far as the desk takes them over. */
const DASHBOARD = `
  #host { --v-theme-primary: 0,148,206; --v-theme-surface: 255,255,255; --v-theme-background: 238,238,238; --v-theme-error: 176,0,32 }
  #host.dark { --v-theme-primary: 33,150,243; --v-theme-surface: 33,33,33; --v-theme-background: 18,18,18; --v-theme-error: 207,102,121 }`;

describe('the desk for everyone', function () {
  this.timeout(90_000);
  let built: Built;
  let browser: Browser;

  before(async () => {
    built = await builtPackage();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
  });

  for (const place of ['widget', 'page'] as const)
    describe(place, () => {
      let server: DeskServer;
      let page: Page;
      let found: string[];

      beforeEach(async () => {
        found = [];
        server = await startDeskServer(
          place === 'widget'
            ? { script: join(built.widgets, 'ui-wa-desk.umd.js'), css: DASHBOARD }
            : { pages: built.pages },
        );
        busyDay(server);
        const context = await browser.newContext({
          ...{ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', colorScheme: 'light' },
        });
        page = await context.newPage();
        page.setDefaultTimeout(8000);
      });
      afterEach(async () => {
        await page.context().close();
        await server.close();
      });

      async function turn(theme: 'light' | 'dark') {
        if (place === 'page') await page.emulateMedia({ colorScheme: theme });
        else await page.evaluate(`document.querySelector('#host').className = '${theme}'`);
        await page.waitForSelector(`.wa-desk[data-theme=${theme}]`);
      }
      /** Looks at the state, light and dark. What is wrong with it fails the test at its end, all of it together. */
      async function clean(what: string) {
        for (const theme of ['light', 'dark'] as const) {
          await turn(theme);
          if (PICTURES)
            await page.screenshot({ path: join(PICTURES, `${place}-${theme}-${what.replaceAll(' ', '-')}.png`) });
          // Only colours depend on the theme.
          const rules = theme === 'dark' ? ['color-contrast'] : undefined;
          const here = await violations(page, { rules, within: place === 'widget' ? ['#host'] : [] });
          found.push(...here.map((one) => `${what}, ${theme}: ${one}`));
        }
        await turn('light');
      }
      const state = (title: string, play: () => Promise<void>) =>
        it(title, async () => {
          await play();
          expect(found).to.deep.equal([]);
        });
      async function enter() {
        await page.goto(place === 'widget' ? server.url : server.pageUrl);
        await page.fill(at('login-username'), 'nadia');
        await page.fill(at('login-password'), 'secret');
        await page.click(at('login-submit'));
        await page.waitForSelector('[data-online=true]');
      }
      const select = (id: string) => page.click(`${at('tab')}[data-id=${id}]`);
      const ring = (id: string) => {
        const name = `Luis Ortega ${id}`;
        const last = { id: `l-${id}`, text: 'Hola', type: 'text', direction: 'in', at: ago(5) };
        const text = `*${name}* → Sales\nIs the red one still there?`;
        server.ring(
          offerOf(interaction({ id, key: 'SALES', name, lastMessage: last }), {
            ...{ id, notification: { text, sound: true, shake: true }, expiresAt: ago(-60) },
          }),
        );
      };

      state('logging in and out of nothing', async () => {
        await page.goto(place === 'widget' ? server.url : server.pageUrl);
        await page.waitForSelector(at('login'));
        await clean('login');
        await page.fill(at('login-username'), 'nadia');
        await page.fill(at('login-password'), 'wrong');
        await page.click(at('login-submit'));
        await page.waitForSelector(at('login-error'));
        await clean('login refused');
        server.desk = snapshot({});
        await page.fill(at('login-password'), 'secret');
        await page.click(at('login-submit'));
        await page.waitForSelector(at('idle'));
        await clean('empty');
        await page.click(at('presence'));
        await clean('presence');
        await page.click(at('change-password'));
        await page.click(at('password-submit'));
        await clean('password');
        await page.keyboard.press('Escape');
        await page.click(at('sound'));
        await clean('sound');
        await page.keyboard.press('Escape');
        await page.click(at('language'));
        await clean('language');
        await page.keyboard.press('Escape');
        await page.click(at('shortcuts'));
        await clean('shortcuts');
      });

      state('ringing, and what ended', async () => {
        await enter();
        ring('o1');
        ring('o2');
        await page.waitForSelector(at('offer'));
        await clean('ringing');
        await page.keyboard.press('Escape');
        server.endOffer('o2', 'rescinded', { username: 'jonas', name: 'Jonas Keller' });
        await page.waitForSelector(at('offer-gone'));
        await clean('ringing folded');
        server.push('notification', {
          ...{ id: 'n1', level: 'error', text: '*Stock* is empty', sound: false, shake: false },
          ...{ interactionId: 'marta', at: ago(0) },
        });
        await page.waitForSelector(at('notice'));
        await clean('notice');
      });

      state('a conversation with all kinds of messages, and what opens over it', async () => {
        allKinds(server);
        await enter();
        await page.waitForSelector(at('composer-input'));
        await page.locator(`${at('message')}[data-id=k-last]`).waitFor();
        await clean('kinds');
        for (const id of ['k-audio', 'k-image', 'a5', 'a1']) {
          await page.locator(`${at('thread')}`).evaluate((box, to) => {
            const there = box.querySelector(`[data-id="${to}"]`);
            if (there) there.scrollIntoView({ block: 'center' });
            else box.scrollTop -= 500;
            // What comes into sight is drawn with the next frame, and measured with the one after it.
            return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          }, id);
        }
        await clean('kinds above');
        await page.locator(`${at('media')}[data-kind=image]`).click();
        await page.waitForSelector(at('picture-view'));
        await clean('picture');
        await page.keyboard.press('Escape');
        await page.fill(at('composer-input'), '/');
        await page.waitForSelector(at('canned'));
        await clean('canned answers');
        await page.fill(at('composer-input'), '');
        await page.click(at('emoji-open'));
        await clean('emoji');
        await page.keyboard.press('Escape');
        await page.click(at('mode-note'));
        await page.fill(at('composer-input'), 'Only for us');
        await clean('note');
        await page.click(at('mode-message'));
        await page.setInputFiles(at('attach-input'), { name: 'bill.png', mimeType: 'image/png', buffer: PNG });
        await clean('attaching');
        await page.click(at('more'));
        await clean('actions');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Alt+t');
        await page.locator(at('target')).first().waitFor();
        await page.locator(at('target')).first().click();
        await clean('transfer');
        await page.keyboard.press('Escape');
        await page.click(at('contact-edit'));
        await page.click(at('tag-add'));
        await clean('contact card');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+k');
        await page.fill(at('search-input'), 'a');
        await page.locator(at('hit')).first().waitFor();
        await clean('search');
      });

      state('closing, and writing to somebody new', async () => {
        await enter();
        await page.waitForSelector(at('composer-input'));
        await page.keyboard.press('Alt+w');
        await page.waitForSelector(at('close-dialog'));
        await page.locator(at('disposition'), { hasText: 'Repair' }).click();
        await page.locator(at('disposition'), { hasText: 'Display' }).click();
        await page.locator(at('disposition'), { hasText: 'Speed' }).click();
        await clean('closing');
        await page.fill(at('close-search'), 'e');
        await clean('closing search');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Alt+n');
        await page.fill(at('start-address'), '+393331234567');
        await clean('new conversation');
        await page.click(at('start-template'));
        await page.locator(at('template'), { hasText: 'order_update' }).click();
        await clean('new conversation with a template');
      });

      state('a closed window and its templates, the last hour, right to left', async () => {
        await enter();
        await page.waitForSelector(at('composer-input'));
        await select('priya');
        await page.locator(at('template'), { hasText: 'order_update' }).click();
        await clean('closed window');
        await select('layla');
        await page.locator('.window.warm').waitFor();
        server.push('looking', {
          interactionId: 'layla',
          others: [
            { username: 'jonas', name: 'Jonas Keller-Hohenstein' },
            { username: 'elif', name: 'Elif Aydin' },
          ],
        });
        await page.waitForSelector(at('lookers'));
        await clean('last hour');
      });

      state('not mine: with nobody, with others, closed', async () => {
        await enter();
        await page.waitForSelector(at('composer-input'));
        await page.click(`${at('list-unassigned')} [data-id=free2]`);
        await page.waitForSelector(at('take'));
        await clean('unassigned');
        await page.click(`${at('list-assigned')} [data-id=joren]`);
        await page.waitForSelector(at('tab-open'));
        await clean('tab closed');
        await select('marta');
        await page.locator(at('past-open')).first().click();
        await page.locator(at('message'), { hasText: 'lasts an hour only' }).waitFor();
        await clean('earlier');
      });

      state('refused, offline and over', async () => {
        await enter();
        await page.waitForSelector(at('composer-input'));
        server.refuseNextSend(429, 'rate_limited');
        await page.fill(at('composer-input'), 'Hello');
        await page.click(at('composer-send'));
        await page.waitForSelector(`${at('unsent')}[data-state=failed]`);
        await clean('refused');
        server.setReachable(false);
        await page.waitForSelector(at('offline'));
        await page.fill(at('composer-input'), 'Kept for later');
        await page.click(at('composer-send'));
        await page.waitForSelector(`${at('unsent')}[data-state=waiting]`);
        await clean('offline');
        server.forgetSession();
        server.setReachable(true);
        await page.click(at('offline-retry'), { timeout: 2000 }).catch(() => undefined);
        await page.waitForSelector(at('login-note'));
        await clean('session over');
      });

      state('on a phone: the conversation, the list, the contact', async () => {
        await page.setViewportSize({ width: 390, height: 844 });
        await enter();
        await page.waitForSelector(at('composer-input'));
        await clean('phone conversation');
        await page.click(at('more'));
        await page.click(at('action-contact'));
        await clean('phone contact');
        await page.keyboard.press('Escape');
        await page.click(at('back'));
        await clean('phone list');
        ring('o1');
        await page.waitForSelector(at('offer'));
        await clean('phone ringing');
      });
    });
});

/** One message of each kind at the end of Marta's conversation. */
function allKinds(server: DeskServer): void {
  const url = (id: string) => `/whatsapp/api/media/${id}/0`;
  server.contents.set('/media/k-image/0', { bytes: PNG, contentType: 'image/png' });
  const media = (id: string, contentType: string, over: object = {}) => ({
    media: [{ url: url(id), contentType, size: 48_000, state: 'ready' as const, ...over }],
  });
  const kinds = [
    { type: 'image', text: 'The display', ...media('k-image', 'image/png') },
    { type: 'audio', id: 'k-audio', ...media('k-audio', 'audio/ogg') },
    { type: 'video', ...media('k-video', 'video/mp4') },
    {
      type: 'document',
      ...media('k-doc', 'application/pdf', { fileName: 'invoice with a very long name 2026-11-24.pdf' }),
    },
    { type: 'document', ...media('k-wait', 'application/pdf', { state: 'waiting' }) },
    { type: 'image', ...media('k-lost', 'image/png', { state: 'failed', error: 'too_large' }) },
    { type: 'location', location: { latitude: 41.9, longitude: 12.5, name: 'Workshop', address: 'Via Appia 12' } },
    { type: 'button', text: 'Yes', button: { text: 'Yes, please' } },
    { type: 'list', text: 'Thursday', button: { text: 'Thursday' } },
    { type: 'contact', text: '' },
    { type: 'system', direction: 'system' as const, text: 'Marta changed her number' },
    { type: 'unknown', text: '' },
    { forwarded: 'once' as const, text: 'Good to know' },
    { forwarded: 'often' as const, text: 'Look at this' },
    { referral: { headline: 'Tour 5', body: 'From 1,990', url: 'https://example.org/tour5' }, text: 'I saw this' },
    { repliedTo: 'gone', text: 'To something older, with `code` and ~strike~' },
    { direction: 'out' as const, author: 'jonas', status: 'ambiguous' as const, text: 'Did it arrive?' },
    {
      direction: 'out' as const,
      status: 'failed' as const,
      error: { code: '1', reason: 'window_closed' },
      text: 'Late',
    },
    { id: 'k-last', text: 'مرحبا، هل الدراجة جاهزة؟' },
  ];
  const at = kinds.map((_, i) => ago(90 - i));
  const fresh = kinds.map((kind, i) => message({ interactionId: 'marta', id: `k${i}`, at: at[i]!, ...kind }));
  server.threads.set('marta', [...(server.threads.get('marta') ?? []), ...fresh]);
}
