import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { Notification } from '../../ui/shared/types.ts';
import { builtPackage } from '../support/package.ts';
import { launchBrowser } from './support/browser.ts';
import { type DeskServer, startDeskServer } from './support/desk-server.ts';
import { ago } from './support/fixtures.ts';
import { busyDay } from './support/scenario.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('what a flow says on the desk', function () {
  this.timeout(60_000);
  let widgets: string;
  let browser: Browser;
  let server: DeskServer;
  let page: Page;

  before(async () => {
    ({ widgets } = await builtPackage());
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    server = await startDeskServer({ script: join(widgets, 'ui-wa-desk.umd.js') });
    busyDay(server);
    page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    page.setDefaultTimeout(8000);
    // What the page plays, instead of hearing it.
    await page.addInitScript(`
      window.notes = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...when) { window.notes += 1; return start.apply(this, when); };
    `);
    await page.goto(server.url);
    await page.fill(at('login-username'), 'nadia');
    await page.fill(at('login-password'), 'secret');
    await page.click(at('login-submit'));
    await page.waitForSelector('[data-online=true]');
  });
  afterEach(async () => {
    await page.context().close();
    await server.close();
  });

  let serial = 0;
  const tell = (over: Partial<Notification>): void => {
    server.push('notification', {
      ...{ id: `n${++serial}`, level: 'info', text: 'Hello', sound: false, shake: false, interactionId: 'none' },
      ...{ at: ago(0), ...over },
    });
  };
  const notice = (level: string) => page.locator(`${at('notice')}[data-level=${level}]`);

  it('is shown with its level, formatted and never as markup', async () => {
    tell({ level: 'warning', text: '*Marta* waits for _18 min_\n<img src=x onerror=alert(1)>' });
    await notice('warning').waitFor();
    expect(await notice('warning').locator('strong').allTextContents()).to.deep.equal(['Marta']);
    expect(await notice('warning').locator('img').count()).to.equal(0);
    expect(await notice('warning').locator('.n-head b').textContent()).to.equal('Warning');
    await notice('warning').locator(at('notice-dismiss')).click();
    await notice('warning').waitFor({ state: 'detached' });
  });

  it('shakes and sounds where it is to, and not while sounds are off', async () => {
    tell({ text: 'quiet' });
    await notice('info').waitFor();
    expect(
      await notice('info').evaluate((one) => (one as never as { getAnimations(): unknown[] }).getAnimations().length),
    ).to.be.at.most(1);
    expect(await page.evaluate('window.notes')).to.equal(0);
    tell({ level: 'error', text: 'loud', sound: true, shake: true });
    await notice('error').waitFor();
    expect(
      await notice('error').evaluate(
        (one) =>
          (globalThis as never as { getComputedStyle(of: unknown): { animationName: string } }).getComputedStyle(one)
            .animationName,
      ),
    ).to.contain('wa-shake');
    await page.waitForFunction('window.notes > 0');
    const played = await page.evaluate('window.notes');
    await page.click(at('sound'));
    await page.click(at('sound-on'));
    tell({ level: 'warning', text: 'muted', sound: true });
    await notice('warning').waitFor();
    expect(await page.evaluate('window.notes')).to.equal(played);
  });

  it('leads to the conversation it is about, if that is the agent’s', async () => {
    tell({ text: 'of somebody else', interactionId: 'free1' });
    await notice('info').waitFor();
    expect(await page.locator(at('notice-show')).count()).to.equal(0);
    tell({ level: 'warning', text: 'Tomasz has written again', interactionId: 'tomasz' });
    await notice('warning').locator(at('notice-show')).click();
    await page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
    await notice('warning').waitFor({ state: 'detached' });
  });

  it('the outcomes that a flow has set are the ones to choose from', async () => {
    server.change('marta', { closing: { dispositions: [{ name: 'From the flow' }], mandatory: true } });
    await page.waitForSelector(at('composer-input'));
    await page.locator(`${at('close-interaction')}:visible`).click();
    await page.waitForSelector(at('close-dialog'));
    expect(await page.locator(at('disposition')).allTextContents()).to.deep.equal(['From the flow']);
    expect(await page.locator(at('close-confirm')).getAttribute('aria-disabled')).to.equal('true');
    await page.locator(at('disposition')).click();
    await page.click(at('close-confirm'));
    await page.waitForSelector(at('close-dialog'), { state: 'detached' });
  });
});
